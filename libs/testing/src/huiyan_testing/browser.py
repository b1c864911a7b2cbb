"""A real Chromium for end-to-end tests and benchmarks, and a reader of the clock bar in its pixels.

Debian's chromium is driven by Playwright through `executable_path`; Playwright's own download of
a browser is never used.
"""

from __future__ import annotations

import contextlib
import importlib.resources
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

from playwright.async_api import BrowserContext, Page, async_playwright

_QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
)


class ChromiumMissingError(Exception):
    """No Chromium on this machine (Debian package `chromium`)."""


def chromium_path() -> Path | None:
    """The browser of HUIYAN_CHROMIUM, else of PATH; None when there is none."""
    named = os.environ.get("HUIYAN_CHROMIUM")
    for name in (named, "chromium", "chromium-browser", "google-chrome"):
        found = shutil.which(name) if name else None
        if found:
            return Path(found)
    return None


@contextlib.asynccontextmanager
async def chromium(
    *,
    width: int = 1280,
    height: int = 760,
    args: Sequence[str] = (),
    **context_options: Any,
) -> AsyncIterator[BrowserContext]:
    """A browser with an empty profile; ChromiumMissingError without one."""
    path = chromium_path()
    if path is None:
        raise ChromiumMissingError("install Debian's package chromium")
    async with async_playwright() as playwright:
        with tempfile.TemporaryDirectory(prefix="huiyan-browser-") as profile:
            context = await playwright.chromium.launch_persistent_context(
                profile,
                executable_path=str(path),
                headless=True,
                args=[*_QUIET, *args],
                viewport={"width": width, "height": height},
                locale="zh-CN",
                timezone_id="Asia/Shanghai",
                **context_options,
            )
            reader = importlib.resources.files("huiyan_testing").joinpath("bar_reader.js")
            await context.add_init_script(reader.read_text())
            try:
                yield context
            finally:
                await context.close()


async def watch_bars(page: Page, selector: str = "video") -> int:
    """Begin to read the bar of every matching <video>, keys "0", "1", …; return how many."""
    count: int = await page.evaluate(
        "s => { const all = [...document.querySelectorAll(s)];"
        " all.forEach((v, i) => window.__bar.watch(v, String(i))); return all.length }",
        selector,
    )
    return count


async def bars_seen(page: Page, key: str = "0") -> list[dict[str, Any]]:
    """What was read so far: {camera, frame (−1 = misread), width, at, now: epoch ms, rtp}."""
    seen: list[dict[str, Any]] = await page.evaluate("k => window.__bar.seen[k] ?? []", key)
    return seen
