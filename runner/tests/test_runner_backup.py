"""`huiyan registry backup` and `restore` on real data: whole, private, undone, killed, damaged."""

import asyncio
import io
import json
import shutil
import stat
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from huiyan_registry.database.revisions import known_revisions
from huiyan_runner import backup_archive
from huiyan_runner.backup_archive import ArchiveError, open_archive
from huiyan_runner.main import main
from huiyan_runner.postgres_tools import login_of
from huiyan_testing.parent_death import end_with_parent

pytestmark = pytest.mark.timeout(300)
TOWN = "510799101000"
CANARY = "canary-S3cret"
# What a restore ends; everything else must be as it was, to the last byte.
ENDED = {
    *("login_session", "one_time_link", "view_grant", "revocation", "second_step"),
    *("break_glass", "maintenance_consent"),
}


def modes(root: Path) -> dict[str, int]:
    return {
        str(path.relative_to(root)): stat.S_IMODE(path.lstat().st_mode)
        for path in (root, *root.rglob("*"))
        if path.name not in ("postmaster.pid", ".s.PGSQL.5432.lock")
    }


def unended(content: dict[str, list[str]]) -> dict[str, list[str]]:
    return {table: rows for table, rows in content.items() if table not in ENDED}


CHANGES = """
UPDATE camera SET name = '改了名';
UPDATE household SET name = '搬走了';
DELETE FROM agreement_document;
INSERT INTO area SELECT town, '510799101299', 'village', '新村', town, now(), NULL, NULL, NULL
  FROM area WHERE level = 'town';
"""


def test_what_was_backed_up_while_it_ran_comes_back_to_the_last_byte(town, tmp_path, capsys):
    file, before = tmp_path / "town.huiyan", town.content()
    private, parent = modes(town.folder.root), modes(tmp_path)["."]
    with town.running():
        assert town.backup(file) == 0
        assert "KEYS" in capsys.readouterr().out
        assert town.restore(file, "--replace") == 1, "a suite runs here"
        assert "already runs" in capsys.readouterr().err
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert {path.name for path in tmp_path.iterdir()} == {"d", file.name}, "no part is left"
    assert town.backup(file) == 1, "an older backup is never written over"
    assert unended(town.content()) == unended(before)

    town.sql(CHANGES)
    town.look(5, 6)
    changed = town.content()
    assert unended(changed) != unended(before)
    capsys.readouterr()
    assert town.restore(file) == 1
    assert "--replace" in capsys.readouterr().err
    assert town.content() == changed, "refused is untouched"

    assert town.restore(file, "--replace") == 0
    told = capsys.readouterr().out
    with open_archive(file) as archive:
        assert archive.manifest.made_at in told, "it tells of which time the backup is"
    after = town.content()
    assert unended(after) == unended(before)
    assert {name: len(after[name]) for name in ENDED - {"revocation"}} == {
        name: len(before[name]) for name in ENDED - {"revocation"}
    }
    assert after["powers"] and after["access_register"]
    now = modes(town.folder.root)
    assert {name: mode for name, mode in now.items() if name in private} == {
        name: mode for name, mode in private.items() if name in now
    }
    assert modes(tmp_path)["."] == parent
    secret = [*town.folder.keys.rglob("*"), *town.folder.backups.rglob("*")]
    assert {stat.S_IMODE(path.stat().st_mode) for path in secret if path.is_file()} <= {
        0o600,
        *(private[str(path.relative_to(town.folder.root))] for path in secret
          if str(path.relative_to(town.folder.root)) in private),
    }  # fmt: skip

    assert town.verify() == 0
    verified = capsys.readouterr().out
    assert "the register holds" in verified and "restored on" in verified
    assert town.passwords() == {CANARY}

    undo = next(town.folder.backups.glob("before-restore-*.huiyan"))
    assert town.restore(undo, "--replace") == 0
    assert unended(town.content()) == unended(changed)
    assert town.verify() == 0


def test_what_was_taken_away_since_stays_away_and_no_login_lives_on(town, tmp_path):
    file = tmp_path / "town.huiyan"
    assert town.backup(file) == 0
    household = town.sql("SELECT household FROM consent LIMIT 1").strip()
    town.sql(
        "UPDATE consent SET withdrawn_at = now(), withdrawn_by = 'prn_owner'; "
        "UPDATE camera SET off = true, off_by = 'prn_owner' WHERE household IS NOT NULL; "
        "UPDATE principal SET disabled_at = now(), agreement_valid_until = NULL "
        "WHERE account = 'lixiuying'; "
        "UPDATE login_session SET ended_at = now() WHERE id = 'ses_2'; "
        "INSERT INTO view_grant SELECT town, 'grt_after', principal, session, kind, purpose_code, "
        "purpose_text, now(), now() + interval '5 minutes', NULL FROM view_grant;"
    )
    assert town.restore(file, "--replace", "--keep-sessions") == 0
    assert town.sql("SELECT count(*) FROM consent WHERE withdrawn_at IS NULL") == "0\n"
    assert household
    assert town.sql("SELECT bool_and(off) FROM camera WHERE household IS NOT NULL") == "t\n"
    assert (
        town.sql(
            "SELECT disabled_at IS NOT NULL AND agreement_valid_until IS NULL FROM principal "
            "WHERE account = 'lixiuying'"
        )
        == "t\n"
    )
    running = "SELECT id FROM login_session WHERE ended_at IS NULL"
    assert town.sql(running) == "ses_1\n"
    revoked = "SELECT subject FROM revocation WHERE kind = 'grant' AND reason = 'restored'"
    assert set(town.sql(revoked).split()) == {"grt_1", "grt_after"}
    links = "SELECT count(*) FROM one_time_link WHERE used_at IS NULL AND expires_at > now()"
    assert town.sql(links) == "0\n"
    assert town.restore(file, "--replace") == 0
    assert town.sql(running) == ""


def test_a_killed_restore_leaves_the_old_registry_usable(town, tmp_path):
    file = tmp_path / "town.huiyan"
    assert town.backup(file) == 0
    town.sql(CHANGES)
    before, keys = town.content(), modes(town.folder.keys)
    command = [sys.executable, "-m", "huiyan_runner", "registry", "restore", str(file)]
    for line in ("3/6", "5/6"):
        process = subprocess.Popen(
            [*command, "--replace", *town.words],
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=end_with_parent(),
        )
        assert process.stdout is not None
        for said in process.stdout:
            if said.startswith(line):
                process.kill()
                break
        else:
            pytest.fail(f"it never said {line}")
        process.wait()
        process.stdout.close()
        assert town.content() == before, line
        assert modes(town.folder.keys) == keys
        assert not town.folder.unfinished_file.exists()
    assert town.verify() == 0
    assert town.restore(file, "--replace") == 0
    assert town.content()["camera"] != before["camera"]
    databases = "SELECT datname FROM pg_database WHERE datname LIKE 'huiyan%'"
    assert town.sql(databases) == "huiyan\n"


def test_a_new_machine_gets_everything(town, tmp_path, capsys, town_at):
    file = tmp_path / "town.huiyan"
    assert town.backup(file) == 0
    before = town.content()
    new = town_at(tmp_path / "new")
    assert new.restore(file) == 0
    assert "the registry" not in capsys.readouterr().err
    assert unended(new.content()) == unended(before)
    assert new.verify() == 0
    assert new.passwords() == {CANARY}
    for name in ("second-factor.key", f"register-{TOWN}.pem", "demo-logins.json"):
        ours, theirs = ((one.folder.keys / "signing" / name) for one in (new, town))
        if theirs.exists():
            assert ours.read_bytes() == theirs.read_bytes()
            assert stat.S_IMODE(ours.stat().st_mode) == 0o600
    assert (new.folder.keys / "operator.key").read_bytes() == (
        town.folder.keys / "operator.key"
    ).read_bytes()
    assert not list((new.folder.keys / "signing").glob("signing-*")), "grants get another key"
    assert {mode for name, mode in modes(new.folder.root).items() if "/" not in name} <= {
        0o700,
        0o600,
    }


def test_a_damaged_file_touches_nothing(town, tmp_path, capsys, town_at):
    file, bad = tmp_path / "town.huiyan", tmp_path / "bad.huiyan"
    assert town.backup(file) == 0
    whole, new = file.read_bytes(), town_at(tmp_path / "new")
    with tarfile.open(file) as tar:
        places = [member.offset_data + member.size // 2 for member in tar.getmembers()]
    assert len(places) >= 5
    for place in places:
        bad.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert new.restore(bad) == 1
        assert "nothing was touched" in capsys.readouterr().err
    for cut in (0, 100, len(whole) // 2, places[-1]):
        bad.write_bytes(whole[:cut])
        assert new.restore(bad) == 1
    assert new.restore(tmp_path / "none") == 1
    assert not new.folder.root.exists(), "not even a folder was made"


def _rewritten(file: Path, target: Path, **more: object) -> None:
    """The same backup with another manifest that fits itself: what a later release might write."""
    with tarfile.open(file) as tar:
        told = json.loads(tar.extractfile("manifest.json").read())
        parts = [(member, tar.extractfile(member).read()) for member in tar.getmembers()[1:]]
    del told["sha256"]
    head = backup_archive._sealed(told | more)
    with tarfile.open(target, "w") as tar:
        for name, content in [("manifest.json", head), *((m.name, c) for m, c in parts)]:
            tar.addfile(backup_archive._entry(name, len(content)), io.BytesIO(content))


def test_a_newer_schema_or_form_is_refused(town, tmp_path, capsys, town_at):
    file, later = tmp_path / "town.huiyan", tmp_path / "later.huiyan"
    assert town.backup(file) == 0
    new = town_at(tmp_path / "new")
    for more, words in (({"revision": "9999"}, "upgrade"), ({"version": 2}, "newer one")):
        _rewritten(file, later, **more)
        assert new.restore(later) == 1
        assert words in capsys.readouterr().err
    assert not new.folder.root.exists()
    with open_archive(file) as archive:
        assert archive.manifest.revision == known_revisions()[-1]
    with pytest.raises(ArchiveError), open_archive(Path(__file__)):
        pass


def test_an_older_schema_is_migrated(town, tmp_path, town_at):
    file = tmp_path / "old.huiyan"

    async def step_down(to: str) -> int | None:
        async with town.server() as server:
            words = [sys.executable, "-m", "huiyan_registry", "migrate", "--to", to]
            process = await asyncio.create_subprocess_exec(
                *words,
                env={
                    "HUIYAN_REGISTRY_TOWNS": TOWN,
                    "HUIYAN_REGISTRY_DATABASE_URL": server.app_url(),
                    "HUIYAN_REGISTRY_OWNER_DATABASE_URL": server.owner_url(),
                    "HUIYAN_REGISTRY_SECRETS_DIR": str(tmp_path),
                },
                stderr=asyncio.subprocess.DEVNULL,
            )
            return await process.wait()

    assert asyncio.run(step_down("0000")) == 1
    assert asyncio.run(step_down("0006")) == 0
    before = town.content()
    assert before["alembic_version"] == ["(0006)"]
    assert town.backup(file) == 0
    new = town_at(tmp_path / "new")
    assert new.restore(file) == 0
    after = new.content()
    assert after["alembic_version"] == [f"({known_revisions()[-1]})"]
    assert after["access_register"] == before["access_register"]
    assert new.verify() == 0


def test_a_postgresql_elsewhere_by_a_file_with_its_url(town, tmp_path, capsys):
    """The password stands in a file, and in no argument of any process."""
    keys, url, file = tmp_path / "keys", tmp_path / "url", tmp_path / "town.huiyan"
    keys.mkdir(mode=0o700)
    for path in [*town.folder.keys.glob("ingest.*"), *(town.folder.keys / "signing").iterdir()]:
        shutil.copy(path, keys)
    before = town.content()

    async def elsewhere(role: str, *words: str) -> tuple[int, str]:
        password = (town.folder.postgres / "secrets" / f"{role}.password").read_text()
        async with town.server() as server:
            socket = town.folder.postgres / "socket"
            assert server.running
            url.write_text(f"postgresql://{role}:{password}@/huiyan?host={socket}\n")
            more = ["--database-url-file", str(url), "--secrets", str(keys)]
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "huiyan_runner", "registry", *words, *more),
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
            )
            told, seen = asyncio.create_task(process.communicate()), 0
            while not told.done():
                for arguments in Path("/proc").glob("[0-9]*/cmdline"):
                    try:
                        words_of_it = arguments.read_bytes()
                    except OSError:
                        continue
                    assert password.encode() not in words_of_it
                    seen += b"pg_dump" in words_of_it or b"pg_restore" in words_of_it
                await asyncio.wait({told}, timeout=0.02)
            assert seen, "it was looked at while it ran"
            said = (await told)[0].decode()
            assert password not in said
            return process.returncode or 0, said

    status, said = asyncio.run(elsewhere("huiyan_owner", "backup", str(file)))
    assert status == 0, said
    town.sql(CHANGES)
    (keys / "ingest.key").write_text("another")
    status, said = asyncio.run(elsewhere("postgres", "restore", str(file), "--replace"))
    assert status == 0, said
    assert unended(town.content()) == unended(before)
    assert (keys / "ingest.key").read_text() == (town.folder.keys / "ingest.key").read_text()
    assert next(keys.glob("before-*/ingest.key")).read_text() == "another"
    assert list(tmp_path.glob("before-restore-*.huiyan"))
    assert main(["registry", "backup", str(tmp_path / "x"), "--secrets", str(keys)]) == 2
    assert "both or neither" in capsys.readouterr().err


def test_a_login_keeps_its_password_to_itself(tmp_path):
    login = login_of("postgresql+asyncpg://o'x:p%3Aw@db:5433/h?ssl=verify-full", tmp_path)
    assert "p:w" not in login.conninfo()
    assert login.conninfo().startswith(r"user='o\'x' dbname='h' host='db' port='5433'")
    assert "sslmode='verify-full'" in login.conninfo()
    assert (tmp_path / "pgpass").read_text() == "*:*:*:*:p\\:w\n"
    assert stat.S_IMODE((tmp_path / "pgpass").stat().st_mode) == 0o600
    for wrong in (
        "mysql://a@b/c",
        "postgresql://b/c",
        "postgresql://a@b/",
        "postgresql://a@b/c?x=1",
    ):
        with pytest.raises(ValueError, match="/"):
            login_of(wrong, tmp_path)


def test_a_folder_without_a_registry_has_no_backup(tmp_path, capsys, town_at):
    assert town_at(tmp_path / "none").backup(tmp_path / "x") == 1
    assert "no registry" in capsys.readouterr().err
    assert not (tmp_path / "x").exists()


def test_an_interrupted_restore_is_told_and_finished(town, tmp_path, capsys):
    """Killed between keys and database: nothing starts on it, and the same command repairs it."""
    file = tmp_path / "town.huiyan"
    assert town.backup(file) == 0
    town.folder.unfinished_file.write_text(json.dumps({"undo": str(file)}))
    assert town.backup(tmp_path / "second") == 1
    assert main(["up", *town.words]) == 1
    assert "interrupted" in capsys.readouterr().err
    assert town.restore(file, "--replace") == 0
    assert str(file) in capsys.readouterr().out
    assert not town.folder.unfinished_file.exists()
    assert town.verify() == 0
