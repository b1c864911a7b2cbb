"""A relative's phone: from the link to home, live."""

import pytest
from huiyan_testing.browser import chromium, watch_bars
from huiyan_testing.pages import cameras_in_bars, open_family, wait_moving
from huiyan_testing.town import Town

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


async def test_one_tap_from_the_link_to_the_courtyard_and_the_link_is_spent(town: Town) -> None:
    link = town.family_link
    async with chromium(width=360, height=740, has_touch=True) as browser:
        page = browser.pages[0]
        await open_family(page, link)
        seen = await wait_moving(page, "hero")
        assert seen["via"] == "webrtc"
        assert seen["ageMs"] is not None
        assert seen["ageMs"] < 1500
        await watch_bars(page, "figure video, .hero video")
        # Camera 2 is the first of the household that the link belongs to.
        assert await cameras_in_bars(page, "0") == {2}
        # The session outlives the page; the link does not.
        await page.goto(town.url + "/f")
        await wait_moving(page, "hero")
    async with chromium(width=360, height=740) as other_phone:
        page = other_phone.pages[0]
        await open_family(page, link)
        await page.get_by_text("用过").first.wait_for(timeout=5000)
        assert await page.locator("video").count() == 0
