"""Dev only: pictures of the family page in all its states, without a backend (see README.md)."""

import argparse
import asyncio
import json
import re
import tempfile
import time
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import BrowserContext, Page, Route, async_playwright

HERE = Path(__file__).parent
DIST = HERE.parent / "src/huiyan_web/dist"
SIZES = {
    "360x740": (360, 740),
    "390x844": (390, 844),
    "740x360": (740, 360),
    "1280x800": (1280, 800),
}
CODE = "Zm9vYmFyYmF6cXV4MDEyMzQ1"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--autoplay-policy=no-user-gesture-required"]  # fmt: skip


class Pages(SimpleHTTPRequestHandler):
    """The built pages as the registry serves them, with the CSP it should send."""

    def translate_path(self, path: str) -> str:
        route = path.split("?")[0]
        return str(DIST / {"/f": "family.html", "/room": "room.html", "/": "index.html"}.get(
            route, route.lstrip("/")))  # fmt: skip

    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy",
                         "default-src 'self'; img-src 'self' blob:; media-src 'self' blob:")  # fmt: skip
        super().end_headers()

    def log_message(self, *_: object) -> None:
        pass


def camera(number: int, name: str, state: str = "online", **more: object) -> dict[str, object]:
    since = time.time() * 1000 - 3_600_000
    return {
        "id": f"cam_{number:016d}", "name": name, "area": "510799101201", "area_name": "双板村",
        "group_name": "三社", "household": "hh_1", "legal_class": "household",
        "site_kind": "courtyard", "state": "active", "number": number, "viewers": 1,
        "presence": {"state": state, "since": since, "observed_at": since, "cause": None,
                     "tracks": [{"track": "main", "codec": "h264", "width": 640, "height": 480,
                                 "fps": 25, "b_frames": False}], "last_frame_at": since},
        "may": {"live": True, "reason": None, "hint": None, "hint_en": None}, **more,
    }  # fmt: skip


CAMERAS = [camera(1, "院坝"), camera(2, "大门口"), camera(3, "后山", "unreachable")]
OFF = {"live": False, "reason": "private", "hint": "户主关了画面，到 20:00", "hint_en": "Off until 20:00"}
ME = {"principal": "prn_1", "name": "王秀珍", "roles": ["household_owner"], "csrf": "x",
      "household": {"id": "hh_1", "name": "妈妈家"}, "device_bound": False,
      "households": [{"id": "hh_1", "name": "妈妈家"}, {"id": "hh_2", "name": "岳父家"}]}  # fmt: skip


class Backend:
    """Answers of the registry and the relay; `cameras` and `fail` are changed between pictures."""

    def __init__(self, still: bytes | None) -> None:
        self.cameras, self.still = CAMERAS, still
        self.exchange_status, self.me_status = 200, 200

    async def answer(self, route: Route) -> None:
        path = route.request.url.split("/", 3)[3].split("?")[0]
        if path == "api/v1/events":
            return await route.fulfill(body=": hi\n\n", content_type="text/event-stream")
        if path == "fixture/still" or path.startswith("snapshot/"):
            if self.still is None:
                return await route.fulfill(status=404)
            captured = str(int(time.time() * 1000) - 400)
            return await route.fulfill(body=self.still, content_type="image/jpeg",
                                       headers={"Huiyan-Captured-At": captured})  # fmt: skip
        status, body = self.body(path.removeprefix("api/v1/"))
        await route.fulfill(status=status, body=json.dumps(body),
                            content_type="application/json" if status < 400 else "application/problem+json")  # fmt: skip

    def body(self, path: str) -> tuple[int, object]:
        origin = "/"
        match path:
            case "me":
                return self.me_status, ME
            case "link/exchange":
                return self.exchange_status, {"me": ME, "csrf": "x"}
            case "cameras":
                return 200, {"items": self.cameras, "next": None}
            case "looks":
                return 200, {"household_viewers": 3, "outside_viewers": 0, "looks": [
                    {"who": "儿子 王强", "role": "relative", "purpose": None, "camera": CAMERAS[0]["id"],
                     "started_at": time.time() * 1000 - 7.2e6, "seconds": 240},
                    {"who": "李秀英", "role": "clerk", "purpose": "alarm", "camera": CAMERAS[1]["id"],
                     "started_at": time.time() * 1000 - 9e6, "seconds": 41}]}  # fmt: skip
            case "links":
                return 201, {"url": f"https://huiyan.example/f#{CODE}",
                             "expires_at": time.time() * 1000 + 3.6e6}  # fmt: skip
            case _ if path.startswith("grants"):
                return 201, {"id": "grt_1", "kind": "view", "token": "t", "ice_servers": [],
                             "expires_at": time.time() * 1000 + 3e5, "renew_after_s": 200, "refused": [],
                             "views": [{"camera": c["id"], "streams": ["main"], "actions": ["live"]}
                                       for c in self.cameras],
                             "relay": {k: f"{ORIGIN}{origin}{k}" for k in
                                       ("whep", "channel", "media", "snapshot")}}  # fmt: skip
        return 404, {"title": "没有", "title_en": "none"}


ORIGIN = ""


async def open_page(context: BrowserContext, backend: Backend, path: str) -> Page:
    page = await context.new_page()
    page.on("console", lambda m: print("  console:", m.text) if m.type in {"error", "warning"} else None)
    page.on("pageerror", lambda e: print("  page error:", e))
    await page.add_init_script(path=str(HERE / "fixture.js"))
    await page.route(re.compile("/(api/v1|fixture|snapshot)/"), backend.answer)
    await page.goto(ORIGIN + path)
    return page


async def state_is(page: Page, kind: str) -> None:
    await page.locator(f".hero .pic[data-kind={kind}]").wait_for(timeout=9000)


async def axe(page: Page, name: str) -> None:
    found = (await Axe().run(page)).response["violations"]
    for one in found:
        print("  axe", name, one["id"], one["impact"], [n["target"] for n in one["nodes"]][:3])
    if not found:
        print("  axe", name, "clean")


async def pictures(out: Path, still: bytes | None, only: str) -> None:
    async with async_playwright() as play:
        for name, (width, height) in SIZES.items():
            if only and only != name:
                continue
            touch = width < 1000
            with tempfile.TemporaryDirectory() as folder:
                context = await play.chromium.launch_persistent_context(
                    folder, executable_path="/usr/bin/chromium", headless=True, args=FLAGS,
                    viewport={"width": width, "height": height}, has_touch=touch, is_mobile=touch,
                    device_scale_factor=1)  # fmt: skip
                await one_size(context, out, name, still)
                await context.close()


async def one_size(context: BrowserContext, out: Path, name: str, still: bytes | None) -> None:
    backend = Backend(still)

    async def shot(page: Page, what: str) -> None:
        await page.screenshot(path=out / f"{name}-{what}.png")

    page = await open_page(context, backend, f"/f#{CODE}&by=王强&home=妈妈家")
    await page.get_by_role("button", name="看看家里").wait_for()
    await shot(page, "landing")
    await axe(page, "landing")
    await page.get_by_role("button", name="看看家里").click()
    await state_is(page, "live")
    hero = await page.evaluate("({...window.__huiyan.tiles.hero, frames: 0})")
    print(name, "first frame", round(hero["firstFrameMs"]), "ms, age", hero["ageMs"])
    await page.wait_for_timeout(1200)
    await shot(page, "live")
    await axe(page, "live")
    if name.startswith("740"):
        return
    await page.evaluate("window.__fixture.freeze(true)")
    await state_is(page, "frozen")
    await shot(page, "frozen")
    await page.evaluate("window.__fixture.ageMs = 4100; window.__fixture.freeze(false)")
    await state_is(page, "delayed")
    await shot(page, "delayed")
    await page.evaluate("window.__fixture.ageMs = 80")
    await page.get_by_role("button", name="关画面").click()
    await shot(page, "off-ask")
    await page.get_by_role("button", name="不关了").click()
    await page.get_by_role("button", name="人看过").click()
    await page.get_by_role("button", name="请家里人来看").click()
    await page.get_by_label("怎么称呼").fill("小李")
    await page.get_by_role("button", name="做一条链接").click()
    await page.locator(".qr svg").wait_for()
    await page.screenshot(path=out / f"{name}-invite.png", full_page=True)
    await axe(page, "invite")
    await page.get_by_role("button", name="收起").click()
    await page.get_by_role("button", name="后山").click()
    await state_is(page, "offline")
    await shot(page, "offline")
    await page.get_by_role("button", name="院坝").click()
    await page.get_by_role("button", name="大字").click()
    await page.screenshot(path=out / f"{name}-big.png", full_page=True)
    await page.get_by_role("button", name="普通字").click()
    await page.close()

    backend.cameras = [camera(1, "院坝", "off", may=OFF)]
    page = await open_page(context, backend, "/f")
    await page.get_by_role("button", name="打开画面").wait_for()
    await page.wait_for_timeout(300)
    await shot(page, "off")
    await axe(page, "off")
    await page.close()
    backend.me_status = 401
    page = await open_page(context, backend, "/f")
    await page.get_by_role("alert").wait_for()
    await shot(page, "need")
    await page.close()
    page = await open_page(context, backend, "/")
    await page.get_by_role("link", name="看家").wait_for()
    await shot(page, "index")
    await axe(page, "index")
    await page.close()
    backend.me_status = 200
    backend.cameras = CAMERAS
    page = await open_page(context, backend, "/f")
    await page.emulate_media(color_scheme="dark")
    await state_is(page, "live")
    await page.wait_for_timeout(800)
    await shot(page, "dark")
    await axe(page, "dark")
    await page.close()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--still", type=Path)
    parser.add_argument("--only", default="", help="one of the sizes")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    Thread(target=server.serve_forever, daemon=True).start()
    global ORIGIN  # noqa: PLW0603 - a script, its port is known only now
    ORIGIN = f"http://127.0.0.1:{server.server_address[1]}"
    still = given.still.read_bytes() if given.still else None
    try:
        asyncio.run(pictures(given.out, still, given.only))
    finally:
        server.shutdown()


if __name__ == "__main__":
    main()
