"""What the demo costs: CPU and memory of `huiyan up` with nobody watching and with a full wall."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time
from pathlib import Path

from huiyan_testing.browser import chromium
from huiyan_testing.pages import open_wall, wait_live_tiles
from huiyan_testing.town import Town
from report import Report

CAMERAS = 16


def family_of(pid: int) -> list[int]:
    """The process and everything below it."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += family_of(int(child))
    return found


def suite_pids(town: Town) -> dict[int, str]:
    """Every process of the suite, by name; the servers' children count with them."""
    state = town.state
    found = {int(state["pid"]): "huiyan up"}
    for name, pid in state["pids"].items():
        for one in family_of(int(pid)):
            found[one] = name
    return found


def cpu_s(pid: int) -> float:
    """Seconds on a processor, all threads (schedstat)."""
    total = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            total += int((task / "schedstat").read_text().split()[0])
        except FileNotFoundError:  # a thread that ended meanwhile
            continue
    return total / 1e9


def memory_mb(pid: int) -> float:
    """Proportional set size: shared pages count once over all."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return 0.0


async def cores(town: Town, seconds: float) -> dict[str, float]:
    """Cores used by each part over the next seconds."""
    pids = suite_pids(town)
    before, began = {pid: cpu_s(pid) for pid in pids}, time.monotonic()
    await asyncio.sleep(seconds)
    took = time.monotonic() - began
    used: dict[str, float] = {}
    for pid, name in pids.items():
        if Path(f"/proc/{pid}").exists():
            used[name] = used.get(name, 0.0) + (cpu_s(pid) - before[pid]) / took
    return used


async def measure(seconds: float) -> Report:
    report = Report("demo", packages=("aiortc", "av", "nats-py"))
    async with Town(cameras=CAMERAS) as town:
        await asyncio.sleep(8)
        idle = await cores(town, seconds)
        report.check("nobody watches", sum(idle.values()), "<=", 0.4, "cores")
        for name, used in sorted(idle.items(), key=lambda one: -one[1])[:4]:
            report.figure(f"… {name}", used, "cores")
        async with chromium(width=1920, height=1080) as context:
            page = context.pages[0]
            await open_wall(page, town.url, *town.clerk)
            live = await wait_live_tiles(page, 11, within_s=60)
            await asyncio.sleep(5)
            busy = await cores(town, seconds)
            report.check("one full wall", sum(busy.values()), "<=", 1.2, "cores")
            for name, used in sorted(busy.items(), key=lambda one: -one[1])[:5]:
                report.figure(f"… {name}", used, "cores")
            report.figure("tiles with a picture (the rest is not shared)", len(live), "")
            memory = sum(memory_mb(pid) for pid in suite_pids(town))
            report.check("memory of all processes", memory / 1024, "<=", 1.5, "GB")
    report.note(f"without the browser; load when it began {os.getloadavg()[0]:.1f}")
    return report


def main() -> int:
    """Exit status 1 when a limit is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=15)
    return asyncio.run(measure(parser.parse_args().seconds)).finish()


if __name__ == "__main__":
    sys.exit(main())
