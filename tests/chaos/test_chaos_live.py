"""Kill each part in turn while somebody watches: the page says so and comes back by itself."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from huiyan_testing.browser import chromium
from huiyan_testing.pages import open_family, tile, wait_moving, wait_tile
from huiyan_testing.town import Town
from playwright.async_api import Page

pytestmark = [
    pytest.mark.browser,
    pytest.mark.chaos,
    pytest.mark.asyncio(loop_scope="module"),
]
TOWN_CAMERAS = 2


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def family(town: Town) -> AsyncIterator[Page]:
    async with chromium(width=390, height=844) as browser:
        page = browser.pages[0]
        await open_family(page, town.family_link)
        await wait_moving(page, "hero")
        yield page


@pytest.mark.parametrize("part", ["relay", "ingest", "nats", "registry"])
async def test_a_killed_part_comes_back_and_so_does_the_picture(
    town: Town, family: Page, part: str
) -> None:
    await wait_moving(family, "hero")
    old = town.kill(part)
    await town.wait_restarted(part, old)
    # The supervisor has brought it back; the page needs no hand.
    await wait_moving(family, "hero", frames=25, within_s=20)
    assert town.state["restarts"][part] >= 1


async def test_a_stopped_bus_freezes_the_picture_and_the_page_says_so(
    town: Town, family: Page
) -> None:
    await wait_moving(family, "hero")
    nats = town.pid("nats")
    os.kill(nats, signal.SIGSTOP)
    try:
        await asyncio.sleep(1)  # what is on its way may still arrive; then nothing does
        before = (await tile(family, "hero"))["count"]
        await wait_tile(family, "hero", state="frozen", within_s=6)
        assert (await tile(family, "hero"))["count"] == before
        assert await family.get_by_text("秒前的画面").first.is_visible()
    finally:
        os.kill(nats, signal.SIGCONT)
    await wait_moving(family, "hero", within_s=20)


async def test_a_dead_registry_stops_no_running_picture(town: Town, family: Page) -> None:
    await wait_moving(family, "hero")
    first = await tile(family, "hero")
    old = town.kill("registry")
    await wait_moving(family, "hero", frames=25)
    assert (await tile(family, "hero"))["count"] > first["count"]
    await town.wait_restarted("registry", old)
