"""Takes the pictures of the guides from a running demo town: `make pictures` (needs Chromium)."""

import asyncio
from pathlib import Path

from huiyan_testing.browser import chromium
from huiyan_testing.pages import open_family, open_wall, wait_live_tiles, wait_moving
from huiyan_testing.town import Town

HERE = Path(__file__).parent


async def take() -> None:
    """Family on a phone, the wall on a desk screen."""
    async with Town(cameras=16) as town:
        async with chromium(
            width=390, height=844, device_scale_factor=2, has_touch=True
        ) as browser:
            page = browser.pages[0]
            await page.goto(town.family_link)
            await page.wait_for_timeout(500)
            await page.screenshot(path=HERE / "family-link.png")
            await open_family(page, town.url + "/f" + "#" + town.family_link.partition("#")[2])
            await wait_moving(page, "hero", frames=50)
            await page.wait_for_timeout(4000)
            await page.screenshot(path=HERE / "family-live.png")
        async with chromium(width=1920, height=1080) as browser:
            page = browser.pages[0]
            await open_wall(page, town.url, *town.clerk)
            await wait_live_tiles(page, 11, within_s=60)
            await page.wait_for_timeout(4000)
            await page.screenshot(path=HERE / "room-wall.png")


if __name__ == "__main__":
    asyncio.run(take())
