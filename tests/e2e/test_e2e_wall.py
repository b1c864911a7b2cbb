"""A village clerk's wall: sixteen cameras, each its own, refusals said instead of pictures."""

import pytest
from huiyan_testing.browser import chromium, watch_bars
from huiyan_testing.pages import bars_seen, cameras_in_bars, open_wall, tiles, wait_live_tiles
from huiyan_testing.town import Town

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]
TOWN_CAMERAS = 16


async def test_every_tile_shows_its_own_camera_and_says_its_state(town: Town) -> None:
    async with chromium(width=1920, height=1080) as browser:
        page = browser.pages[0]
        await open_wall(page, town.url, *town.clerk)
        shared = await wait_live_tiles(page, 11)
        watched = await watch_bars(page, "video")
        numbers: list[int] = []
        for key in range(watched):
            if await bars_seen(page, str(key)) or key < len(shared):
                numbers += await cameras_in_bars(page, str(key))
        assert len(numbers) == len(set(numbers)) >= 11
        # Households that did not consent are there, and say so instead of a picture.
        every = await tiles(page)
        refused = [one for one in every.values() if one["state"] == "refused"]
        assert len(refused) >= 2
        assert await page.get_by_text("没同意村里看").count() >= 2


async def test_the_police_watch_public_cameras_and_no_household_that_did_not_agree(
    town: Town,
) -> None:
    async with chromium(width=1366, height=768) as browser:
        page = browser.pages[0]
        await open_wall(page, town.url, *town.demo_login("liuqiang"))
        await wait_live_tiles(page, 5)
        assert await page.get_by_text("没同意派出所看").count() >= 2
