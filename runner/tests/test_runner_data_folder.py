"""The data folder: private, used by one suite at a time, its state without secrets."""

import json
import os
import stat
import subprocess
import sys

import pytest
from huiyan_kit.sealing import CameraCredential, open_seal, read_key, seal
from huiyan_runner.data_folder import DataFolder, FolderError, SuiteState
from huiyan_runner.process_log import last_words, open_log, rotate


@pytest.fixture
def folder(tmp_path):
    made = DataFolder(tmp_path / "data")
    made.prepare()
    return made


def mode(path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def state(**more) -> SuiteState:
    known = {"pid": 1, "town": "510799101000", "registry_url": "", "relay_url": ""}
    return SuiteState(**known, public_url="", **more)


def test_folders_are_0700_also_when_they_were_not(tmp_path):
    (tmp_path / "data" / "keys").mkdir(parents=True, mode=0o755)
    (tmp_path / "data").chmod(0o755)
    folder = DataFolder(tmp_path / "data")
    folder.prepare()
    assert {mode(path) for path in (folder.root, folder.keys, folder.logs, folder.nats)} == {0o700}


def test_the_sealing_pair_fits_and_is_kept(folder):
    private, public = folder.sealing_keys()
    sealed = seal(CameraCredential(user="u", password="p"), read_key(public))
    assert open_seal(sealed, read_key(private)).password == "p"
    assert mode(private) == 0o600
    before = private.read_text()
    assert folder.sealing_keys()[0].read_text() == before


def test_a_second_suite_is_refused_until_the_first_is_gone(folder):
    text = (
        "import sys; from pathlib import Path\n"
        "from huiyan_runner.data_folder import DataFolder, FolderError\n"
        f"folder = DataFolder(Path({str(folder.root)!r}))\n"
        "try: folder.lock()\n"
        "except FolderError as error: sys.exit(str(error))\n"
    )
    folder.lock()
    refused = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True)
    assert refused.returncode == 1
    assert f"pid {os.getpid()}" in refused.stderr
    folder.unlock()
    assert subprocess.run([sys.executable, "-c", text]).returncode == 0


def test_state_is_read_only_while_its_suite_runs(folder):
    folder.write_state(state(ports={"relay": {"http": 8801}}))
    with pytest.raises(FolderError, match="huiyan up"):
        folder.read_state()
    folder.lock()
    assert folder.read_state().ports == {"relay": {"http": 8801}}
    assert mode(folder.state_file) == 0o600
    folder.unlock()


def test_a_damaged_state_is_no_state(folder):
    folder.lock()
    for text in ("", "[]", '{"pid": 1}', json.dumps({"other": 1})):
        folder.state_file.write_text(text)
        with pytest.raises(FolderError):
            folder.read_state()
    folder.unlock()


def test_a_log_is_cut_while_its_writer_goes_on(tmp_path):
    path = tmp_path / "x.log"
    descriptor = open_log(path)
    os.write(descriptor, b"old line\n" * 100)
    assert not rotate(path, most_bytes=10_000)
    assert rotate(path, most_bytes=500)
    os.write(descriptor, b"one\n\ntwo\n")
    os.close(descriptor)
    assert path.read_bytes() == b"one\n\ntwo\n"
    assert (tmp_path / "x.log.1").read_bytes() == b"old line\n" * 100
    assert mode(tmp_path / "x.log.1") == 0o600
    assert last_words(path) == "one / two"
    assert last_words(tmp_path / "none.log") == ""
    assert not rotate(tmp_path / "none.log")
