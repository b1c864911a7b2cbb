"""From a camera to the bus: demand, GOP, live units, snapshots, keys."""

import itertools

from huiyan.ingest.v1 import camera_pb2 as pb
from huiyan_kit import subjects
from huiyan_media.assembler import Assembler
from huiyan_media.order import JoinPoint
from huiyan_testing.camera import VideoCodec, find_stamp

CAMERA = "cam_flow"


async def test_demand_brings_gop_and_live_units_without_a_gap(bench) -> None:
    await bench.put_row(CAMERA, bench.farm.url(1, "main"), live=True)
    await bench.until_state(CAMERA, pb.PRESENCE_STATE_ONLINE)
    live = await bench.units(subjects.media(bench.town, CAMERA, "main"))
    reply = await bench.demand(CAMERA)
    assert reply.state == pb.PRESENCE_STATE_ONLINE
    assert reply.track.codec == "h264"
    assert (reply.track.width, reply.track.height) == (1280, 720)
    assert not reply.track.b_frames
    assembler = Assembler()
    gop = [unit for one in reply.gop if (unit := assembler.push(one)) is not None]
    assert gop[0].keyframe
    await bench.until(lambda: len(live) > 30, "live units")
    join = JoinPoint(gop)
    taken = [unit for unit in live if join.accept(unit) is not None]
    assert taken[0].au_seq == gop[-1].au_seq + 1
    assert join.gaps == 0
    stamps = [find_stamp(unit.payload, VideoCodec.H264) for unit in [*gop, *taken]]
    counters = [stamp.counter for stamp in stamps if stamp is not None]
    assert counters == list(range(counters[0], counters[0] + len(gop) + len(taken)))
    steps = {(b.rtp_timestamp - a.rtp_timestamp) & 0xFFFFFFFF for a, b in itertools.pairwise(taken)}
    assert steps == {3600}
