"""Identifiers, subjects, sealing, logs, backoff, settings, errors, tracing."""

import io
import json
import logging
import re
from pathlib import Path

import pytest
from huiyan_kit import subjects, tracing
from huiyan_kit.backoff import Backoff
from huiyan_kit.errors import HTTP_STATUS, TITLES, ErrorKind, HuiyanError, Problem
from huiyan_kit.ids import check_token, new_id
from huiyan_kit.logging import configure_logging, redact
from huiyan_kit.sealing import CameraCredential, SealError, new_key_pair, open_seal, seal
from huiyan_kit.settings import ServiceSettings, write_ports_file
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

TOWN = "510799101000"


def test_ids_are_tokens_and_differ() -> None:
    made = {new_id("cam") for _ in range(100)}
    assert len(made) == 100
    assert all(check_token(one) == one and re.match(r"^cam_[a-z2-7]{16}$", one) for one in made)


@pytest.mark.parametrize("text", ["cam_a\n", "\n", "", "a b", "a.b", "院坝"])
def test_no_line_end_hides_behind_a_token(text: str) -> None:
    with pytest.raises(ValueError, match="token"):
        check_token(text)


@given(st.text())
def test_nothing_but_a_token_becomes_part_of_a_subject(text: str) -> None:
    if re.fullmatch(r"[A-Za-z0-9_-]+", text) and text.isascii() and "\n" not in text:
        assert subjects.media(TOWN, text, "main").endswith(f".media.{text}.main")
    else:
        with pytest.raises(ValueError, match="token"):
            subjects.media(TOWN, text, "main")


def test_code_and_list_name_the_same_subjects() -> None:
    made = {
        "media": subjects.media(TOWN, "C", "T"),
        "demand": subjects.demand(TOWN, "C", "T"),
        "keys": subjects.keys(TOWN, "C"),
        "snapshot": subjects.snapshot(TOWN, "C"),
        "view_started": subjects.view_started(TOWN),
        "view_ended": subjects.view_ended(TOWN),
    }
    listed = {
        name: f"{subjects.PREFIX}."
        + entry["pattern"].replace("<town>", TOWN).replace("<camera>", "C").replace("<track>", "T")
        for name, entry in subjects.contract()["subjects"].items()
    }
    assert made == listed
    assert subjects.contract()["prefix"] == subjects.PREFIX


def test_a_sealed_credential_opens_only_with_its_key() -> None:
    private, public = new_key_pair()
    credential = CameraCredential(user="admin", password="canary-pw")
    box = seal(credential, public)
    assert b"canary" not in box
    assert open_seal(box, private) == credential
    assert "canary" not in repr(credential) + str(credential)
    with pytest.raises(SealError):
        open_seal(box, new_key_pair()[0])
    with pytest.raises(SealError):
        open_seal(box[:-1] + bytes([box[-1] ^ 1]), private)


@pytest.mark.parametrize(
    "text",
    [
        "open rtsp://admin:canary@10.0.0.3/stream failed",
        "Authorization: canary",
        "password=canary next",
        '{"token": "canary"}',
        "GET /x?token=canary&y=1",
        "eyJhbGciOiJFUzI1NiJ9.eyJjYW5hcnkiOjF9.canary",
        "rtsp://user:pa%20ss-canary@host/",
    ],
)
def test_logs_mask_secrets(text: str) -> None:
    assert "canary" not in redact(text)


def test_log_lines_are_json_redacted_and_not_repeated() -> None:
    out = io.StringIO()
    root = logging.getLogger()
    before = root.handlers[:], root.level
    try:
        configure_logging("test", "INFO", out)
        for _ in range(5):
            logging.getLogger("x").warning("lost %s", "rtsp://a:canary@h/")
        try:
            raise ValueError("password=canary")
        except ValueError:
            logging.getLogger("x").exception("failed", extra={"camera": "cam_a"})
    finally:
        root.handlers[:], root.level = before
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [line["msg"] for line in lines] == ["lost rtsp://***@h/", "failed"]
    assert lines[1]["camera"] == "cam_a"
    assert "canary" not in out.getvalue()


def test_backoff_grows_to_its_limit_and_starts_anew() -> None:
    backoff = Backoff(0.5, 8.0, seed=1)
    waits = [backoff.next_s() for _ in range(10)]
    assert 0.25 <= waits[0] <= 0.5
    assert all(4.0 <= wait <= 8.0 for wait in waits[5:])
    backoff.reset()
    assert backoff.next_s() <= 0.5


def test_settings_refuse_what_would_be_unsafe(tmp_path: Path) -> None:
    assert ServiceSettings(towns=" 510799101000,510799102000").town_list[1] == "510799102000"
    with pytest.raises(ValidationError):
        ServiceSettings(towns="town-a")
    with pytest.raises(ValueError, match="internal_token_file"):
        ServiceSettings(towns=TOWN, internal_host="0.0.0.0").check_internal_exposure()
    empty = tmp_path / "empty"
    empty.write_text("\n")
    with pytest.raises(ValueError, match="secret"):
        ServiceSettings(towns=TOWN).secret(empty)
    assert ServiceSettings(towns=TOWN, profile="demo").secret(empty) == ""


def test_ports_file_is_written_whole(tmp_path: Path) -> None:
    write_ports_file(tmp_path / "ports.json", {"http": 1})
    assert json.loads((tmp_path / "ports.json").read_text()) == {"http": 1}
    assert [path.name for path in tmp_path.iterdir()] == ["ports.json"]


def test_every_error_kind_has_a_status_and_two_titles() -> None:
    assert set(HTTP_STATUS) == set(TITLES) == set(ErrorKind)
    problem = Problem.of(HuiyanError(ErrorKind.INVALID, "中", "en", code="x"), trace="t")
    assert (problem.status, problem.detail, problem.detail_en, problem.code) == (
        422, "中", "en", "x",
    )  # fmt: skip


def test_a_trace_goes_on_in_the_next_process() -> None:
    with tracing.continue_trace(None) as trace:
        headers = tracing.outgoing_headers()
        with tracing.continue_trace(headers) as same:
            assert same == trace == tracing.current_trace()
    assert tracing.current_trace() == ""
    with tracing.continue_trace({"traceparent": "garbage"}, start=False) as none:
        assert none == ""
        assert tracing.outgoing_headers() == {}
