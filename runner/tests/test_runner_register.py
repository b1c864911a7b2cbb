"""`huiyan register verify`: an export with a key that somebody holds, and a data folder."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from huiyan_registry.database.migrate import migrate
from huiyan_registry.register.chain import Head, genesis, linked, members, sign
from huiyan_registry.town_key import load_or_make_key
from huiyan_runner.main import main
from huiyan_testing.postgres import EmbeddedPostgres

TOWN = "510799101000"


@pytest.fixture
def exported(tmp_path):
    """Five rows and a head; the key as an auditor holds it; a head of earlier."""
    key = load_or_make_key(tmp_path / "register.pem")
    trust, older = tmp_path / "trust.jwk", tmp_path / "head.json"
    trust.write_text(key.public_jwk)
    reached, lines = genesis(TOWN), []
    lines.append({"type": "key", "jwk": json.loads(key.public_jwk)})
    lines.append(
        {"type": "register", "town": TOWN, "first": 1, "previous": reached.hex(), "until": None}
    )
    before = 0
    for seq in range(1, 6):
        told = members("access_register", {"town": TOWN, "id": f"reg_{seq}", "who": "李秀英"})
        reached = linked(reached, told)
        lines.append(
            {
                "type": "row", "seq": seq, "source": "access_register", "row": f"reg_{seq}",
                "hash": reached.hex(), "members": told,
            }
        )  # fmt: skip
        if seq in (3, 5):
            head = Head(TOWN, seq, before, reached, datetime.now(UTC), key.kid)
            head = replace(head, signature=sign(head, key.private))
            lines.append({"type": "head", **head.as_json()})
            older.write_text(json.dumps(head.as_json()))
            before = seq
    lines.append({"type": "end", "last": 5})
    file = tmp_path / "register.ndjson"
    file.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))
    return file, trust, older


def _verify(exported, *words):
    file, trust, _ = exported
    return main(["register", "verify", str(file), "--trust", str(trust), *words])


def test_a_whole_export_holds(exported, capsys):
    assert _verify(exported, "--head", str(exported[2])) == 0
    assert "5 rows" in capsys.readouterr().out


def test_one_changed_byte_is_named(exported, capsys):
    file = exported[0]
    file.write_text(
        file.read_text().replace('"id": "reg_4", "who": "李', '"id": "reg_4", "who": "张')
    )
    assert _verify(exported) == 1
    assert "access_register reg_4" in capsys.readouterr().out


def test_a_shortened_export_fails_against_a_kept_head(exported, capsys):
    file = exported[0]
    lines = file.read_text().splitlines()
    file.write_text("\n".join([*lines[:6], '{"type":"end","last":3}']) + "\n")
    assert _verify(exported) == 0
    assert _verify(exported, "--head", str(exported[2])) == 1
    assert "shortened" in capsys.readouterr().out


def test_the_key_is_never_taken_from_the_file(exported, tmp_path, capsys):
    other = tmp_path / "other.jwk"
    other.write_text(load_or_make_key(tmp_path / "other.pem").public_jwk)
    assert main(["register", "verify", str(exported[0]), "--trust", str(other)]) == 1
    assert "foreign_head" in capsys.readouterr().out
    folder = ["--data", str(tmp_path / "nothing")]
    assert main(["register", "verify", str(exported[0]), *folder]) == 2


def test_a_data_folder_whose_suite_does_not_run(tmp_path, capsys):
    """Its database is started, asked and ended again."""
    data = tmp_path / "d"
    signing = data / "keys" / "signing"
    signing.mkdir(parents=True)
    load_or_make_key(signing / f"register-{TOWN}.pem")

    async def make():
        async with EmbeddedPostgres(data / "postgres", fast_for_tests=True) as server:
            await migrate(server.owner_url())

    asyncio.run(make())
    assert main(["register", "verify", "--data", str(data)]) == 0
    assert "empty" in capsys.readouterr().out
    assert not (data / "postgres" / "pgdata" / "postmaster.pid").exists()
