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


class Published:
    """What left the house in time: the public key, an auditor's heads, a household's receipt."""

    def __init__(self, town, folder):
        self.town, self.file, self.witness = town, folder / "register.ndjson", ""
        lines = town.export(self.file)
        self.trust = folder / "trust.json"
        keys = [line["jwk"] for line in lines if line["type"] == "key"]
        self.trust.write_text(json.dumps({"keys": keys}))
        heads = [
            {name: value for name, value in line.items() if name != "type"}
            for line in lines
            if line["type"] == "head"
        ]
        assert len(heads) >= 2
        # As GET /register/heads and GET /register/receipts/{household} answer.
        self.heads, self.receipt = folder / "heads.json", folder / "receipt.json"
        self.heads.write_text(json.dumps({"items": heads, "next": None}))
        row = [line for line in lines if line["type"] == "row"][-1]
        look = {
            "id": row["row"],
            "seq": row["seq"],
            "at": row["members"]["at"],
            "hash": row["hash"],
        }
        self.receipt.write_text(json.dumps({"household": "hh_x", "look": look, "head": heads[-1]}))

    def forget_the_witness(self):
        """Whoever rewrites the database as root of its machine removes this too."""
        for path in (self.town.folder.keys / "signing").glob("register-*.head*.json"):
            path.unlink()

    def of_folder(self, *words):
        return self.town.verify(*words)

    def of_file(self, *words):
        self.town.export(self.file)
        return main(["register", "verify", str(self.file), "--trust", str(self.trust), *words])


@pytest.fixture
def published(town, tmp_path):
    town.look(5, 7)
    return Published(town, tmp_path)


def test_a_rewritten_register_fails_even_when_the_right_key_signed_it_anew(published, capsys):
    """Rows, links and heads, all of them, by somebody with the database and the key."""
    for kept in (published.heads, published.receipt):
        assert published.of_file("--head", str(kept)) == 0
    published.town.sql(
        "UPDATE access_register SET who = '别人'; DELETE FROM register_link; "
        "DELETE FROM register_head; "
        "INSERT INTO register_unsealed SELECT town, 'access_register', id FROM access_register;"
    )
    published.forget_the_witness()
    assert published.of_file() == 0, "its key signed it: alone it looks whole"
    assert published.of_folder() == 0
    for kept in (published.heads, published.receipt):
        capsys.readouterr()
        assert published.of_file("--head", str(kept)) == 1
        assert "rewritten" in capsys.readouterr().out
    assert published.of_folder("--head", str(published.receipt)) == 1
    assert "rewritten" in capsys.readouterr().out


def test_a_shortened_register_fails_against_what_was_published(published, capsys):
    first = json.loads(published.heads.read_text())["items"][0]["seq"]
    published.town.sql(
        "DELETE FROM access_register WHERE id IN "
        f'(SELECT "row" FROM register_link WHERE seq > {first}); '
        f"DELETE FROM register_link WHERE seq > {first}; "
        f"DELETE FROM register_head WHERE seq > {first};"
    )
    assert published.of_folder() == 1, "the witness beside the key knows"
    assert "shortened" in capsys.readouterr().out
    published.forget_the_witness()
    assert published.of_folder() == published.of_file() == 0
    for kept in (published.heads, published.receipt):
        capsys.readouterr()
        assert published.of_file("--head", str(kept)) == 1
        assert "shortened" in capsys.readouterr().out
    assert published.of_folder("--head", str(published.heads)) == 1


def test_a_head_that_does_not_lie_within_is_told(exported, tmp_path, capsys):
    """A part says nothing about heads before it, and the command does not pretend that it does."""
    file, _, older = exported
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    third = next(line for line in lines if line["type"] == "head")
    kept = tmp_path / "first.json"
    kept.write_text(json.dumps({name: value for name, value in third.items() if name != "type"}))
    start = {"type": "register", "town": TOWN, "first": 4, "previous": third["hash"], "until": None}
    at = lines.index(third)
    part = [lines[0], start, *lines[at:]]
    file.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in part))
    assert _verify(exported, "--head", str(kept), "--head", str(older)) == 0
    assert "2 older heads agree" in capsys.readouterr().out
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    nothing = tmp_path / "nothing.json"
    nothing.write_text(json.dumps({"items": [], "next": None}))
    assert _verify(exported, "--head", str(nothing)) == 2
    assert "not verified" in capsys.readouterr().err
