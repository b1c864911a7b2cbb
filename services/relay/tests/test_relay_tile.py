"""A tile and its parts without a network: drops, bursts, timestamps, history, loss rules."""

import itertools
import struct
from collections.abc import Sequence

import pytest
from huiyan_media.access_unit import AccessUnit
from huiyan_media.codec import Codec
from huiyan_relay.link_quality import Level, LinkQuality
from huiyan_relay.metrics import RelayMetrics
from huiyan_relay.open_rate import OpenRate
from huiyan_relay.outgoing_unit import OutgoingUnit
from huiyan_relay.pacer import Pacer
from huiyan_relay.rtp_sender import HISTORY_PACKETS, RtpSender
from huiyan_relay.tile import MOST_WAITING_UNITS, Tile
from huiyan_relay.timeline import Timeline
from prometheus_client import CollectorRegistry


class Clock:
    """Stands still until told."""

    def __init__(self) -> None:
        self.now = 100.0

    def utc_ns(self) -> int:
        return int(self.now * 1e9)

    def monotonic(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


class FakeSender:
    """Takes units until it is full."""

    def __init__(self) -> None:
        self.ready = True
        self.full = False
        self.sent: list[tuple[bytes, int]] = []

    def send_unit(self, payloads: Sequence[bytes], timestamp: int) -> int:
        if self.full:
            return 0
        self.sent.append((payloads[0], timestamp))
        return sum(map(len, payloads))


def unit(number: int, *, key: bool = False, size: int = 200, gap: bool = False) -> OutgoingUnit:
    payload = b"\0\0\0\1" + (b"\x65" if key else b"\x41") + number.to_bytes(4, "big") + b"\1" * size
    return OutgoingUnit(
        AccessUnit(
            Codec.H264, key, gap, number * 3600 & 0xFFFFFFFF, 1, number, number, None, payload
        )
    )


class Parts:
    def __init__(self, kbps: int = 60_000) -> None:
        self.clock = Clock()
        self.sender = FakeSender()
        self.metrics = RelayMetrics(CollectorRegistry())
        self.pacer = Pacer(kbps * 1000)
        self.first: list[Tile] = []
        self.tile = Tile(
            0,
            self.sender,
            self.pacer,
            self.metrics,
            self.clock,
            on_first_unit=self.first.append,
            on_feed_changed=lambda _: None,
        )

    def dropped(self, reason: str) -> float:
        return float(self.metrics.units_dropped.labels(reason)._value.get())

    @property
    def numbers(self) -> list[int]:
        return [int.from_bytes(payload[1:5], "big") for payload, _ in self.sender.sent]


async def test_begins_at_a_keyframe() -> None:
    parts = Parts()
    for number in range(5):
        parts.tile.live(unit(number, key=number == 3))
    assert parts.numbers == [3, 4]
    assert parts.dropped("until_keyframe") == 3
    assert parts.first == [parts.tile]
    assert parts.tile.sent.frames == 2
    assert parts.tile.sent.rtp == parts.sender.sent[-1][1]
    assert parts.tile.sent.captured_at_ns == 4


def test_many_small_reports_of_chance_loss_do_not_move_a_viewer() -> None:
    quality = LinkQuality((Level.FULL, Level.SUB))
    # Four reports a second of a dozen packets: with 5 % loss three bad ones in a row happen often.
    for number in range(200):
        assert not quality.report(0.0 if number % 5 == 4 else 0.17, 10 + number / 4)
    assert quality.level is Level.FULL


class Cache:
    """What a tile asks of its feed here."""

    def __init__(self, units: list[OutgoingUnit]) -> None:
        self.units = units

    def cached(self) -> list[OutgoingUnit]:
        return self.units


@pytest.mark.parametrize(("age_s", "shown"), [(0.1, [2, 3]), (1.5, [])])
async def test_a_lost_picture_is_sent_again_only_while_its_source_moves(
    age_s: float, shown: list[int]
) -> None:
    parts = Parts()
    parts.clock.now = 0.0
    parts.tile.set_source(Cache([unit(2, key=True), unit(3)]))  # type: ignore[arg-type]  # its one verb
    parts.clock.now = age_s
    parts.tile.replay()
    parts.clock.now += 0.001
    assert parts.numbers == shown
    parts.tile.replay()
    assert parts.numbers == shown, "a second request within 0.4 s is the same request"


async def test_full_socket_waits_for_the_next_keyframe() -> None:
    parts = Parts()
    parts.tile.live(unit(0, key=True))
    parts.sender.full = True
    parts.tile.live(unit(1))
    parts.sender.full = False
    for number in range(2, 6):
        parts.tile.live(unit(number, key=number == 4))
    assert parts.numbers == [0, 4, 5]
    assert parts.dropped("socket_full") == 1


async def test_backlog_is_bounded() -> None:
    parts = Parts(kbps=1000)
    parts.tile.catch_up([unit(number, key=number == 0, size=900) for number in range(50)])
    assert 1 <= len(parts.numbers) < 50
    for number in range(50, 60 + MOST_WAITING_UNITS):
        parts.tile.live(unit(number))
    assert parts.dropped("queue_full") > MOST_WAITING_UNITS
    assert parts.tile.send_next() == -1
    parts.tile.live(unit(1000, key=True))
    assert parts.numbers[-1] == 1000
    parts.pacer.close()


async def test_keyframes_only() -> None:
    parts = Parts()
    parts.tile.keyframes_only = True
    for number in range(10):
        parts.tile.live(unit(number, key=number % 5 == 0))
    assert parts.numbers == [0, 5]


def test_timeline_follows_the_clock() -> None:
    clock = Clock()
    timeline = Timeline(clock.monotonic, first=1000)
    burst = timeline.burst([0, 3600, 7200])
    assert [after - before for before, after in itertools.pairwise(burst)] == [90, 90]
    assert timeline.live(10800) == burst[-1] + 3600
    clock.now += 2.0
    timeline.switch()
    assert timeline.live(77) == burst[-1] + 3600 + 180_000
    clock.now += 0.01
    replay = timeline.burst([100 * number for number in range(1000)])
    assert replay == sorted(set(replay))
    assert replay[0] > burst[-1] + 3600 + 180_000


def test_timeline_wraps() -> None:
    clock = Clock()
    timeline = Timeline(clock.monotonic, first=(1 << 32) - 4000)
    stamps = [timeline.live(number * 3600) for number in range(4)]
    differences = [(after - before) % (1 << 32) for before, after in itertools.pairwise(stamps)]
    assert differences == [3600] * 3
    assert all(0 <= stamp < 1 << 32 for stamp in stamps)


class FakeWire:
    def __init__(self, rtx: int | None = 98) -> None:
        self.payload_type, self.rtx_payload_type = 97, rtx
        self.ssrc, self.rtx_ssrc = 11, 22
        self.ready = True
        self.open = True
        self.packets: list[bytes] = []

    def send(self, packets: Sequence[bytes]) -> bool:
        if self.open:
            self.packets += packets
        return self.open

    def tell_report(self, timestamp: int, packets: int, octets: int) -> None:
        self.report = (timestamp, packets, octets)


def read(packet: bytes) -> tuple[int, bool, int, int, int, bytes]:
    _, second, sequence, timestamp, ssrc = struct.unpack_from("!BBHII", packet)
    return second & 127, second > 127, sequence, timestamp, ssrc, packet[12:]


def test_rtx_carries_the_lost_packet() -> None:
    wire = FakeWire()
    sender = RtpSender(wire)
    assert sender.send_unit([b"aa", b"bb"], 9000) == 4
    first, second = map(read, wire.packets)
    assert first[2] + 1 == second[2]
    assert (first[1], second[1]) == (False, True)
    assert wire.report == (9000, 2, 4)
    assert sender.retransmit([second[2], (second[2] + 5) & 0xFFFF], 1.0) == 1
    again = read(wire.packets[-1])
    assert again[0] == 98
    assert again[4] == 22
    assert again[5] == second[2].to_bytes(2, "big") + b"bb"


def test_without_rtx_the_same_packet_goes_again() -> None:
    wire = FakeWire(rtx=None)
    sender = RtpSender(wire)
    sender.send_unit([b"aa"], 9000)
    assert sender.retransmit([read(wire.packets[0])[2]], 1.0) == 1
    assert wire.packets[0] == wire.packets[1]


def test_history_is_long_and_sequence_wraps() -> None:
    wire = FakeWire()
    sender = RtpSender(wire)
    for number in range(70_000):
        sender.send_unit([number.to_bytes(4, "big")], number)
    newest = read(wire.packets[-1])[2]
    assert sender.retransmit([(newest - HISTORY_PACKETS + 1) & 0xFFFF], 1.0) == 1
    assert sender.retransmit([(newest - HISTORY_PACKETS) & 0xFFFF], 2.0) == 0
    assert HISTORY_PACKETS >= 1024


def test_retransmission_is_limited() -> None:
    wire = FakeWire()
    sender = RtpSender(wire)
    sender.send_unit([b"aa"], 1)
    lost = [read(wire.packets[0])[2]] * 10_000
    assert sender.retransmit(lost, 1.0) == 1500
    assert sender.retransmit(lost, 1.1) == pytest.approx(150, abs=1)


def test_dropped_units_take_no_sequence_numbers() -> None:
    wire = FakeWire()
    sender = RtpSender(wire)
    sender.send_unit([b"aa"], 1)
    wire.open = False
    assert sender.send_unit([b"bb"], 2) == 0
    wire.open = True
    sender.send_unit([b"cc"], 3)
    first, second = map(read, wire.packets)
    assert second[2] == first[2] + 1


def test_weak_link_steps_down_and_up() -> None:
    quality = LinkQuality((Level.FULL, Level.SUB, Level.KEYFRAMES))
    now, changes = 0.0, []
    for loss in [0.05] * 10 + [0.3] * 3 + [0.3] * 8 + [0.0] * 60:
        now += 1
        if quality.report(loss, now):
            changes.append((now, quality.level))
    assert [level for _, level in changes] == [Level.SUB, Level.KEYFRAMES, Level.SUB, Level.FULL]
    assert changes[0][0] == 13
    assert changes[3][0] - changes[2][0] >= 20


def test_opening_is_limited_by_principal() -> None:
    clock = Clock()
    rate = OpenRate(clock.monotonic)
    assert [rate.allow("a") for _ in range(41)] == [True] * 40 + [False]
    assert rate.allow("b")
    clock.now += 1.0
    assert [rate.allow("a") for _ in range(3)] == [True, True, False]
    for number in range(10_000):
        clock.now += 1.0
        assert rate.allow(f"p{number}")
    assert len(rate._left) <= 4096


def test_relapse_doubles_the_calm() -> None:
    quality = LinkQuality((Level.FULL, Level.KEYFRAMES))
    now, ups = 0.0, []
    for _ in range(300):
        now += 1
        loss = 0.5 if quality.level is Level.FULL else 0.0
        if quality.report(loss, now) and quality.level is Level.FULL:
            ups.append(now)
    waits = [after - before for before, after in itertools.pairwise(ups)]
    assert len(ups) >= 3
    assert waits[1] > waits[0] * 1.5
