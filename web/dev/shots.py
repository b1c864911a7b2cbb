"""Dev only: pictures of the family page in its states, with axe (see README.md)."""

import argparse
import asyncio
import re
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from axe_playwright_python.async_playwright import Axe
from backend import CAMERAS, CODE, OFF, Backend, camera, serve
from playwright.async_api import BrowserContext, Page, async_playwright

HERE = Path(__file__).parent
PHONES = {"360x740": (360, 740), "390x844": (390, 844), "740x360": (740, 360)}
# 640x400 is a 1280x800 screen at 200 % zoom; 320 px is the narrowest width of WCAG 1.4.10.
DESKS = {"1280x800": (1280, 800), "640x400": (640, 400), "320x568": (320, 568)}
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


class Shooter:
    """One browser window of one size against one invented backend."""

    def __init__(self, context: BrowserContext, backend: Backend, out: Path, size: str) -> None:
        self.context, self.backend, self.out, self.size = context, backend, out, size

    @asynccontextmanager
    async def page(self, path: str) -> AsyncIterator[Page]:
        page = await self.context.new_page()
        page.on("console", lambda m: tell("  console:", m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: tell("  page error:", error))
        await page.add_init_script(path=str(HERE / "fixture.js"))
        await page.route(re.compile("/(api/v1|fixture|snapshot)/"), self.backend.answer)
        await page.goto(self.backend.origin + path)
        yield page
        await page.close()

    async def shot(self, page: Page, what: str, full: bool = False) -> None:
        await page.screenshot(path=self.out / f"{self.size}-{what}.png", full_page=full)
        wide = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if wide > 0:
            tell("  TOO WIDE", self.size, what, wide, "px")

    async def axe(self, page: Page, what: str) -> None:
        for one in (await Axe().run(page)).response["violations"]:
            where = [node["target"] for node in one["nodes"]][:3]
            tell("  axe", self.size, what, one["id"], one["impact"], where)

    async def from_link(self, all_states: bool) -> None:
        async with self.page(f"/f#{CODE}&by=王强&home=妈妈家") as page:
            await page.get_by_role("button", name="看看家里").wait_for()
            await self.shot(page, "landing")
            await self.axe(page, "landing")
            await page.get_by_role("button", name="看看家里").click()
            await state_is(page, "live")
            await page.wait_for_timeout(1200)
            hero = await page.evaluate("({...window.__huiyan.tiles.hero, frames: 0})")
            tell(self.size, "first frame", round(hero["firstFrameMs"]), "ms, age", hero["ageMs"])
            await self.shot(page, "live")
            await self.axe(page, "live")
            if all_states:
                await self.ageing(page)
                await self.panels(page)

    async def ageing(self, page: Page) -> None:
        await page.evaluate("window.__fixture.freeze(true)")
        await state_is(page, "frozen")
        await self.shot(page, "frozen")
        await self.axe(page, "frozen")
        await page.evaluate("window.__fixture.ageMs = 4100; window.__fixture.freeze(false)")
        await state_is(page, "delayed")
        await self.shot(page, "delayed")
        await page.evaluate("window.__fixture.ageMs = 80")

    async def panels(self, page: Page) -> None:
        await page.get_by_role("button", name="关画面").click()
        await self.shot(page, "off-ask")
        await page.get_by_role("button", name="不关了").click()
        await page.get_by_role("button", name="人看过").click()
        await page.get_by_role("button", name="请家里人来看").click()
        await page.get_by_label("怎么称呼").fill("小李")
        await page.get_by_role("button", name="做一条链接").click()
        await page.locator(".qr svg").wait_for()
        await self.shot(page, "invite", full=True)
        await self.axe(page, "invite")
        await page.get_by_role("button", name="收起").click()
        await page.get_by_role("button", name="后山").click()
        await state_is(page, "offline")
        await self.shot(page, "offline")
        await page.get_by_role("button", name="院坝").click()
        await page.get_by_role("button", name="大字").click()
        await state_is(page, "live")
        await self.shot(page, "big", full=True)
        await page.get_by_role("button", name="普通字").click()

    async def other_pages(self) -> None:
        self.backend.cameras = [camera(1, "院坝", "off", OFF)]
        async with self.page("/f") as page:
            await page.get_by_role("button", name="打开画面").wait_for()
            await self.shot(page, "off")
            await self.axe(page, "off")
        self.backend.me_status = 401
        async with self.page("/f") as page:
            await page.get_by_role("alert").wait_for()
            await self.shot(page, "need")
        async with self.page("/") as page:
            await page.get_by_role("link", name="看家").wait_for()
            await self.shot(page, "index")
            await self.axe(page, "index")
        self.backend.me_status, self.backend.cameras = 200, CAMERAS
        async with self.page("/f?lang=en") as page:
            await page.emulate_media(color_scheme="dark")
            await state_is(page, "live")
            await page.wait_for_timeout(800)
            await self.shot(page, "dark-en")
            await self.axe(page, "dark-en")
            await page.get_by_role("button", name="中文").click()


async def state_is(page: Page, kind: str) -> None:
    await page.locator(f".hero .pic[data-kind={kind}]").wait_for(timeout=9000)


async def shoot(out: Path, origin: str, still: bytes | None, only: str) -> None:
    sizes = {**PHONES, **DESKS}
    async with async_playwright() as play:
        for size in [only] if only else sizes:
            width, height = sizes[size]
            with tempfile.TemporaryDirectory() as folder:
                context = await play.chromium.launch_persistent_context(
                    folder,
                    executable_path="/usr/bin/chromium",
                    headless=True,
                    args=FLAGS,
                    viewport={"width": width, "height": height},
                    has_touch=size in PHONES,
                    is_mobile=size in PHONES,
                )
                shooter = Shooter(context, Backend(origin, still), out, size)
                upright = size != "740x360"
                await shooter.from_link(all_states=upright)
                if upright:
                    await shooter.other_pages()
                await context.close()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--still", type=Path, help="a JPEG for the invented camera")
    parser.add_argument("--only", default="", help="one of the sizes, e.g. 360x740")
    parser.add_argument("--dist", type=Path, help="built pages, if not those of the package")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    server, origin = serve(given.dist)
    try:
        still = given.still.read_bytes() if given.still else None
        asyncio.run(shoot(given.out, origin, still, given.only))
    finally:
        server.shutdown()


if __name__ == "__main__":
    main()
