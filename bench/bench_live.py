"""What a person waits for: clock to screen, first picture, a wall, a tile's change, a bad net.

Needs Debian's chromium. Everything is real: `huiyan up` with its own cameras, pages in Chromium.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from typing import Any

from huiyan_testing.browser import bars_seen, chromium, watch_bars
from huiyan_testing.pages import open_family, open_wall, tile, tiles, wait_live_tiles, wait_moving
from huiyan_testing.town import Town
from playwright.async_api import BrowserContext, Page
from report import Report
from watching import KEEP_PEERS, inbound, latencies, median, percentile, sent_times

# Enough that sixteen of the village are public, which fills a wall.
CAMERAS = 28
CLICKS = 10


async def latency(report: Report, town: Town, page: Page, seconds: float) -> None:
    await watch_bars(page, "video")
    before = len(await bars_seen(page))
    await asyncio.sleep(seconds)
    seen = (await bars_seen(page))[before:]
    _, times = await sent_times(town)
    late = latencies(seen, times, "main")
    misread = sum(frame["camera"] < 0 for frame in seen)
    report.check("clock to screen, p50", median(late), "<=", 50, "ms")
    report.check("clock to screen, p95", percentile(late, 0.95), "<=", 100, "ms")
    report.figure("frames compared", len(late), "")
    report.check("bars misread", misread, "==", 0, "")


async def first_frames(report: Report, page: Page) -> None:
    """Click from camera to camera; the page counts from the click to the first frame shown."""
    found = []
    buttons = page.locator(".cams button")
    for click in range(CLICKS):
        wanted = (click + 1) % 2
        old = (await tile(page))["camera"]
        await buttons.nth(wanted).click()
        async with asyncio.timeout(10):
            while True:
                now = await tile(page)
                if now["camera"] != old and now["firstFrameMs"] is not None:
                    break
                await asyncio.sleep(0.02)
        found.append(float(now["firstFrameMs"]))
        await asyncio.sleep(1.2)
    report.check("click to first frame, median", median(found), "<=", 350, "ms")
    report.figure("click to first frame, worst", max(found), "ms")


async def bad_network(report: Report, context: BrowserContext, page: Page, seconds: float) -> None:
    """A far phone: the conditions hold for connections made after they were set."""
    control = await context.new_cdp_session(page)
    await control.send("Network.enable")
    impaired = {
        "offline": False,
        "latency": 75,  # each way
        "downloadThroughput": -1,
        "uploadThroughput": -1,
        "packetLoss": 5,
        "packetQueueLength": 0,
        "packetReordering": False,
    }
    await control.send("Network.emulateNetworkConditions", impaired)
    await page.reload()
    await wait_moving(page, "hero", frames=50, within_s=30)
    first = (await inbound(page))[0]
    await asyncio.sleep(seconds)
    last = (await inbound(page))[0]
    decoded = last["decoded"] - first["decoded"]
    report.check("RTT 150 ms, 5 % loss: decoded", 100 * decoded / (25 * seconds), ">=", 80, "%")
    asked = last["nacks"] - first["nacks"]
    report.check("… packets asked for again (the loss was real)", asked, ">=", 1, "")
    report.figure("… packets retransmitted", last["rtx"] - first["rtx"], "")
    report.figure("… packets lost in the end", last["lost"] - first["lost"], "")
    report.figure("… round trip told by the browser", 1000 * (last["rtt"] or 0), "ms")
    calm = impaired | {"latency": 0, "packetLoss": 0}
    await control.send("Network.emulateNetworkConditions", calm)
    await control.detach()


async def wall(report: Report, town: Town, seconds: float) -> None:
    async with town.operator() as operator:
        cameras = (await operator.get("/api/v1/cameras?limit=200")).json()["items"]
        for camera in cameras:
            if camera["household"]:
                (await operator.delete(f"/api/v1/cameras/{camera['id']}")).raise_for_status()
    async with chromium(width=1920, height=1080) as context:
        await context.add_init_script(KEEP_PEERS)
        page = context.pages[0]
        await open_wall(page, town.url, *town.clerk)
        await wait_live_tiles(page, 16, within_s=60)
        await asyncio.sleep(3)
        first = {one["mid"]: one for one in await inbound(page)}
        await asyncio.sleep(seconds)
        last = {one["mid"]: one for one in await inbound(page)}
        rates = [(last[m]["decoded"] - first[m]["decoded"]) / seconds for m in first if m in last]
        busy = [rate for rate in rates if rate > 0]
        report.check("wall: tiles with a moving picture", len(busy), "==", 16, "")
        report.check("wall: slowest of 16 tiles", min(busy, default=0), ">=", 24, "fps")
        frozen = sum(last[m]["freezes"] - first[m]["freezes"] for m in first if m in last)
        report.check("wall: freezes", frozen, "==", 0, "")
        shown = await tiles(page)
        starts = [one["firstFrameMs"] for one in shown.values() if one["firstFrameMs"]]
        report.figure("wall: last tile's first frame", max(starts), "ms")
        switches = await switch_tiles(page)
        report.check("tile changes camera, median", median(switches), "<=", 150, "ms")
        report.figure("tile changes camera, worst", max(switches), "ms")


async def switch_tiles(page: Page) -> list[float]:
    """Put two cameras on tile 1 by turns, by key; the page counts from Enter to the new frame."""
    found: list[float] = []
    for turn in range(CLICKS):
        before = (await tile(page, "tile-0"))["camera"]
        for key in ("Escape", "1", "/"):
            await page.keyboard.press(key)
        await page.keyboard.type(("村口主路·西", "新寨水库·水尺")[turn % 2])
        await page.keyboard.press("Enter")
        async with asyncio.timeout(10):
            while True:
                now = await tile(page, "tile-0")
                if now["camera"] != before and now["switchMs"] is not None:
                    break
                await asyncio.sleep(0.02)
        found.append(float(now["switchMs"]))
        await asyncio.sleep(1.5)
    return found


async def measure(arguments: argparse.Namespace) -> Report:
    report = Report("live", packages=("aiortc", "av", "nats-py", "playwright"))
    async with Town(cameras=CAMERAS) as town:
        report.figure("suite ready after", town.ready_s, "s")
        async with chromium(width=390, height=844) as context:
            await context.add_init_script(KEEP_PEERS)
            page = context.pages[0]
            await open_family(page, town.family_link)
            first = await wait_moving(page, "hero")
            report.figure("tap on the link to first frame", first["firstFrameMs"], "ms")
            await asyncio.sleep(2)
            await latency(report, town, page, arguments.seconds)
            await first_frames(report, page)
            await bad_network(report, context, page, arguments.seconds)
        await wall(report, town, arguments.seconds)
    report.note("latency: from the simulator's send time to presentationTime of the frame's bar")
    return report


def main() -> int:
    """Exit status 1 when a limit is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=15, help="length of each measurement")
    report: Any = asyncio.run(measure(parser.parse_args()))
    return int(report.finish())


if __name__ == "__main__":
    sys.exit(main())
