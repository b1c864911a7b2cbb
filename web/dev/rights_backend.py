"""Dev only: invented answers of consents, members, looks, register and onboarding (registry.md)."""

import base64
import time
from pathlib import Path
from typing import Any

from backend import CAMERAS, CODE, Backend, Pages, ago, look
from playwright.async_api import Route

HOURS = {"days": [1, 2, 3, 4, 5, 6, 7], "from": "22:00", "to": "06:00"}
SCOPES = {
    "relatives": "家里人看",
    "record": "存录像",
    "tv": "家里电视看",
    "live_village": "村监控室看直播",
    "live_town": "镇里看直播",
    "live_county": "县里看直播",
    "live_police": "派出所看直播",
    "retrieve_after_event": "出事以后调录像",
    "analytics_fire": "着火冒烟",
    "analytics_person": "夜里有人进院子",
}
TEXT = (
    "我同意{title}。谁看、什么时候看、为什么看，每次都登记，我随时查得到；我随时能收回，"
    "10 秒之内生效。同不同意，都不影响补贴，也不影响装机。"
)
AREA = {"children": [], "cameras": 4, "online": 4, "households": 20, "households_covered": 4}
GROUPS = [
    {"code": f"510799101201{n:03d}", "level": "group", "name": f"{'一二三四五'[n - 1]}社", **AREA}
    for n in range(1, 6)
]
VILLAGES = [
    {**AREA, "code": "510799101201", "level": "village", "name": "新寨村", "children": GROUPS},
    {**AREA, "code": "510799101202", "level": "village", "name": "石桥村"},
]
TOWN = {**AREA, "code": "510799101000", "level": "town", "name": "双板镇", "children": VILLAGES}


def consent(scope: str, hours: list[Any] | None = None, number: int = 1) -> dict[str, Any]:
    return {
        "id": f"con_{scope}_{number}",
        "scope": scope,
        "camera": None,
        "hours": hours or [],
        "purposes": [],
        "granted_at": ago(30),
        "text_version": "3",
        "language": "zh-CN",
        "signatory": "张桂芳",
        "signed_on_site": True,
    }


def member(name: str, relation: str, role: str, rights: list[str]) -> dict[str, Any]:
    person = (
        "prn_1"
        if role == "household_owner"
        else f"prn_{len(name) + len(relation)}{rights and len(rights)}"
    )
    seen = {"devices": 2, "last_seen_at": ago(13)}
    return {
        "principal": person,
        "name": name,
        "relation": relation,
        "role": role,
        "rights": rights,
        **seen,
    }


class RightsBackend(Backend):
    """Answers whole routes with their method; keeps what is given and withdrawn."""

    def __init__(self, origin: str, still: bytes | None) -> None:
        super().__init__(origin, still)
        self.consents = [
            consent("relatives"),
            consent("record"),
            consent("live_village", [HOURS]),
            consent("retrieve_after_event"),
            consent("analytics_fire"),
        ]
        self.members = [
            member("王秀珍", "户主", "household_owner", []),
            member("建军", "儿子", "relative", ["live", "playback", "alarms"]),
            member("小芳", "儿媳", "relative", ["live"]),
        ]
        self.roles = ["household_owner"]
        self.asked: list[tuple[str, str, Any]] = []
        self.broken: dict[str, tuple[int, Any]] = {}

    async def answer(self, route: Route) -> None:
        request = route.request
        path = request.url.removeprefix(self.origin + "/").partition("?")[0]
        if path.startswith("api/v1/") and path != "api/v1/events":
            try:
                sent = request.post_data_json
            except Exception:
                sent = None
            self.asked.append((request.method, path.removeprefix("api/v1/"), sent))
        self.method = request.method
        self.sent = self.asked[-1][2] if self.asked else None
        await super().answer(route)

    def body(self, path: str) -> tuple[int, Any]:
        if path in self.broken:
            return self.broken[path]
        found = self.household(path) or self.onboarding(path)
        return found or super().body(path)

    def household(self, path: str) -> tuple[int, Any] | None:
        if path == "me":
            status, me = super().body("me")
            return status, {**me, "roles": self.roles}
        if path == "consent-texts":
            scopes = [
                {
                    "scope": scope,
                    "title": title,
                    "text": TEXT.format(title=title),
                    "purposes": ["patrol", "alarm", "search", "flood", "fire"],
                }
                for scope, title in SCOPES.items()
            ]
            return 200, {
                "version": "3",
                "sha256": "ab" * 32,
                "language": "zh-CN",
                "preamble": "这些画面是您家的，一项一项由您自己定。",
                "scopes": scopes,
            }
        if path.endswith("/consents"):
            if self.method == "PUT":
                self.consents.append(consent(self.sent["scope"], self.sent.get("hours"), 2))
                return 200, self.consents[-1]
            return 200, {"items": self.consents, "withdrawn": []}
        if "/consents/" in path:
            self.consents = [one for one in self.consents if not path.endswith(one["id"])]
            return 204, None
        if path.endswith("/members"):
            return 200, {"items": self.members}
        if "/members/" in path:
            person = path.rpartition("/")[2]
            if self.method == "DELETE":
                self.members = [one for one in self.members if one["principal"] != person]
                return 204, None
            found = next(one for one in self.members if one["principal"] == person)
            found["rights"] = self.sent["rights"]
            return 200, found
        if path == "links" and self.method == "GET":
            pending = {"id": "lnk_1", "name": "孙女", "relation": "孙子孙女", "rights": ["live"]}
            return 200, {"items": [{**pending, "expires_at": ago(-40)}]}
        if path.startswith("links/"):
            return 204, None
        if path == "links":
            return 201, {"url": f"https://huiyan.example/f#{CODE}", "expires_at": ago(-40)}
        if path == "looks/summary":
            days = [
                time.strftime("%Y-%m-%d", time.gmtime(time.time() + 28800 - n * 86400))
                for n in range(7)
            ]
            return 200, {
                "days": [
                    {
                        "day": day,
                        "household_viewers": 2 + n % 2,
                        "outside_viewers": n % 3,
                        "looks": 3,
                        "seconds": 99,
                    }
                    for n, day in enumerate(days)
                ]
            }
        if path == "me/sessions":
            device = {"created_at": ago(90), "bound": True}
            return 200, {
                "items": [
                    {
                        "id": "ses_1",
                        "name": "Android 手机",
                        "last_seen_at": ago(0),
                        "current": True,
                        **device,
                    },
                    {
                        "id": "ses_2",
                        "name": "电脑",
                        "last_seen_at": ago(50),
                        "current": False,
                        **device,
                    },
                ]
            }
        if path.startswith("register/receipts/"):
            head = {
                "town": "510799101000",
                "seq": 1204,
                "previous": 1200,
                "hash": "9f31c04d77aa" * 5,
            }
            signed = {
                "sealed_at": "2026-11-22T19:00:00.000000Z",
                "kid": "t",
                "signature": "MEU" * 20,
            }
            look_at = {"id": "reg_1", "seq": 1198, "at": "2026-11-22T18:00:00Z", "hash": "ab" * 32}
            return 200, {"household": "hh_1", "look": look_at, "head": {**head, **signed}}
        return None

    def looks(self) -> dict[str, Any]:
        urgent = look("陈警官", 1, 3, 300, "search")
        notice = {
            "id": "bg_1",
            "kind": "break_glass",
            "cameras": [{"id": CAMERAS[0]["id"], "name": "院坝"}],
            "who": "陈警官",
            "role": "police",
            "approver": "王军",
            "purpose": "找人找物：老人走失",
            "begun_at": ago(3),
            "until": ago(2),
            "ended_at": ago(2.4),
        }
        return {
            "notices": [notice],
            "household_viewers": 2,
            "outside_viewers": 2,
            "looks": [
                {**look("小芳", 1, 1, 240, None), "own": True, "role": "relative"},
                {
                    **look("李秀英", 2, 2.5, 41, "alarm"),
                    "own": False,
                    "role": "clerk",
                    "place": "新寨村监控室",
                },
                {
                    **urgent,
                    "own": False,
                    "role": "police",
                    "place": "双板派出所",
                    "approver": "王军",
                },
            ],
        }

    def onboarding(self, path: str) -> tuple[int, Any] | None:
        remark = {
            "code": "clock",
            "message": "摄像机的钟慢 71 秒，已记下",
            "message_en": "The clock is 71 s slow",
        }
        if path == "areas":
            return 200, [TOWN]
        if path == "households":
            home = {
                "id": "hh_9",
                "name": "张家院子",
                "group": GROUPS[2]["code"],
                "cameras": 0,
                "members": 1,
            }
            if self.method == "POST":
                return 201, {**home, "name": self.sent["name"]}
            return 200, {
                "items": [home, {**home, "id": "hh_8", "name": "妈妈家", "cameras": 2}],
                "next": None,
            }
        if path == "onboarding/discover":
            return 200, {
                "found": [
                    {
                        "address": "192.168.1.20",
                        "port": 80,
                        "name": "IPC-4MP",
                        "model": "HY-2400",
                        "xaddr": "http://192.168.1.20/onvif",
                    }
                ]
            }
        if path == "onboarding/probe":
            profile = {
                "codec": "h264",
                "fps": 25,
                "gop": 50,
                "main_url": "rtsp://192.168.1.20:554/1",
            }
            return 200, {
                "device": {"maker": "慧芯", "model": "HY-2400", "firmware": "1.4", "serial": "77"},
                "clock_offset_ms": -71000,
                "service": "media2",
                "ptz": True,
                "events": True,
                "profiles": [
                    {
                        **profile,
                        "token": "p1",
                        "name": "主码流",
                        "width": 2560,
                        "height": 1440,
                        "kbps": 4096,
                    },
                    {
                        **profile,
                        "token": "p2",
                        "name": "子码流",
                        "width": 640,
                        "height": 360,
                        "kbps": 512,
                    },
                ],
                "suggested": {"main": "p1", "sub": "p2"},
                "warnings": [remark],
            }
        if path == "onboarding/check":
            picture = base64.b64encode(self.still).decode() if self.still else None
            return 200, {
                "picture": picture,
                "codec": "h264",
                "width": 640,
                "height": 360,
                "fps": 25.0,
                "gop_ms": 2000,
                "b_frames": False,
                "clock_offset_ms": -400,
                "problems": [],
            }
        if path == "cameras" and self.method == "POST":
            return 201, {**CAMERAS[0], "id": "cam_new", "name": self.sent["name"], "state": "draft"}
        if path.startswith("cameras/cam"):
            return 200, {**CAMERAS[0], "id": "cam_new", "state": "verified"}
        return None


class RightsPages(Pages):
    """The pages below /f and /i too."""

    def translate_path(self, path: str) -> str:
        first = "/" + path.strip("/").partition("?")[0].partition("/")[0]
        named = {"/f": "family.html", "/i": "installer.html"}.get(first)
        return str(Path(self.dist) / named) if named else super().translate_path(path)
