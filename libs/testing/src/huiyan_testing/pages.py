"""Words for end-to-end tests: what a person does on the pages, and what they see."""

from __future__ import annotations

import asyncio
from typing import Any

from playwright.async_api import Page

from huiyan_testing.browser import bars_seen

Tile = dict[str, Any]


async def tile(page: Page, key: str = "hero") -> Tile:
    """What the page counts of one picture (web/src/player/frames.ts), without its frames."""
    seen: Tile = await page.evaluate("k => ({...window.__huiyan?.tiles[k], frames: null})", key)
    return seen


async def wait_tile(page: Page, key: str, within_s: float = 15.0, **wanted: Any) -> Tile:
    """Return when the tile's fields equal `wanted`; AssertionError tells what was there instead."""
    last: Tile = {}
    try:
        async with asyncio.timeout(within_s):
            while True:
                last = await tile(page, key)
                if all(last.get(name) == value for name, value in wanted.items()):
                    return last
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(f"wanted {wanted} within {within_s} s, have {last}") from None


async def wait_moving(page: Page, key: str, frames: int = 5, within_s: float = 15.0) -> Tile:
    """Return when the picture is live (also: live over a weak net) after `frames` more frames."""
    first = await tile(page, key)
    start = int(first.get("count", 0))
    last = first
    try:
        async with asyncio.timeout(within_s):
            while True:
                last = await tile(page, key)
                shown = int(last.get("count", 0))
                # A new session counts from zero.
                start = min(start, shown)
                if last.get("state") in ("live", "weak") and shown >= start + frames:
                    return last
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(f"not moving within {within_s} s: {last}") from None


async def cameras_in_bars(
    page: Page, key: str, frames: int = 3, within_s: float = 10.0
) -> set[int]:
    """Camera numbers read from the pixels of the next frames of one watched <video>."""
    start = len(await bars_seen(page, key))
    try:
        async with asyncio.timeout(within_s):
            while len(seen := await bars_seen(page, key)) < start + frames:
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(f"no {frames} frames within {within_s} s") from None
    return {one["camera"] for one in seen[start:]}


async def open_family(page: Page, link: str) -> None:
    """Open the link and tap once."""
    await page.goto(link)
    await page.get_by_role("button", name="看看家里").click()


async def open_wall(page: Page, url: str, account: str, password: str) -> None:
    """Log in at /room and begin the shift with the purpose that is offered."""
    await page.goto(url + "/room")
    await page.get_by_label("账号").fill(account)
    await page.get_by_label("密码", exact=True).fill(password)
    await page.get_by_role("button", name="进入").click()
    await page.get_by_role("button", name="开始看").click()


async def tiles(page: Page) -> dict[str, Tile]:
    """Every picture of the page by its key."""
    seen: dict[str, Tile] = await page.evaluate(
        "() => Object.fromEntries(Object.entries(window.__huiyan?.tiles ?? {})"
        ".map(([k, t]) => [k, {...t, frames: null}]))"
    )
    return seen


async def wait_live_tiles(page: Page, count: int, within_s: float = 30.0) -> dict[str, Tile]:
    """Return when at least `count` pictures are live."""
    live: dict[str, Tile] = {}
    try:
        async with asyncio.timeout(within_s):
            while True:
                every = await tiles(page)
                live = {key: one for key, one in every.items() if one.get("state") == "live"}
                if len(live) >= count:
                    return live
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise AssertionError(f"{len(live)} of {count} live within {within_s} s: {every}") from None
