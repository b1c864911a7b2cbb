"""A browser that watches a running town: what it counts, compared with what was sent."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import statistics
from collections.abc import Sequence
from typing import Any

from huiyan_testing.town import Town
from playwright.async_api import Page

# Keeps the page's PeerConnections within reach of getStats.
KEEP_PEERS = """
window.__peers = []
window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(...given) { super(...given); window.__peers.push(this) }
}
"""

_INBOUND = """
async () => {
  const all = []
  for (const peer of window.__peers.filter(p => p.connectionState === 'connected')) {
    const report = await peer.getStats()
    let rtt = null
    report.forEach(r => {
      if (r.type === 'candidate-pair' && r.nominated) rtt = r.currentRoundTripTime
    })
    report.forEach(r => { if (r.type === 'inbound-rtp' && r.kind === 'video') all.push({
      mid: r.mid, decoded: r.framesDecoded ?? 0, received: r.framesReceived ?? 0,
      dropped: r.framesDropped ?? 0,
      freezes: r.freezeCount ?? 0, frozen_s: r.totalFreezesDuration ?? 0, lost: r.packetsLost ?? 0,
      nacks: r.nackCount ?? 0, plis: r.pliCount ?? 0, rtx: r.retransmittedPacketsReceived ?? 0,
      packets: r.packetsReceived ?? 0, bytes: r.bytesReceived ?? 0, rtt }) })
  }
  return all
}
"""


async def inbound(page: Page) -> list[dict[str, Any]]:
    """Counters of every incoming video of the page."""
    found: list[dict[str, Any]] = await page.evaluate(_INBOUND)
    return found


def percentile(values: Sequence[float], part: float) -> float:
    """The value below which `part` (0…1) of the values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def median(values: Sequence[float]) -> float:
    """The middle value."""
    return statistics.median(values)


async def sent_times(town: Town) -> tuple[int, dict[tuple[int, str, int], list[float]]]:
    """Loop length and, by (camera, track, frame of the loop), when it was sent, epoch ms."""
    path = town.data / "cameras-sent.json"
    path.unlink(missing_ok=True)
    os.kill(town.pid("cameras"), signal.SIGUSR1)
    async with asyncio.timeout(10):
        while not path.exists():
            await asyncio.sleep(0.05)
    told = json.loads(path.read_text())
    loop = int(told["loop_frames"])
    times: dict[tuple[int, str, int], list[float]] = {}
    for camera, track, counter, sent_ns in told["units"]:
        times.setdefault((camera, track, counter % loop), []).append(sent_ns / 1e6)
    return loop, times


def latencies(
    seen: Sequence[dict[str, Any]], times: dict[tuple[int, str, int], list[float]], track: str
) -> list[float]:
    """Milliseconds from sending to presentation, frame by frame, bar by bar."""
    late = []
    for frame in seen:
        sent = times.get((frame["camera"], track, frame["frame"]), [])
        before = [at for at in sent if at <= frame["at"]]
        if before:
            late.append(frame["at"] - max(before))
    return late
