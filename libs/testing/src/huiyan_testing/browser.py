"""A real Chromium for end-to-end tests and benchmarks, and a reader of the clock bar in its pixels.

Debian's chromium is driven by Playwright through `executable_path`; Playwright's own download of
a browser is never used.
"""

from __future__ import annotations

import contextlib
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

# Reads the bar of huiyan_testing.scenes.bar from each frame that a <video> presents.
_BAR_READER = """
window.__bar = { seen: {}, watch(video, key) {
  const seen = this.seen[key] = []
  const canvas = document.createElement('canvas'), pen = canvas.getContext('2d', {willReadFrequently: true})
  const look = (now, meta) => {
    const width = canvas.width = video.videoWidth, row = Math.floor(Math.floor(video.videoHeight / 9) / 2)
    canvas.height = 1
    if (width) {
      pen.drawImage(video, 0, row, width, 1, 0, 0, width, 1)
      const line = pen.getImageData(0, 0, width, 1).data, cell = Math.floor(width / 22)
      const bits = Array.from({length: 22}, (_, i) => line[(i * cell + (cell >> 1)) * 4 + 1] > 128 ? 1 : 0)
      let value = -1
      if (bits[0] === 1 && bits[21] === 0) {
        value = 0
        for (let i = 0; i < 20; i++) if (bits[i + 1]) value |= 1 << i
        for (const shift of [1, 2, 4, 8, 16]) value ^= value >> shift
      }
      seen.push({camera: value < 0 ? -1 : value >> 12, frame: value < 0 ? -1 : value & 4095, width,
                 at: performance.timeOrigin + meta.presentationTime, now: performance.timeOrigin + now,
                 rtp: meta.rtpTimestamp ?? null})
      if (seen.length > 3000) seen.shift()
    }
    video.requestVideoFrameCallback(look)
  }
  video.requestVideoFrameCallback(look)
} }
"""


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
            await context.add_init_script(_BAR_READER)
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
