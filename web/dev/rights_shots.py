"""Dev only: pictures of the household's and the installer's screens, with axe (README.md)."""

import argparse
import asyncio
import re
import tempfile
from http.server import ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from axe_playwright_python.async_playwright import Axe
from backend import DIST
from playwright.async_api import Locator, Page, async_playwright
from rights_backend import RightsBackend, RightsPages
from shots import FLAGS, HERE, tell

SIZES = {"360x740": (360, 740), "1280x800": (1280, 800), "320x568": (320, 568)}


class Taker:
    """One window of one size."""

    def __init__(self, page: Page, backend: RightsBackend, out: Path, size: str) -> None:
        self.page, self.backend, self.out, self.size = page, backend, out, size

    async def shot(self, what: str, full: bool = True) -> None:
        await self.page.wait_for_timeout(250)
        await self.page.screenshot(path=self.out / f"{self.size}-{what}.png", full_page=full)
        wide = await self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if wide > 0:
            tell("  TOO WIDE", self.size, what, wide, "px")
        for one in (await Axe().run(self.page)).response["violations"]:
            where = [
                (node["target"], node.get("failureSummary", "")[:160]) for node in one["nodes"]
            ][:3]
            tell("  axe", self.size, what, one["id"], one["impact"], where)

    def button(self, name: str, exact: bool = False) -> Locator:
        return self.page.get_by_role("button", name=name, exact=exact)

    async def sign(self) -> None:
        pad = self.page.locator("canvas")
        await pad.scroll_into_view_if_needed()
        box = await pad.bounding_box()
        assert box
        await self.page.mouse.move(box["x"] + 40, box["y"] + 60)
        await self.page.mouse.down()
        for step in range(1, 12):
            await self.page.mouse.move(
                box["x"] + 40 + step * 18, box["y"] + 60 + (step % 3) * 40, steps=3
            )
        await self.page.mouse.up()

    async def household(self) -> None:
        page = self.page
        await page.goto(self.backend.origin + "/f")
        await self.button("谁能看").wait_for()
        await page.wait_for_timeout(900)
        await self.shot("f-home", full=False)
        await self.button("谁能看").click()
        await page.get_by_role("heading", name="村监控室看直播").wait_for()
        await self.shot("f-consents")
        await page.get_by_role("switch", name="镇里看直播").click()
        await page.get_by_text("自己定").click()
        await page.get_by_text("只为这几样").click()
        await page.get_by_role("checkbox").first.check()
        await self.shot("f-give")
        await self.button("看清楚了，手写签字").click()
        await self.sign()
        await self.shot("f-sign")
        await self.button("签好了，我同意").click()
        await page.get_by_role("status").get_by_text("打开了").wait_for()
        await page.get_by_role("switch", name="村监控室看直播").click()
        await self.shot("f-withdraw")
        await self.button("收回", exact=True).click()
        await page.get_by_role("status").get_by_text("10 秒内生效").wait_for()
        await self.shot("f-withdrawn", full=False)
        for name, what in (("家里人", "family"), ("谁看过", "looks"), ("其他", "more")):
            await page.get_by_role("link", name=name).click()
            await page.wait_for_timeout(300)
            await self.shot(f"f-{what}")
        await page.get_by_role("link", name="家里人").click()
        await page.get_by_role("switch", name="喊话").first.click()
        await page.get_by_role("status").get_by_text("建军").wait_for()
        await self.button("不让建军看了").click()
        await self.shot("f-remove")
        await self.button("还让看").click()
        await self.button("请家里人来看").click()
        await page.get_by_label("怎么称呼").fill("小李")
        await self.shot("f-invite")

    async def installer(self) -> None:
        page, backend = self.page, self.backend
        backend.me_status = 401
        await page.goto(backend.origin + "/i")
        await page.get_by_label("账号").wait_for()
        await self.shot("i-login")
        backend.me_status, backend.roles = 200, ["installer"]
        await page.goto(backend.origin + "/i")
        await self.button("新寨村").wait_for()
        await self.shot("i-village")
        await self.button("新寨村").click()
        await self.button("三社").click()
        await self.shot("i-who")
        await self.button("装在住户家").click()
        await self.button("张家院子").wait_for()
        await self.shot("i-household")
        await self.button("张家院子").click()
        await self.button("自动找").click()
        await self.button("IPC-4MP").wait_for()
        await self.shot("i-camera")
        await self.button("IPC-4MP").click()
        await page.get_by_label("密码", exact=True).fill("secret")
        await self.shot("i-password")
        await self.button("连上看看").click()
        await self.button("就用这两路").wait_for()
        await self.shot("i-profiles")
        await self.button("就用这两路").click()
        await page.locator("summary").click()
        await page.get_by_role("radio", name="浴室").check()
        await self.shot("i-banned")
        await page.get_by_role("radio", name="自家院坝").check()
        await page.get_by_role("checkbox").check()
        await self.shot("i-site")
        await self.button("记下，去看画面").click()
        await page.get_by_role("img", name="测试画面").wait_for()
        await self.shot("i-check")
        await self.button("对好了，下一步").click()
        await page.get_by_role("checkbox", name="村监控室看直播").check()
        await page.get_by_role("checkbox", name="存录像").check()
        await page.get_by_label("户主叫什么").fill("张桂芳")
        await self.sign()
        await self.shot("i-consent")
        await self.button("签好了").click()
        await page.get_by_role("status").get_by_text("记下了 2 项").wait_for()
        await self.button("下一步").click()
        await self.button("做链接").click()
        await page.get_by_role("img", name="扫一扫").wait_for()
        await self.shot("i-done")
        await self.button("再装一路").click()
        await page.get_by_role("heading", name="哪一户").wait_for()

    async def public_place(self) -> None:
        page = self.page
        self.backend.roles = ["installer"]
        await page.goto(self.backend.origin + "/i")
        await self.button("新寨村").click()
        await self.button("二社").click()
        await self.button("公共地点").click()
        await self.button("自己填地址").click()
        await page.get_by_label("地址，比如").fill("192.168.1.30")
        await self.button("下一步").click()
        self.backend.broken["onboarding/probe"] = (
            502,
            {"title": "连不上", "detail": "摄像机没有回应，看看电源和网线", "trace": "00ff7f2a"},
        )
        await page.get_by_label("密码", exact=True).fill("x")
        await self.button("连上看看").click()
        await page.get_by_role("alert").wait_for()
        await self.shot("i-probe-failed")
        self.backend.broken.clear()
        await self.button("连上看看").click()
        await self.button("就用这两路").click()
        await page.get_by_role("radio", name="水库河道").check()
        await page.get_by_role("radio", name="水边").check()
        await page.get_by_role("checkbox").check()
        await page.get_by_label("给这一路起个名").fill("水库大坝")
        await page.get_by_label("补一句").fill("安全")
        await self.shot("i-public-site")
        await page.get_by_label("补一句").fill("")
        await self.button("记下，去看画面").click()
        await self.button("对好了，下一步").click()
        await page.locator("input[type=file]").set_input_files(
            {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": self.backend.still or b""}
        )
        await page.get_by_role("img", name="公示牌照片").wait_for()
        await self.shot("i-signage")
        await page.reload()
        await page.get_by_role("heading", name="公示牌").wait_for()
        await self.shot("i-resumed")


async def shoot(out: Path, origin: str, still: bytes | None, only: str) -> None:
    async with async_playwright() as play:
        for size in [only] if only else SIZES:
            width, height = SIZES[size]
            for walk in (Taker.household, Taker.installer, Taker.public_place):
                with tempfile.TemporaryDirectory() as folder:
                    context = await play.chromium.launch_persistent_context(
                        folder,
                        executable_path="/usr/bin/chromium",
                        headless=True,
                        args=FLAGS,
                        viewport={"width": width, "height": height},
                        has_touch=width < 400,
                    )
                    page = context.pages[0]
                    page.set_default_timeout(8000)
                    page.on("pageerror", lambda error: tell("  page error:", error))
                    page.on(
                        "console",
                        lambda m: (
                            tell("  console:", m.text) if m.type in ("error", "warning") else None
                        ),
                    )
                    await page.add_init_script(path=str(HERE / "fixture.js"))
                    backend = RightsBackend(origin, still)
                    await page.route(re.compile("/(api/v1|fixture|snapshot)/"), backend.answer)
                    try:
                        await walk(Taker(page, backend, out, size))
                    except Exception as error:
                        tell("  FAILED", size, walk.__name__, str(error)[:600])
                        await page.screenshot(path=out / f"{size}-failed-{walk.__name__}.png")
                    await context.close()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--still", type=Path, help="a JPEG for the invented camera")
    parser.add_argument("--only", default="", help="one of the sizes, e.g. 360x740")
    parser.add_argument("--dist", type=Path, default=DIST)
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    RightsPages.dist = given.dist
    server = ThreadingHTTPServer(("127.0.0.1", 0), RightsPages)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        still = given.still.read_bytes() if given.still else None
        origin = f"http://127.0.0.1:{server.server_address[1]}"
        asyncio.run(shoot(given.out, origin, still, given.only))
    finally:
        server.shutdown()


if __name__ == "__main__":
    main()
