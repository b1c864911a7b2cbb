"""What lies on the disk and stands in the process table."""

import os
import stat
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="session")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


async def test_modes(house):
    folders = [house.data, *(house.data / name for name in ("keys", "logs", "nats", "postgres"))]
    folders += [house.data / "keys" / "signing", house.data / "postgres" / "secrets"]
    folders += [house.data / "postgres" / "socket", house.data / "postgres" / "pgdata"]
    for folder in folders:
        assert mode(folder) == 0o700, folder
    private = [path for path in (house.data / "keys").rglob("*") if path.is_file()]
    private += list((house.data / "postgres" / "secrets").iterdir())
    private += [house.data / "state.json", house.data / "nats" / "nats-server.json"]
    private += list((house.data / "logs").iterdir())
    assert len(private) > 15
    for path in private:
        assert mode(path) == 0o600, path
        assert path.stat().st_uid == os.geteuid()


async def test_sockets_are_ours_alone(house):
    sockets = [path for path in house.data.rglob("*") if path.is_socket()]
    assert any(path.name == ".s.PGSQL.5432" for path in sockets)
    for path in sockets:
        assert mode(path) & 0o077 == 0, path
        assert mode(path.parent) == 0o700


async def test_what_others_may_be_shown_holds_no_secret(house):
    known = house.secrets() | house.database_secrets()
    shown = [house.data / "state.json", *(house.data / "ports").iterdir()]
    shown += house.data.glob("demo*.json")
    for path in shown:
        text = path.read_text()
        assert text
        for name, secret in known.items():
            assert secret not in text, (path.name, name)


def processes(house: Any) -> dict[int, str]:
    """Every process of the suite and all that they started."""
    state = house.town.state
    found = {int(state["pid"]): "huiyan"}
    found |= {int(pid): name for name, pid in state["pids"].items()}
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parents[int(entry.name)] = int(words[1])
    for _ in range(4):
        found |= {
            pid: f"child of {found[parent]}"
            for pid, parent in parents.items()
            if parent in found and pid not in found
        }
    return found


def told(house: Any) -> dict[str, str]:
    """Command line and environment of each process."""
    shown = {}
    for pid, name in processes(house).items():
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes()
            words += b"\0" + Path(f"/proc/{pid}/environ").read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            continue  # a worker of PostgreSQL that has just ended
        shown[f"{name} {pid}"] = words.decode(errors="replace")
    return shown


async def test_no_process_shows_a_secret_of_the_keys(house):
    shown = told(house)
    assert {name.partition(" ")[0] for name in shown} >= {*house.town.state["pids"], "huiyan"}
    assert any("HUIYAN_RELAY_NATS_PASSWORD_FILE" in text for text in shown.values())
    for process, text in shown.items():
        for name, secret in house.secrets().items():
            assert secret not in text, (process, name)


async def test_no_process_shows_a_password_of_the_database(house):
    for process, text in told(house).items():
        for name, secret in house.database_secrets().items():
            assert secret not in text, (process, name)
