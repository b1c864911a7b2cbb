"""Dev only: invented cameras of a village room, for room_shots.py (see README.md)."""

import json
import time
from pathlib import Path
from typing import Any

from playwright.async_api import Route

HOUR_MS = 3_600_000
VILLAGE = "510799101201"
GROUPS = {f"{VILLAGE}{n:03d}": f"{name}社" for n, name in enumerate("一二三四五", 1)}
LIVE = {"live": True, "reason": None, "hint": None, "hint_en": None}
NAMES = [
    ("村口主路·东", 1, "road"),
    ("村口主路·西", 1, "road"),
    ("一社·晒坝", 1, "square"),
    ("便民服务室", 1, "indoor"),
    ("二社·岔路口", 2, "road"),
    ("二社·石桥头", 2, "road"),
    ("松林坡·高点", 3, "forest_fire"),
    ("松林坡·热像", 3, "forest_fire"),
    ("新寨水库·水尺", 2, "reservoir"),
    ("三社·文化广场", 3, "square"),
    ("村委会大门", 4, "gate"),
    ("四社·农户 0417", 4, "courtyard"),
    ("四社·机耕道", 4, "road"),
    ("五社·滑坡点 2", 5, "geohazard"),
    ("村小学路口", 5, "road"),
    ("五社·农户 0523", 5, "courtyard"),
]
PURPOSES = ("patrol", "alarm", "search", "dispute", "flood", "fire", "maintenance", "other")
ME = {
    "principal": "prn_room",
    "name": "李秀英",
    "roles": ["clerk", "room_admin"],
    "csrf": "x",
    "device_bound": False,
    "household": None,
    "households": [],
    "room": {"id": "room_1", "name": "双板镇新寨村监控室", "area": VILLAGE},
}


def ago(hours: float) -> float:
    return time.time() * 1000 - hours * HOUR_MS


def refused(reason: str, hint: str) -> dict[str, Any]:
    return {"live": False, "reason": reason, "hint": hint, "hint_en": hint}


def track(name: str, width: int, height: int) -> dict[str, Any]:
    size = {"width": width, "height": height}
    return {"track": name, "codec": "h264", **size, "fps": 25, "b_frames": False}


def camera(number: int) -> dict[str, Any]:
    name, group, kind = NAMES[(number - 1) % 16]
    turn = (number - 1) // 16
    code = f"{VILLAGE}{group:03d}"
    household = "hh_1" if kind == "courtyard" else None
    state, may = "online", LIVE
    if number == 12:
        may = refused("private", "这户把画面关了，只有户主能打开")
    elif number == 16:
        may = refused("no_consent", "这户没同意村里看。出事走“调取单”")
    elif number in (14, 39, 60):
        state = "unreachable"
    return {
        "id": f"cam_{number:016d}",
        "name": name if turn == 0 else f"{name}·{turn + 1}号点",
        "area": code,
        "area_name": "新寨村",
        "group_name": GROUPS[code],
        "household": household,
        "legal_class": "household" if household else "gov_public",
        "site_kind": kind,
        "state": "active",
        "number": number,
        "viewers": 1 + (number % 7 == 0),
        "may": may,
        "presence": {
            "state": state,
            "since": ago(1.2 if state != "online" else 26),
            "observed_at": ago(0),
            "cause": None,
            "tracks": [track("main", 1920, 1080), track("sub", 640, 360)],
            "last_frame_at": ago(1.2 if state != "online" else 0),
        },
    }


class RoomBackend:
    """Answers by path; what is refused or broken is changed between pictures."""

    def __init__(self, origin: str, stills: Path | None, count: int = 86) -> None:
        self.origin, self.stills = origin, stills
        self.cameras = [camera(number) for number in range(1, count + 1)]
        self.logged_in = True
        self.login: tuple[int, Any] | None = None
        self.add: tuple[int, Any] | None = None
        self.asked: list[tuple[str, str, Any]] = []
        self.events = ": hi\n\n"

    async def answer(self, route: Route) -> None:
        request = route.request
        path = request.url.removeprefix(self.origin + "/").partition("?")[0]
        if path.startswith("fixture/still/"):
            return await self.still(route, int(path.rsplit("/", 1)[1]))
        if path == "api/v1/events":
            return await route.fulfill(body=self.events, content_type="text/event-stream")
        sent = request.post_data_json if request.post_data else None
        self.asked.append((request.method, path, sent))
        status, body = self.body(request.method, path.removeprefix("api/v1/"), sent)
        kind = "application/json" if status < 400 else "application/problem+json"
        await route.fulfill(status=status, body=json.dumps(body), content_type=kind)
        return None

    async def still(self, route: Route, number: int) -> None:
        files = sorted(self.stills.glob("*.jpg")) if self.stills else []
        if not files:
            return await route.fulfill(status=404)
        await route.fulfill(path=files[(number * 5) % len(files)])
        return None

    def body(self, method: str, path: str, sent: Any) -> tuple[int, Any]:
        if path == "me":
            return (200, ME) if self.logged_in else (401, {"title": "请先登录"})
        if path == "login":
            if self.login:
                return self.login
            self.logged_in = True
            return 200, {"me": ME, "csrf": "x"}
        if path == "logout":
            self.logged_in = False
            return 204, None
        if path == "areas":
            return 200, self.areas()
        if path == "cameras" and method == "POST":
            return self.added(sent)
        if path == "cameras":
            return 200, {"items": self.cameras, "next": None}
        if path.startswith("grants"):
            return 201, self.grant(sent)
        return 404, {"title": "没有", "title_en": "none"}

    def added(self, sent: Any) -> tuple[int, Any]:
        if self.add:
            return self.add
        made = camera(1) | {"id": "cam_new", "number": 87, "name": sent["name"]}
        self.cameras = [*self.cameras, made]
        return 201, made

    def areas(self) -> dict[str, Any]:
        def area(code: str, level: str, name: str, children: list[Any]) -> dict[str, Any]:
            own = [one for one in self.cameras if one["area"].startswith(code.removesuffix("000"))]
            online = sum(one["presence"]["state"] == "online" for one in own)
            counts = {"cameras": len(own), "online": online}
            return {"code": code, "level": level, "name": name, "children": children, **counts}

        groups = [area(code, "group", name, []) for code, name in GROUPS.items()]
        village = area(VILLAGE, "village", "新寨村", groups)
        return area("510799101000", "town", "双板镇", [village])

    def grant(self, sent: Any) -> dict[str, Any]:
        self.views = getattr(self, "views", [])
        for view in (sent or {}).get("views", []):
            if view["camera"] not in [one["camera"] for one in self.views]:
                self.views.append({**view, "actions": ["live", "snapshot"]})
        doors = ("whep", "channel", "media", "snapshot")
        return {
            "id": "grt_1",
            "kind": "wall",
            "token": "t",
            "ice_servers": [],
            "expires_at": ago(-1),
            "renew_after_s": 200,
            "refused": [],
            "views": self.views,
            "relay": {door: f"{self.origin}/{door}" for door in doors},
        }
