"""The walk-throughs of the design paper that exist so far (1, 2 and 6), with their taps counted.

Their seconds are measured by `make bench-live`; here each step only has a generous deadline.
"""

import os
import signal
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from huiyan_testing.browser import chromium
from huiyan_testing.pages import open_wall, tile, wait_live_tiles, wait_moving, wait_tile
from huiyan_testing.town import Town
from playwright.async_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]
TOWN_CAMERAS = 8
COUNT_TAPS = "window.taps = 0; addEventListener('click', e => { if (e.isTrusted) taps++ }, true)"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def phone(town: Town) -> AsyncIterator[Page]:
    async with chromium(width=360, height=740, has_touch=True) as browser:
        await browser.add_init_script(COUNT_TAPS)
        yield browser.pages[0]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(town: Town) -> AsyncIterator[Page]:
    async with chromium(width=1366, height=768) as browser:
        page = browser.pages[0]
        await open_wall(page, town.url, *town.clerk)
        await wait_live_tiles(page, 5)
        yield page


async def violations(page: Page) -> list[str]:
    found = await Axe().run(page)
    return [f"{one['id']}: {one['help']}" for one in found.response["violations"]]


async def test_1_grandmother_opens_the_link_and_sees_the_courtyard(town: Town, phone: Page) -> None:
    await phone.goto(town.family_link)
    assert await violations(phone) == []
    await phone.get_by_role("button", name="看看家里").tap()
    await wait_moving(phone, "hero")
    assert await phone.evaluate("window.taps") == 1
    assert await phone.get_by_text("正在直播").first.is_visible()
    # Nothing hangs over the edge of a 360 px screen.
    assert await phone.evaluate("document.documentElement.scrollWidth") <= 360
    assert await violations(phone) == []


async def test_2_a_relative_can_tell_an_old_picture_from_a_live_one(
    town: Town, phone: Page
) -> None:
    await wait_moving(phone, "hero")
    ingest = town.pid("ingest")
    os.kill(ingest, signal.SIGSTOP)
    try:
        await wait_tile(phone, "hero", state="frozen", within_s=10)
        assert await phone.get_by_text("秒前的画面").first.is_visible()
        assert await phone.get_by_text("正在直播").count() == 0
        grey = "getComputedStyle(document.querySelector('.hero video')).filter"
        assert "grayscale" in await phone.evaluate(grey)
        assert await violations(phone) == []
    finally:
        os.kill(ingest, signal.SIGCONT)
    await wait_moving(phone, "hero")
    assert await phone.get_by_text("正在直播").first.is_visible()


async def test_6_a_clerk_puts_a_camera_on_tile_six_by_key(town: Town, desk: Page) -> None:
    road = (await tile(desk, "tile-0"))["camera"]
    assert (await tile(desk, "tile-5"))["camera"] != road
    await desk.keyboard.press("6")
    await desk.keyboard.press("/")
    await desk.keyboard.type("村口主路·东")
    await desk.keyboard.press("Enter")
    await wait_tile(desk, "tile-5", camera=road, state="live")
    await desk.keyboard.press("Control+z")
    six = await wait_moving(desk, "tile-5")
    assert six["camera"] != road
    assert await violations(desk) == []


async def test_6_a_clerk_puts_a_camera_on_tile_six_by_drag(town: Town, desk: Page) -> None:
    await desk.keyboard.press("Escape")
    first, sixth = [(await tile(desk, f"tile-{index}"))["camera"] for index in (0, 5)]
    await desk.locator(".tile").nth(0).drag_to(desk.locator(".tile").nth(5))
    await wait_tile(desk, "tile-5", camera=first, state="live")
    # Dragging a tile onto a tile swaps the two: nothing is lost from the wall.
    swapped = await wait_tile(desk, "tile-0", camera=sixth, state="live")
    assert swapped["camera"] != first
