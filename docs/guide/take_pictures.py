"""Takes the pictures of the guides from a running demo town: `make pictures` (needs Chromium)."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from huiyan_testing.admin_pages import agree, go, sign_in, sign_out
from huiyan_testing.browser import chromium
from huiyan_testing.pages import open_family, open_wall, wait_live_tiles, wait_moving
from huiyan_testing.town import Town
from playwright.async_api import Page

HERE = Path(__file__).parent
PHONE = {"width": 390, "height": 844, "device_scale_factor": 2, "has_touch": True}
DESK = {"width": 1280, "height": 800, "device_scale_factor": 1.5}


async def keep(page: Page, name: str, *, whole: bool = False) -> None:
    """What is on the screen, or the whole page, when messages have gone and pictures stand."""
    await page.wait_for_timeout(500)
    await page.screenshot(path=HERE / f"{name}.png", full_page=whole, timeout=120_000)


async def tap(page: Page, name: str) -> None:
    """One button."""
    await page.get_by_role("button", name=name).first.tap()


async def sign(page: Page) -> None:
    """A name on the board."""
    pad = page.get_by_role("img", name="签字板")
    await pad.scroll_into_view_if_needed()
    box = await pad.bounding_box()
    if box is None:
        raise RuntimeError("no board to sign on")
    for left, top, across, down in ((60, 45, 90, 0), (105, 30, 0, 100), (70, 95, 70, 0)):
        await page.mouse.move(box["x"] + left, box["y"] + top)
        await page.mouse.down()
        await page.mouse.move(box["x"] + left + across, box["y"] + top + down, steps=6)
        await page.mouse.up()


async def of_the_room(town: Town) -> None:
    """The wall on a desk screen; its looks are then in the family's pictures."""
    async with chromium(width=1920, height=1080) as browser:
        page = browser.pages[0]
        await open_wall(page, town.url, *town.clerk)
        await wait_live_tiles(page, 11, within_s=60)
        await page.wait_for_timeout(4000)
        await keep(page, "room-wall")


async def of_the_family(town: Town) -> None:
    """The owner's phone: link, picture, who may look, one consent, who looked."""
    async with chromium(**PHONE) as browser:
        page = browser.pages[0]
        await page.goto(town.family_link)
        await keep(page, "family-link")
        await open_family(page, town.url + "/f" + "#" + town.family_link.partition("#")[2])
        await wait_moving(page, "hero", frames=50)
        await page.wait_for_timeout(4000)
        await keep(page, "family-live")
        await tap(page, "谁能看")
        await page.get_by_role("switch").first.wait_for()
        await keep(page, "family-consent")
        await page.get_by_role("switch", name="派出所看直播").tap()
        await page.get_by_text("夜里").tap()
        await tap(page, "看清楚了，手写签字")
        await sign(page)
        await keep(page, "family-sign")
        await tap(page, "返回")
        await page.goto(town.url + "/f/who/looks")
        await page.get_by_role("listitem").filter(has_text="李秀英").first.wait_for()
        await keep(page, "family-looks")


async def of_the_installer(town: Town) -> None:
    """The installer's phone with the demo's new camera: found, connected, seen, consented."""
    user, _, password = (town.data / "keys" / "camera.login").read_text().strip().partition(":")
    account, word = town.demo_login("hezhiyuan")
    async with chromium(**PHONE) as browser:
        page = browser.pages[0]
        await page.goto(town.url + "/i")
        await page.get_by_label("账号").fill(account)
        await page.get_by_label("密码", exact=True).fill(word)
        for name in ("进入", "新寨村", "四社", "装在住户家", "新的一户"):
            await tap(page, name)
        await page.get_by_label("户名").fill("孙家院子")
        await tap(page, "就建这一户")
        await tap(page, "自动找")
        found = page.get_by_role("button", name="HY-SIM-1")
        await found.wait_for(timeout=20_000)
        await keep(page, "installer-found")
        await found.tap()
        await page.get_by_label("用户名").fill(user)
        await page.get_by_label("密码", exact=True).fill(password)
        await tap(page, "连上看看")
        await tap(page, "就用这两路")
        await page.get_by_text("自家院坝", exact=True).tap()
        await page.get_by_text("我在现场看过").tap()
        await tap(page, "记下，去看画面")
        await page.get_by_role("img", name="测试画面").wait_for(timeout=25_000)
        await keep(page, "installer-check")
        await tap(page, "对好了，下一步")
        await page.get_by_role("checkbox").first.wait_for()
        await keep(page, "installer-consent")


async def of_administration(town: Town) -> None:
    """People, one person's papers, areas, break-glass, a mask, the register, why."""
    async with chromium(**DESK) as browser:
        page = browser.pages[0]
        await sign_in(page, town.url, *town.demo_login("lixiuying"))
        await go(page, "break-glass")
        await page.get_by_label("加一路").fill("院")
        await page.locator(".found button").first.click()
        await page.get_by_label("出了什么事").fill("二社老人昨晚没回家，家人报警")
        await page.get_by_role("button", name="申请", exact=True).click()
        await agree(page, "申请")
        await sign_out(page)

        await sign_in(page, town.url, *town.demo_login("wangjun"))
        await go(page, "people")
        await keep(page, "admin-people")
        await go(page, "areas")
        await keep(page, "admin-areas")
        await go(page, "break-glass")
        await page.get_by_role("button", name="批准").click()
        await page.get_by_role("dialog").wait_for()
        await keep(page, "admin-break-glass")
        await page.keyboard.press("Escape")
        await sign_out(page)

        await sign_in(page, town.url, *town.demo_login("chenyong"))
        await go(page, "cameras")
        await page.get_by_role("link", name="村口主路·东", exact=True).click()
        await page.get_by_role("heading", name="告示牌").wait_for()
        await keep(page, "admin-camera")
        await sign_out(page)

        await sign_in(page, town.url, *town.demo_login("sunli"))
        await go(page, "register")
        row = page.get_by_role("row").filter(has_text="李秀英").first
        await row.wait_for()
        await keep(page, "auditor-register")
        await row.get_by_role("link", name="为什么能看").click()
        await page.locator(".ladder li").first.wait_for()
        await keep(page, "auditor-why")


PARTS: dict[str, Callable[[Town], Awaitable[None]]] = {
    "room": of_the_room,
    "family": of_the_family,
    "installer": of_the_installer,
    "administration": of_administration,
}


async def take(wanted: list[str]) -> None:
    """All parts, or the named ones."""
    async with Town(cameras=16) as town:
        for name, part in PARTS.items():
            if not wanted or name in wanted:
                await part(town)


if __name__ == "__main__":
    asyncio.run(take(sys.argv[1:]))
