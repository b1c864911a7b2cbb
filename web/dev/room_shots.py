"""Dev only: pictures of the monitor room in its states, walk-through 6, axe (see README.md)."""

import argparse
import asyncio
import re
import sys
import tempfile
from pathlib import Path

from axe_playwright_python.async_playwright import Axe
from backend import serve
from playwright.async_api import BrowserContext, Page, async_playwright
from room_backend import RoomBackend

HERE = Path(__file__).parent
SIZES = {
    "1920x1080": (1920, 1080),
    "1366x768": (1366, 768),
    "390x844": (390, 844),
    "360x740": (360, 740),
    "3840x2160": (3840, 2160),
    "960x540": (960, 540),
}
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
]


def tell(*words: object) -> None:
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


class Shooter:
    def __init__(self, context: BrowserContext, backend: RoomBackend, out: Path, size: str) -> None:
        self.context, self.backend, self.out, self.size = context, backend, out, size

    async def open(self, path: str = "/room") -> Page:
        page = await self.context.new_page()
        page.on("console", lambda m: tell("  console:", m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: tell("  page error:", error))
        await page.add_init_script(path=str(HERE / "room_fixture.js"))
        await page.route(re.compile("/(api/v1|fixture)/"), self.backend.answer)
        await page.goto(self.backend.origin + path)
        return page

    async def shot(self, page: Page, what: str) -> None:
        await page.screenshot(path=self.out / f"room-{self.size}-{what}.png")
        box = await page.evaluate(
            "(({scrollWidth: w, scrollHeight: h}) => [w - innerWidth, h - innerHeight])"
            "(document.documentElement)"
        )
        if box[0] > 0 or box[1] > 0:
            tell("  SCROLLS", self.size, what, box)

    async def axe(self, page: Page, what: str) -> None:
        for one in (await Axe().run(page)).response["violations"]:
            where = [
                (node["target"], node.get("failureSummary", "")[:160]) for node in one["nodes"]
            ][:3]
            tell("  axe", self.size, what, one["id"], one["impact"], where)

    async def door(self) -> None:
        self.backend.logged_in = False
        page = await self.open()
        await page.get_by_label("账号").fill("lixiuying")
        await page.get_by_label("密码", exact=True).fill("x")
        self.backend.login = (401, {"title": "账号或密码不对"})
        await page.get_by_role("button", name="进入").click()
        await page.get_by_role("alert").wait_for()
        await self.shot(page, "login")
        await self.axe(page, "login")
        self.backend.login = None
        await page.get_by_label("密码", exact=True).fill("right")
        await page.keyboard.press("Enter")
        await page.get_by_text("今天看画面").wait_for()
        await self.shot(page, "purpose")
        await self.axe(page, "purpose")
        await page.get_by_text("其他", exact=True).click()
        await page.locator("#purpose-text").fill("安全")
        await page.keyboard.press("Enter")
        await page.get_by_role("alert").wait_for()
        await self.shot(page, "purpose-vague")
        await page.get_by_text("日常巡看").click()
        await page.locator("#purpose-text").fill("")
        await page.keyboard.press("Enter")
        await self.wall(page)
        await page.close()

    async def wall(self, page: Page) -> None:
        await page.locator(".pic[data-kind=live]").first.wait_for(timeout=15000)
        await page.evaluate("__fixture.age.cam_0000000000000006 = 4100")
        await page.evaluate("__fixture.frozen.add('cam_0000000000000010')")
        await page.wait_for_timeout(5200)
        tiles = await page.evaluate(
            "Object.entries(__huiyan.tiles)"
            ".map(([k, t]) => [k, t.state, Math.round(t.firstFrameMs), t.count])"
        )
        tell(self.size, tiles)
        await self.shot(page, "wall")
        await self.axe(page, "wall")
        if self.size in ("390x844", "360x740"):
            await self.phone(page)
        else:
            await self.keys(page)

    async def keys(self, page: Page) -> None:
        await page.keyboard.press("5")
        await page.keyboard.press("t")
        await page.keyboard.press("ArrowDown")
        await self.shot(page, "tree")
        await self.axe(page, "tree")
        await page.keyboard.press("Escape")
        await page.keyboard.press("6")
        await page.keyboard.press("/")
        await page.keyboard.type("主路 东")
        await self.shot(page, "found")
        await page.keyboard.press("Enter")
        await page.wait_for_timeout(900)
        six = await page.evaluate("({...__huiyan.tiles['tile-5'], frames: 0})")
        tell("walk-through 6 by key:", six)
        await self.shot(page, "placed")
        await page.keyboard.press("Escape")
        await page.keyboard.press("Escape")
        await self.arranging(page)
        await self.panels(page)
        await self.relay_dies(page)

    async def arranging(self, page: Page) -> None:
        await page.keyboard.press("Control+z")
        await page.wait_for_timeout(400)
        tell("after undo:", await page.evaluate("__huiyan.tiles['tile-5'].camera"))
        source = page.locator("[data-tile='0'] .hem")
        target = await page.locator("[data-tile='8']").bounding_box()
        await source.hover()
        await page.mouse.down()
        await page.mouse.move(target["x"] + 80, target["y"] + 60, steps=5)
        await self.shot(page, "dragging")
        await page.mouse.up()
        await page.wait_for_timeout(500)
        tell(
            "after drag:",
            await page.evaluate("[0, 8].map((n) => __huiyan.tiles[`tile-${n}`].camera)"),
        )
        await page.keyboard.press("Control+z")
        await page.keyboard.type("14")
        await page.wait_for_timeout(300)
        await self.shot(page, "offline-details")
        await page.keyboard.press("f")
        await page.keyboard.press("2")
        await page.wait_for_timeout(700)
        await self.shot(page, "full")
        await page.keyboard.press("Escape")

    async def panels(self, page: Page) -> None:
        await page.keyboard.press("Space")
        await page.wait_for_timeout(1500)
        await self.shot(page, "patrol")
        await page.keyboard.press("Space")
        await page.wait_for_timeout(300)
        await self.shot(page, "patrol-stopped")
        await page.keyboard.press("Escape")
        await page.keyboard.press("?")
        await self.shot(page, "keys")
        await self.axe(page, "keys")
        await page.keyboard.press("Escape")
        await page.get_by_role("button", name="因由").click()
        await self.shot(page, "change-purpose")
        await self.axe(page, "change-purpose")
        await page.keyboard.press("Escape")
        await self.groups(page)

    async def groups(self, page: Page) -> None:
        await page.get_by_role("button", name="三社").click()
        await page.wait_for_timeout(900)
        await self.shot(page, "group")
        await page.keyboard.press("Delete")
        await page.wait_for_timeout(300)
        await self.shot(page, "cleared")
        await page.get_by_role("button", name="4 格", exact=True).click()
        await page.wait_for_timeout(700)
        await self.shot(page, "four")
        await page.get_by_role("button", name="加一路").click()
        await page.get_by_role("button", name="加上并试一下").click()
        await page.wait_for_timeout(300)
        await self.shot(page, "add-faults")
        await self.axe(page, "add-faults")

    async def relay_dies(self, page: Page) -> None:
        await page.evaluate("__fixture.down = true; __fixture.channels.forEach((c) => c.die())")
        await page.wait_for_timeout(4500)
        await page.keyboard.press("Escape")
        await self.shot(page, "relay-down")
        await page.evaluate("__fixture.down = false; window.__t0 = performance.now()")
        for index in (1, 3):
            await page.locator(
                f"[data-tile='{index}'] .pic:not([data-kind=frozen], [data-kind=loading])"
            ).wait_for()
        tell("back after relay:", await page.evaluate("Math.round(performance.now() - __t0)"), "ms")

    async def phone(self, page: Page) -> None:
        await page.get_by_role("button", name="找点位").click()
        await page.wait_for_timeout(400)
        await self.shot(page, "sheet")
        await self.axe(page, "sheet")
        await page.get_by_role("button", name="收起").click()
        await page.locator("[data-tile='2']").tap()
        await page.get_by_role("button", name="这一格").first.click()
        await page.wait_for_timeout(400)
        await self.shot(page, "tile")
        await page.get_by_role("button", name="收起").click()
        await page.get_by_role("button", name="9 格", exact=True).click()
        await page.wait_for_timeout(900)
        await self.shot(page, "nine")


async def shoot(out: Path, stills: Path | None, sizes: list[str], dist: Path | None) -> None:
    server, origin = serve(dist)
    try:
        async with async_playwright() as play:
            for size in sizes:
                width, height = SIZES[size]
                phone = width < 500
                with tempfile.TemporaryDirectory() as folder:
                    context = await play.chromium.launch_persistent_context(
                        folder,
                        executable_path="/usr/bin/chromium",
                        headless=True,
                        args=FLAGS,
                        viewport={"width": width, "height": height},
                        has_touch=phone,
                        is_mobile=phone,
                    )
                    await Shooter(context, RoomBackend(origin, stills), out, size).door()
                    await context.close()
    finally:
        server.shutdown()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--stills", type=Path, help="a folder of .jpg pictures")
    parser.add_argument("--size", action="append", choices=list(SIZES))
    parser.add_argument("--dist", type=Path)
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    asyncio.run(shoot(asked.out, asked.stills, asked.size or ["1920x1080"], asked.dist))
