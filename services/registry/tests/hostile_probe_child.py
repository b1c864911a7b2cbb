"""Probes cameras as the registry does, in a process of its own, and tells what that cost.

argv: JSON {"good": port, "hostile": {name: port}}. stdout: JSON {"problems": {name: code},
"growth_mb": peak memory above that after the good camera, "stall_ms": the longest time for which
our own work kept the loop from running}.
"""

import asyncio
import json
import re
import sys
import threading
import time
from pathlib import Path

from huiyan_registry.onboarding.failures import ProbeError
from huiyan_registry.onboarding.probe_pool import ProbePool


def _waited_ns() -> int:
    """How long this thread waited for a processor: what other processes do is not our stall."""
    schedule = Path(f"/proc/self/task/{threading.get_native_id()}/schedstat").read_text()
    return int(schedule.split()[1])


class Stalls:
    """Wakes every 5 ms and keeps the latest wake-up."""

    def __init__(self) -> None:
        self.worst_ms = 0.0

    async def run(self) -> None:
        while True:
            begun, waited = time.monotonic_ns(), _waited_ns()
            await asyncio.sleep(0.005)
            late = time.monotonic_ns() - begun - 5_000_000 - (_waited_ns() - waited)
            self.worst_ms = max(self.worst_ms, late / 1e6)


def _forget_peak() -> None:
    """From now on the peak is that of this process alone (proc(5), clear_refs); ru_maxrss would
    begin with that of the process which started us."""
    Path("/proc/self/clear_refs").write_text("5")


def _peak_mb() -> float:
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1024


async def main(asked: dict[str, object]) -> dict[str, object]:
    pool, stalls = ProbePool(at_once=3), Stalls()
    await pool.probe("127.0.0.1", int(str(asked["good"])), "installer", "Long-enough-1")
    _forget_peak()
    before, watching = _peak_mb(), asyncio.create_task(stalls.run())
    problems = {}
    slots = asyncio.Semaphore(3)

    async def one(name: str, port: int) -> None:
        async with slots:
            try:
                facts = await pool.probe("127.0.0.1", port, "installer", "Long-enough-1")
                problems[name] = " ".join(profile.url for profile in facts.profiles)
            except ProbeError as error:
                problems[name] = error.problem.value

    hostile = asked["hostile"]
    assert isinstance(hostile, dict)
    await asyncio.gather(*(one(name, port) for name, port in hostile.items()))
    watching.cancel()
    pool.close()
    return {
        "problems": problems,
        "growth_mb": _peak_mb() - before,
        "stall_ms": stalls.worst_ms,
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(main(json.loads(sys.argv[1])))))
