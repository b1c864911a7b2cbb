"""`huiyan camera maintenance` against a registry that records what it was asked."""

import json
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from huiyan_runner.data_folder import DataFolder, SuiteState
from huiyan_runner.main import main

HOME = "cam_home000000000000"
REFUSAL = {"detail": "只有户主能打开", "detail_en": "Only the owner may", "code": "forbidden"}


@pytest.fixture
def asked(tmp_path):
    """(method, path, body) of each request; a household's camera is refused."""
    seen: list[tuple[str, str, dict]] = []

    class Registry(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            body = json.loads(self.rfile.read(length) or b"{}")
            seen.append((self.command, self.path, body))
            refused = HOME in self.path
            content = {"token": "t"} if self.path.endswith("/key") else {}
            data = json.dumps(REFUSAL if refused else content).encode()
            self.send_response(403 if refused else 200)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_POST = do_DELETE = _answer  # noqa: N815 - the names that http.server calls

        def log_message(self, *_: object) -> None:
            """Tests keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Registry)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    folder = DataFolder(tmp_path)
    url = f"http://127.0.0.1:{server.server_address[1]}"
    state = SuiteState(1, "510799101000", url, url, url)
    folder.keys.mkdir(parents=True)
    (folder.keys / "operator.key").write_text(json.dumps({"principal": "prn_x", "key": "k"}))
    folder.write_state(state)
    folder.lock()
    yield seen
    folder.unlock()
    server.shutdown()
    thread.join()
    server.server_close()


def _run(tmp_path, *words):
    return main(["camera", "maintenance", "--data", str(tmp_path), *words])


def test_it_opens_for_so_many_minutes_and_ends(asked, tmp_path, capsys):
    assert _run(tmp_path, "cam_road", "--minutes", "20") == 0
    method, path, body = asked[-1]
    assert (method, path) == ("POST", "/api/v1/cameras/cam_road/maintenance")
    left = datetime.fromisoformat(body["until"]) - datetime.now(UTC)
    assert timedelta(minutes=19) < left < timedelta(minutes=20)
    assert "huiyan watch cam_road" in capsys.readouterr().out
    assert _run(tmp_path, "cam_road", "--minutes", "0") == 0
    assert asked[-1][:2] == ("DELETE", "/api/v1/cameras/cam_road/maintenance")


def test_a_households_camera_is_refused_with_the_reason(asked, tmp_path, capsys):
    assert _run(tmp_path, HOME) != 0
    assert "只有户主能打开" in capsys.readouterr().err


def test_a_day_at_most(asked, tmp_path, capsys):
    assert _run(tmp_path, "cam_road", "--minutes", "1441") != 0
    assert asked == [] and "1440" in capsys.readouterr().err
