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

# Notes when a new picture was last painted, by tile (`tile-3`; `hero`: the picture of a page
# without tiles; `other`: a picture outside, such as a thumbnail). Watches every <video> and every
# loaded <img> by itself: what the page counts, or stops counting, does not matter.
NOTE_PAINTED = """
window.__painted = {}
{
  const key = element => {
    const tile = element.closest('[data-tile]')
    return tile ? 'tile-' + tile.dataset.tile : element.closest('figure.pic') ? 'hero' : 'other'
  }
  const note = (element, now) => { window.__painted[key(element)] = performance.timeOrigin + now }
  const known = new WeakSet()
  const follow = video => {
    known.add(video)
    const look = now => { note(video, now); video.requestVideoFrameCallback(look) }
    video.requestVideoFrameCallback(look)
  }
  setInterval(() => {
    for (const video of document.querySelectorAll('video')) if (!known.has(video)) follow(video)
  }, 50)
  const pictured = image => image instanceof HTMLImageElement && image.src.startsWith('blob:')
  document.addEventListener('load', event => {
    if (pictured(event.target)) note(event.target, performance.now())
  }, true)
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


async def last_painted(page: Page) -> dict[str, float]:
    """When each tile of a page with NOTE_PAINTED last showed a new picture, epoch seconds."""
    found: dict[str, float] = await page.evaluate("window.__painted")
    return {key: at / 1000 for key, at in found.items()}


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
