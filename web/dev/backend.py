"""Dev only: invented answers of registry and relay, and the built pages on a loopback port."""

import json
import time
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from playwright.async_api import Route

DIST = Path(__file__).parents[1] / "src/huiyan_web/dist"
PAGES = {"/": "index.html", "/f": "family.html", "/room": "room.html"}
CSP = "default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:"
CODE = "Zm9vYmFyYmF6cXV4MDEyMzQ1"
HOUR_MS = 3_600_000
TRACK = {
    "track": "main",
    "codec": "h264",
    "width": 640,
    "height": 480,
    "fps": 25,
    "b_frames": False,
}
LIVE = {"live": True, "reason": None, "hint": None, "hint_en": None}
OFF = {**LIVE, "live": False, "reason": "private", "hint": "户主关了画面，到 20:00"}
ME = {
    "principal": "prn_1",
    "name": "王秀珍",
    "roles": ["household_owner"],
    "csrf": "x",
    "device_bound": False,
    "household": {"id": "hh_1", "name": "妈妈家"},
    "households": [{"id": "hh_1", "name": "妈妈家"}, {"id": "hh_2", "name": "岳父家"}],
}


class Pages(SimpleHTTPRequestHandler):
    """The built pages as the registry serves them, with the CSP it should send."""

    dist = DIST

    def translate_path(self, path: str) -> str:
        route = path.partition("?")[0]
        return str(self.dist / PAGES.get(route, route.lstrip("/")))

    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", CSP)
        super().end_headers()

    def log_message(self, *_: object) -> None:
        """Quiet."""


def serve(dist: Path | None = None) -> tuple[ThreadingHTTPServer, str]:
    """Server and its origin; the caller shuts it down."""
    Pages.dist = dist or DIST
    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    Thread(target=server.serve_forever, daemon=True).start()
    return server, f"http://127.0.0.1:{server.server_address[1]}"


def ago(hours: float) -> float:
    return time.time() * 1000 - hours * HOUR_MS


def camera(number: int, name: str, state: str = "online", may: Any = None) -> dict[str, Any]:
    return {
        "id": f"cam_{number:016d}",
        "name": name,
        "area": "510799101201",
        "area_name": "双板村",
        "group_name": "三社",
        "household": "hh_1",
        "legal_class": "household",
        "site_kind": "courtyard",
        "state": "active",
        "number": number,
        "viewers": 1,
        "may": may or LIVE,
        "presence": {
            "state": state,
            "since": ago(1),
            "observed_at": ago(0),
            "cause": None,
            "tracks": [TRACK],
            "last_frame_at": ago(1),
        },
    }


CAMERAS = [camera(1, "院坝"), camera(2, "大门口"), camera(3, "后山", "unreachable")]


def look(who: str, number: int, hours: float, seconds: int, purpose: str | None) -> dict[str, Any]:
    camera_id = CAMERAS[number - 1]["id"]
    times = {"started_at": ago(hours), "seconds": seconds}
    return {"who": who, "role": "", "purpose": purpose, "camera": camera_id, **times}


class Backend:
    """Answers by path; `cameras` and the status fields are changed between pictures."""

    def __init__(self, origin: str, still: bytes | None) -> None:
        self.origin, self.still = origin, still
        self.cameras = CAMERAS
        self.exchange_status = self.me_status = 200

    async def answer(self, route: Route) -> None:
        path = route.request.url.removeprefix(self.origin + "/").partition("?")[0]
        if path == "api/v1/events":
            await route.fulfill(body=": hi\n\n", content_type="text/event-stream")
        elif not path.startswith("api/"):
            await self.picture(route)
        else:
            status, body = self.body(path.removeprefix("api/v1/"))
            kind = "application/json" if status < 400 else "application/problem+json"
            await route.fulfill(status=status, body=json.dumps(body), content_type=kind)

    async def picture(self, route: Route) -> None:
        if self.still is None:
            await route.fulfill(status=404)
            return
        captured = {"Huiyan-Captured-At": str(int(ago(0)) - 400)}
        await route.fulfill(body=self.still, content_type="image/jpeg", headers=captured)

    def body(self, path: str) -> tuple[int, Any]:
        if path.startswith("grants"):
            return 201, self.grant()
        problem = {"title": "没有", "title_en": "none"}
        answers: dict[str, tuple[int, Any]] = {
            "me": (self.me_status, ME),
            "link/exchange": (self.exchange_status, {"me": ME, "csrf": "x"}),
            "cameras": (200, {"items": self.cameras, "next": None}),
            "links": (201, {"url": f"https://huiyan.example/f#{CODE}", "expires_at": ago(-1)}),
            "looks": (200, self.looks()),
        }
        return answers.get(path, (404, problem))

    def grant(self) -> dict[str, Any]:
        doors = ("whep", "channel", "media", "snapshot")
        granted = {"streams": ["main", "sub"], "actions": ["live", "snapshot"]}
        return {
            "id": "grt_1",
            "kind": "view",
            "token": "t",
            "ice_servers": [],
            "expires_at": ago(-1),
            "renew_after_s": 200,
            "refused": [],
            "views": [{"camera": one["id"], **granted} for one in self.cameras],
            "relay": {door: f"{self.origin}/{door}" for door in doors},
        }

    def looks(self) -> dict[str, Any]:
        looks = [look("王强", 1, 2, 240, None), look("李秀英", 2, 2.5, 41, "alarm")]
        return {"household_viewers": 3, "outside_viewers": 1, "looks": looks}
