"""The secrets of a registry: which they are, how they are replaced, and put back."""

import stat
from pathlib import Path

import pytest
from huiyan_runner.secret_files import SecretFiles

TOWN = "510799101000"


@pytest.fixture
def secrets(tmp_path: Path) -> SecretFiles:
    made = SecretFiles(tmp_path / "keys", tmp_path / "keys" / "signing", tmp_path / "home.json")
    made.signing.mkdir(parents=True)
    for path in (
        made.keys / "ingest.key",
        made.keys / "nats-relay.password",
        made.signing / f"register-{TOWN}.pem",
        made.signing / f"register-{TOWN}.head.json",
        made.signing / f"signing-{TOWN}.pem",
        made.signing / "second-factor.key",
    ):
        path.write_text(f"old {path.name}")
    return made


def test_what_belongs_to_a_registry_and_what_does_not(secrets):
    assert set(secrets.found()) == {
        "ingest.key",
        "second-factor.key",
        f"register-{TOWN}.head.json",
        f"register-{TOWN}.pem",
    }
    assert secrets.place("home.json") == secrets.home
    assert secrets.place("ingest.pub").parent == secrets.keys
    for name in ("../x", f"signing-{TOWN}.pem", "nats-relay.password", "x", "restored.json"):
        with pytest.raises(ValueError, match="no secret"):
            secrets.place(name)


def test_the_files_of_before_are_kept_and_can_be_put_back(secrets, tmp_path):
    aside = tmp_path / "before"
    before = {name: path.read_bytes() for name, path in secrets.found().items()}
    wanted = {
        "ingest.key": b"new",
        "second-factor.key": before["second-factor.key"],
        f"register-{TOWN}.pem": before[f"register-{TOWN}.pem"],
        "home.json": b"{}",
    }
    changed = secrets.replace(wanted, aside)
    # A head that is newer than the backup does not stay beside it.
    assert changed == ["home.json", "ingest.key", f"register-{TOWN}.head.json"]
    assert {name: path.read_bytes() for name, path in secrets.found().items()} == wanted
    assert secrets.differing(wanted) == []
    assert stat.S_IMODE(aside.stat().st_mode) == 0o700
    for path in (secrets.keys / "ingest.key", aside / "ingest.key"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    secrets.put_back(changed, aside)
    assert {name: path.read_bytes() for name, path in secrets.found().items()} == before
