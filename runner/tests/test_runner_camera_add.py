"""`huiyan camera add` against a registry that wants a sign for public cameras."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from huiyan_runner.data_folder import DataFolder, SuiteState
from huiyan_runner.main import main

AREA = "510799101201001"
PRESENCE = {
    "state": "online",
    "cause": None,
    "tracks": [{"track": "main", "codec": "h264", "fps": 15}],
}
JPEG = b"\xff\xd8\xff\xe0 a sign"


class Town:
    """What a registry keeps of one camera; its answers."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.camera: dict[str, object] = {}
        self.sign: tuple[str, bytes, str] | None = None

    def answer(self, method: str, target: str, kind: str, body: bytes) -> tuple[int, dict]:
        url = urlsplit(target)
        self.asked.append((method, url.path))
        match method, url.path.rpartition("/")[2]:
            case "POST", "key":
                return 200, {"token": "t"}
            case "POST", "cameras":
                told = json.loads(body)
                life = "active" if told.get("household") else "verified"
                self.camera = told | {"id": "cam_1", "life": life, "presence": PRESENCE}
                return 201, self.camera
            case "PUT", "signage":
                self.sign = (kind, body, parse_qs(url.query)["posted_on"][0])
                return 200, self.camera
            case "POST", "state" if self.sign is None:
                words = {"detail": "还缺：告示牌", "detail_en": "Still missing: signage"}
                return 409, words | {"code": "incomplete", "missing": ["signage"]}
            case "POST", "state":
                self.camera["life"] = json.loads(body)["state"]
        return 200, self.camera


@pytest.fixture
def town(tmp_path):
    made = Town()

    class Registry(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            kind = self.headers.get("content-type", "")
            status, content = made.answer(self.command, self.path, kind, self.rfile.read(length))
            data = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PUT = _answer  # noqa: N815 - the names that http.server calls

        def log_message(self, *_: object) -> None:
            """Tests keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Registry)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    folder = DataFolder(tmp_path)
    url = f"http://127.0.0.1:{server.server_address[1]}"
    folder.keys.mkdir(parents=True)
    (folder.keys / "operator.key").write_text(json.dumps({"principal": "prn_x", "key": "k"}))
    folder.write_state(SuiteState(1, "510799101000", url, url, url))
    folder.lock()
    yield made
    folder.unlock()
    server.shutdown()
    thread.join()
    server.server_close()


def add(tmp_path, *words):
    where = ("--data", str(tmp_path), "--area", AREA, "--name", "村口")
    return main(["camera", "add", *where, *words, "rtsp://10.0.0.9/1"])


def test_a_public_camera_without_a_sign_says_what_is_missing(town, tmp_path, capsys):
    assert add(tmp_path, "--legal-class", "gov_public") == 1
    told = capsys.readouterr()
    assert "cam_1" in told.out and "告示牌的照片" in told.err
    assert "--sign" in told.err and "/admin#/cameras/cam_1" in told.err
    assert town.camera["life"] == "verified"
    assert ("GET", "/api/v1/cameras/cam_1") not in town.asked, "there is no picture to wait for"


def test_with_its_sign_it_is_active_and_tested(town, tmp_path, capsys):
    photo = tmp_path / "sign.jpg"
    photo.write_bytes(JPEG)
    sign = ("--sign", str(photo), "--posted-on", "2024-05-01")
    assert add(tmp_path, "--legal-class", "gov_public", *sign) == 0
    assert town.sign == ("image/jpeg", JPEG, "2024-05-01")
    assert town.camera["life"] == "active"
    assert "画面正常" in capsys.readouterr().out


def test_a_households_camera_is_active_at_once(town, tmp_path, capsys):
    assert add(tmp_path, "--household", "hh_1") == 0
    assert "画面正常" in capsys.readouterr().out
    assert town.sign is None and ("POST", "/api/v1/cameras/cam_1/state") not in town.asked


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--sign", "sign.jpg"], "--posted-on"),
        (["--posted-on", "2024-05-01"], "--sign"),
        (["--sign", "sign.jpg", "--posted-on", "1 May"], "2024-05-01"),
        (["--sign", "none.jpg", "--posted-on", "2024-05-01"], "none.jpg"),
        (["--sign", "text.txt", "--posted-on", "2024-05-01"], "JPEG"),
        (["--sign", "sign.jpg", "--posted-on", "2024-05-01", "--household", "hh_1"], "no sign"),
    ],
)
def test_wrong_signs_are_told_before_anything_is_sent(town, tmp_path, capsys, words, told):
    (tmp_path / "sign.jpg").write_bytes(JPEG)
    (tmp_path / "text.txt").write_bytes(b"a sign")
    public = [] if "--household" in words else ["--legal-class", "site_public"]
    files = [str(tmp_path / word) if word.endswith((".jpg", ".txt")) else word for word in words]
    assert add(tmp_path, *public, *files) == 1
    assert told in capsys.readouterr().err
    assert town.asked == []
