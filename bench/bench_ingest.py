"""`make bench-ingest`: 40 cameras in one ingest process, against one ffmpeg for each camera.

Simulated cameras (720p25 H.264, about 2 Mbit/s) run in their own process. Measured is CPU time of
processes, so that other work on the machine disturbs little. Gross: all of the ingest process.
Net: without what the same process uses with no camera.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from huiyan.ingest.v1 import camera_pb2 as pb
from huiyan_kit.bus.buckets import ensure_buckets
from huiyan_kit.bus.nats import NatsBus
from huiyan_kit.sealing import new_key_pair
from huiyan_testing.nats_server import NatsServer
from prometheus_client.parser import text_string_to_metric_families
from report import Report, cpu_seconds, peak_memory_mb

TOWN = "510799101000"
RATIO_LIMIT = 1.3
HANDOFF_LIMIT_MS = 60.0


@dataclass(frozen=True, slots=True)
class Plan:
    cameras: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Ingest:
    pid: int
    internal_port: int

    def metrics(self) -> dict[tuple[str, str], float]:
        """(sample name, `le` or `kind` label or nothing) -> value, summed."""
        url = f"http://127.0.0.1:{self.internal_port}/metrics"
        with urllib.request.urlopen(url, timeout=5) as answer:
            text = answer.read().decode()
        found: dict[tuple[str, str], float] = {}
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                key = (sample.name, sample.labels.get("le", ""))
                found[key] = found.get(key, 0.0) + sample.value
        return found


@asynccontextmanager
async def process(*command: str, env: dict[str, str] | None = None) -> AsyncIterator[int]:
    running = await asyncio.create_subprocess_exec(
        *command,
        env=os.environ | (env or {}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=None if os.environ.get("BENCH_VERBOSE") else subprocess.DEVNULL,
    )
    try:
        yield running.pid
    finally:
        if running.returncode is None:
            running.terminate()
            try:
                await asyncio.wait_for(running.wait(), 10)
            except TimeoutError:
                running.kill()
                await running.wait()


async def wait_for_file(path: Path, seconds: float) -> dict[str, int]:
    async with asyncio.timeout(seconds):
        while not path.exists():
            await asyncio.sleep(0.05)
    ports: dict[str, int] = json.loads(path.read_text())
    return ports


async def measure_ffmpeg(ffmpeg: str, urls: list[str], seconds: float) -> float:
    """CPU ms for each camera-second of `ffmpeg -c copy -f null`, one process a camera."""
    children = [
        await asyncio.create_subprocess_exec(
            ffmpeg,
            "-nostdin",
            "-loglevel",
            "error",
            "-rtsp_transport",
            "tcp",
            "-i",
            url,
            "-c",
            "copy",
            "-f",
            "null",
            "-",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for url in urls
    ]
    try:
        await asyncio.sleep(12)  # opening and probing are not counted
        before, began = [cpu_seconds(child.pid) for child in children], time.monotonic()
        await asyncio.sleep(seconds)
        passed = time.monotonic() - began
        used = sum(cpu_seconds(child.pid) for child in children) - sum(before)
    finally:
        for child in children:
            if child.returncode is None:
                child.terminate()
        await asyncio.gather(*(child.wait() for child in children))
    return used * 1000 / (passed * len(urls))


def percentile_ms(
    before: dict[tuple[str, str], float], after: dict[tuple[str, str], float], share: float
) -> float:
    """The upper edge of the histogram bucket that holds the percentile."""
    name = "huiyan_ingest_handoff_seconds_bucket"
    edges = sorted((key[1] for key in after if key[0] == name), key=float)
    counts = [after[name, edge] - before.get((name, edge), 0.0) for edge in edges]
    wanted = counts[-1] * share
    return next(
        float(edge) * 1000 for edge, count in zip(edges, counts, strict=True) if count >= wanted
    )


async def measure_ingest(
    report: Report, plan: Plan, urls: list[str], folder: Path
) -> tuple[float, float]:
    """(gross, net) CPU ms for each camera-second; the other figures go to the report."""
    async with NatsServer(folder / "nats") as server:
        bus = NatsBus()
        await bus.connect(server.url, name="bench")
        await ensure_buckets(bus._jetstream)
        private, _ = new_key_pair()
        (folder / "key").write_text(private)
        ports_file = folder / "ingest.ports"
        env = {
            "HUIYAN_INGEST_TOWNS": TOWN,
            "HUIYAN_INGEST_NATS_URL": server.url,
            "HUIYAN_INGEST_KEY_FILE": str(folder / "key"),
            "HUIYAN_INGEST_CAMERA_NETWORKS": "127.0.0.0/8",
            "HUIYAN_INGEST_PROFILE": "demo",
            "HUIYAN_INGEST_PORTS_FILE": str(ports_file),
            "HUIYAN_INGEST_MAX_CAMERAS": str(plan.cameras),
        }
        async with process(sys.executable, "-m", "huiyan_ingest", env=env) as pid:
            ports = await wait_for_file(ports_file, 20)
            ingest = Ingest(pid, ports["internal"])
            idle = await cpu_share(pid, 5)
            rows = bus.key_value("cameras")
            for number, url in enumerate(urls):
                row = pb.CameraRow(
                    rev=1, town=TOWN, camera=f"cam_{number}", reach="direct", main_url=url
                )
                row.sinks.live = True
                await rows.put(f"{TOWN}.{row.camera}", row.SerializeToString())
            await until_online(bus, plan.cameras)
            await asyncio.sleep(5)
            before = await asyncio.to_thread(ingest.metrics)
            share = await cpu_share(pid, plan.seconds)
            after = await asyncio.to_thread(ingest.metrics)
            memory = peak_memory_mb(pid)
        await bus.close()

    def grown(name: str) -> float:
        return sum(value - before.get(key, 0.0) for key, value in after.items() if key[0] == name)

    report.check(
        "hand-off p99 (upper bucket edge)",
        percentile_ms(before, after, 0.99),
        "<=",
        HANDOFF_LIMIT_MS,
        "ms",
    )
    report.check(
        "bytes published while nobody watches",
        grown("huiyan_ingest_published_bytes_total"),
        "==",
        0,
        "bytes",
    )
    units = grown("huiyan_ingest_units_total")
    report.check(
        "units received of those sent",
        units / (plan.cameras * plan.seconds * 25),
        ">=",
        0.98,
        "share",
    )
    report.figure("hand-off p50 (upper bucket edge)", percentile_ms(before, after, 0.5), "ms")
    bits = grown("huiyan_ingest_received_bytes_total") * 8
    report.figure("received", bits / plan.seconds / plan.cameras / 1e6, "Mbit/s a camera")
    report.figure("peak memory of the process", memory, "MB")
    report.figure("idle process", idle * 1000, "CPU ms a second")
    return share * 1000 / plan.cameras, (share - idle) * 1000 / plan.cameras


async def cpu_share(pid: int, seconds: float) -> float:
    """CPU seconds a second."""
    before, began = cpu_seconds(pid), time.monotonic()
    await asyncio.sleep(seconds)
    return (cpu_seconds(pid) - before) / (time.monotonic() - began)


async def until_online(bus: NatsBus, cameras: int) -> None:
    online: set[str] = set()
    async with asyncio.timeout(60):
        async for event in bus.key_value("presence").watch():
            if event.value:
                presence = pb.Presence.FromString(event.value)
                if presence.state == pb.PRESENCE_STATE_ONLINE:
                    online.add(presence.camera)
                if len(online) >= cameras:
                    return


async def run(plan: Plan) -> int:
    report = Report(
        "ingest",
        packages=("av", "nats-py", "uvloop", "prometheus-client"),
        notes=[f"{plan.cameras} cameras for {plan.seconds:g} s, all on this machine"],
    )
    ffmpeg = shutil.which("ffmpeg")
    with tempfile.TemporaryDirectory(prefix="bench-ingest-") as name:
        folder = Path(name)
        ports_file = folder / "farm.ports"
        farm = (
            sys.executable,
            "-m",
            "huiyan_testing.camera",
            "--cameras",
            "1",
            "--shared-clip",
            "--ports-file",
            str(ports_file),
        )
        async with process(*farm):
            port = (await wait_for_file(ports_file, 180))["rtsp"]
            urls = [
                f"rtsp://127.0.0.1:{port}/cam/{number}/main"
                for number in range(1, plan.cameras + 1)
            ]
            gross, net = await measure_ingest(report, plan, urls, folder)
            if ffmpeg is None:
                report.skip("ffmpeg is missing (Debian package ffmpeg): no peer to compare with")
            else:
                await asyncio.sleep(2)
                peer = await measure_ffmpeg(ffmpeg, urls, plan.seconds)
                told = subprocess.run([ffmpeg, "-version"], capture_output=True, check=True)
                report.versions["ffmpeg"] = told.stdout.split()[2].decode()
                report.check("receive, gross, against ffmpeg", gross / peer, "<=", RATIO_LIMIT, "×")
                report.figure("receive, net, against ffmpeg", net / peer, "×")
                report.figure("ffmpeg -c copy -f null", peer, "CPU ms a camera-second")
    report.figure("ingest, gross", gross, "CPU ms a camera-second")
    report.figure("ingest, net", net, "CPU ms a camera-second")
    return report.finish()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cameras", type=int, default=40)
    parser.add_argument("--seconds", type=float, default=20)
    given = parser.parse_args()
    return asyncio.run(run(Plan(given.cameras, given.seconds)))


if __name__ == "__main__":
    sys.exit(main())
