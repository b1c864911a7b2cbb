"""How long a picture is away when relay, ingest or NATS is killed under a watching page."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time

from huiyan_testing.browser import chromium
from huiyan_testing.pages import open_family, tile, wait_moving
from huiyan_testing.town import Town
from playwright.async_api import Page
from report import Report
from watching import median, percentile

PARTS = ("relay", "ingest", "nats")
WATCH_S = 10.0
GIVE_UP_S = 40.0


async def away_s(town: Town, page: Page, part: str) -> float:
    """Kill it; the longest time without a new frame that began within the next seconds."""
    old, killed = town.kill(part), time.monotonic()
    count, seen_at, longest = (await tile(page))["count"], killed, 0.0
    while time.monotonic() - killed < WATCH_S or time.monotonic() - seen_at > 1:
        await asyncio.sleep(0.02)
        now = await tile(page)
        if now["count"] != count:
            longest = max(longest, time.monotonic() - seen_at)
            count, seen_at = now["count"], time.monotonic()
        if time.monotonic() - killed > GIVE_UP_S:
            return GIVE_UP_S
    await town.wait_restarted(part, old, within_s=30)
    await wait_moving(page, "hero", frames=50, within_s=30)
    return longest


async def measure(rounds: int) -> Report:
    report = Report("recovery", packages=("aiortc", "nats-py"))
    async with Town(cameras=4) as town, chromium(width=390, height=844) as context:
        page = context.pages[0]
        await open_family(page, town.family_link)
        await wait_moving(page, "hero", frames=50)
        every: list[float] = []
        for part in PARTS:
            found = []
            for _ in range(rounds):
                found.append(await away_s(town, page, part))
                await asyncio.sleep(11)  # a steady process: the next crash is a new story
            report.figure(f"{part} killed: picture away, median", median(found), "s")
            report.figure(f"{part} killed: picture away, worst", max(found), "s")
            every += found
        report.check("picture away after a kill, p95", percentile(every, 0.95), "<=", 5, "s")
    report.note("from SIGKILL to the next new frame on the page; the supervisor's restart included")
    return report


def main() -> int:
    """Exit status 1 when the limit is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=4)
    return asyncio.run(measure(parser.parse_args().rounds)).finish()


if __name__ == "__main__":
    sys.exit(main())
