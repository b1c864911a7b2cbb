"""GOP cache, join point, run ids, codecs."""

import pytest
from huiyan_media.access_unit import AccessUnit
from huiyan_media.codec import Codec
from huiyan_media.gop import GopCache
from huiyan_media.order import JoinPoint
from huiyan_media.run_id import MAX_RUN, RunIdParts, pack_run_id, unpack_run_id
from hypothesis import given
from hypothesis import strategies as st


def unit(seq: int, keyframe: bool = False, run: int = 7, **changes: object) -> AccessUnit:
    made = AccessUnit(
        Codec.H264, keyframe, False, seq * 3600, run, seq, seq * 40_000_000, None, b"x" * 100
    )
    return made._replace(**changes)


def gop(*units: AccessUnit, **bounds: float) -> GopCache:
    cache = GopCache(**bounds)
    for each in units:
        cache.push(each)
    return cache


def test_gop_begins_at_the_last_keyframe():
    cache = gop(unit(0), unit(1, True), unit(2), unit(3, True), unit(4))
    assert cache.snapshot() == [unit(3, True), unit(4)]
    assert cache.last_keyframe == unit(3, True)
    assert cache.size_bytes == 200
    cache.clear()
    assert cache.snapshot() == []
    assert cache.last_keyframe is None
    assert cache.size_bytes == 0


@pytest.mark.parametrize(
    "second",
    [
        unit(2, payload=b"x" * 1000),
        unit(2, arrival_ns=9_000_000_000),
        unit(2, discontinuity=True),
        unit(3),
    ],
    ids=["bytes", "seconds", "discontinuity", "gap"],
)
def test_gop_that_is_too_large_or_broken_keeps_its_keyframe(second):
    cache = gop(unit(1, True), second, unit(4), max_seconds=8.0, max_bytes=1000)
    assert cache.snapshot() == [unit(1, True)]
    assert cache.truncated
    assert cache.truncations == 1
    cache.push(unit(5, True))
    assert not cache.truncated


def test_gop_of_another_run_is_forgotten():
    assert gop(unit(1, True), unit(0, run=8)).snapshot() == []


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 400)), max_size=60))
def test_gop_is_bounded_and_contiguous(steps):
    cache = GopCache(max_bytes=1000)
    for seq, (keyframe, size) in enumerate(steps):
        cache.push(unit(seq, keyframe, payload=bytes(size)))
        units = cache.snapshot()
        assert cache.size_bytes == sum(len(each.payload) for each in units) <= 1000
        assert [each.keyframe for each in units[:1]] == [True] * bool(units)
        assert [each.au_seq for each in units] == [
            units[0].au_seq + number for number in range(len(units))
        ]


def test_join_skips_duplicates_and_goes_on():
    join = JoinPoint([unit(3, True), unit(4)])
    assert [join.accept(each) for each in (unit(3, True), unit(4), unit(5))] == [
        None,
        None,
        unit(5),
    ]
    assert join.duplicates == 2
    assert not join.waiting_for_keyframe


def test_join_waits_for_a_keyframe_after_a_gap():
    join = JoinPoint([unit(3, True)])
    assert join.accept(unit(5)) is None
    assert join.waiting_for_keyframe
    assert join.accept(unit(6)) is None
    assert join.accept(unit(7, True)) == unit(7, True, discontinuity=True)
    assert join.accept(unit(8)) == unit(8)
    assert (join.gaps, join.skipped_until_keyframe) == (1, 2)


def test_join_follows_a_newer_run_and_refuses_the_older_one():
    join = JoinPoint([unit(3, True)])
    assert join.accept(unit(0, run=8)) is None
    assert join.accept(unit(4)) is None
    assert join.accept(unit(5, True)) is None
    assert join.stale == 2
    marked = unit(1, True, run=8, discontinuity=True)
    assert join.accept(marked) is marked


def test_join_without_a_snapshot_begins_at_the_first_keyframe():
    join = JoinPoint()
    assert join.accept(unit(1)) is None
    assert join.accept(unit(2, True)) == unit(2, True)
    assert join.accept(unit(3)) == unit(3)


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 12)), max_size=60),
    st.integers(0, 12),
)
def test_what_leaves_a_join_point_is_ordered_and_decodable(arrivals, snapshot_end):
    snapshot = [unit(seq, seq % 4 == 0, 1) for seq in range(snapshot_end)]
    join = JoinPoint(snapshot)
    last = snapshot[-1] if snapshot else None
    for run, seq in arrivals:
        out = join.accept(unit(seq, seq % 4 == 0, run))
        if out is None:
            continue
        if last is not None:
            assert (out.run_id, out.au_seq) > (last.run_id, last.au_seq)
        follows = last is not None and (out.run_id, out.au_seq) == (last.run_id, last.au_seq + 1)
        assert follows or out.keyframe
        assert out.discontinuity or follows or last is None
        last = out


@given(st.integers(0, 255), st.integers(0, (1 << 36) - 1), st.integers(0, MAX_RUN))
def test_run_id_round_trip(generation, claim_revision, run):
    packed = pack_run_id(generation, claim_revision, run)
    assert unpack_run_id(packed) == RunIdParts(generation, claim_revision, run)
    assert packed < 1 << 64


def test_run_ids_are_ordered_and_checked():
    assert pack_run_id(0, 9, MAX_RUN) < pack_run_id(0, 10, 0) < pack_run_id(1, 0, 0)
    for fields in ((256, 0, 0), (0, 1 << 36, 0), (0, 0, 1 << 20), (-1, 0, 0)):
        with pytest.raises(ValueError, match="run id"):
            pack_run_id(*fields)
    with pytest.raises(ValueError, match="run id"):
        unpack_run_id(1 << 64)


def test_codecs():
    assert [codec.value for codec in Codec] == [1, 2, 3, 4, 5, 6]
    assert [codec for codec in Codec if codec.is_video] == [Codec.H264, Codec.H265]
    assert [codec.is_audio for codec in Codec] == [False, False, True, True, True, True]
    assert all(Codec.from_rtp_name(codec.rtp_name.lower()) is codec for codec in Codec)
    assert Codec.from_rtp_name("VP8") is None
    assert (Codec.PCMA.static_payload_type, Codec.H264.static_payload_type) == (8, None)
    assert (Codec.H265.clock_rate, Codec.OPUS.clock_rate, Codec.AAC.clock_rate) == (
        90_000,
        48_000,
        None,
    )
    assert unit(1).is_video
    assert not unit(1, codec=Codec.PCMA).is_video
