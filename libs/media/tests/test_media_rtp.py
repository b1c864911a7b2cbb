"""RTP headers, payload formats, loss, timelines and NTP."""

import pytest
from huiyan_media import ntp, rtp, rtp_h264, rtp_h265
from huiyan_media.errors import NalError, RtpError
from huiyan_media.nal import START_CODE, join_annex_b, split_annex_b
from huiyan_media.rtp import RtpPacket, build_rtp_header, parse_rtp
from huiyan_media.rtp_h264 import H264Depacketiser
from huiyan_media.rtp_h265 import H265Depacketiser
from huiyan_media.rtp_units import split_aggregate
from huiyan_media.timestamps import Rebase
from hypothesis import given
from hypothesis import strategies as st

U16 = st.integers(0, 0xFFFF)
U32 = st.integers(0, 0xFFFFFFFF)
FORMATS = {
    "h264": (rtp_h264.packetise, H264Depacketiser),
    "h265": (rtp_h265.packetise, H265Depacketiser),
}


def h264_unit(*sizes: int, first: int = 0x88) -> bytes:
    return join_annex_b(
        [b"\x67\x42\x00\x1e", b"\x68\xce\x80", b"\x06\x05\x01\x80"]
        + [b"\x65" + bytes((first,)) + b"\xa5" * (size - 2) for size in sizes]
    )


def packets_of(units: list[bytes], packetise, max_payload: int = 200, sequence: int = 65530):
    packets = []
    for number, unit in enumerate(units):
        payloads = packetise(unit, max_payload)
        for index, payload in enumerate(payloads):
            marker = index == len(payloads) - 1
            packets.append(RtpPacket(96, marker, sequence & 0xFFFF, number * 3600, 1, payload))
            sequence += 1
    return packets


def join_packets(depacketiser, packets):
    return [unit for packet in packets for unit in depacketiser.push(packet)]


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("max_payload", [16, 200, 1200])
def test_real_streams_come_back(name, max_payload, h264_video, h265_video):
    packetise, depacketiser = FORMATS[name]
    video = h264_video if name == "h264" else h265_video
    packets = packets_of(video.units, packetise, max_payload)
    assert max(len(packet.payload) for packet in packets) <= max_payload
    units = join_packets(depacketiser(), packets)
    assert [split_annex_b(unit.annex_b) for unit in units] == [
        split_annex_b(unit) for unit in video.units
    ]
    assert [unit.timestamp for unit in units] == [n * 3600 for n in range(len(units))]
    assert not any(unit.discontinuity for unit in units)


def test_h264_packets_have_one_size_and_sets_go_together():
    payloads = rtp_h264.packetise(h264_unit(1000), 200)
    assert payloads[0][0] & 0x1F == rtp_h264.STAP_A
    assert split_aggregate(payloads[0], 1) == split_annex_b(h264_unit(1000))[:3]
    assert [len(payload) for payload in payloads[1:]] == [200] * 5 + [11]
    assert [payload[1] & 0xC0 for payload in payloads[1:]] == [0x80, 0, 0, 0, 0, 0x40]


def test_large_parameter_sets_and_suffixes_are_sent():
    sei = b"\x06\x05" + b"\x11" * 300
    unit = join_annex_b(
        [b"\x67" + b"\x22" * 150, b"\x68" + b"\x33" * 150, sei, b"\x65\x88\x01", b"\x06\x07"]
    )
    units = join_packets(H264Depacketiser(), packets_of([unit], rtp_h264.packetise))
    assert units[0].annex_b == unit
    hevc = join_annex_b(
        [
            b"\x40\x01" + b"\x22" * 150,
            b"\x42\x01" + b"\x33" * 150,
            b"\x4e\x01" + b"\x11" * 300,
            b"\x26\x01\x80",
            b"\x50\x01\x07",
        ]
    )
    units = join_packets(H265Depacketiser(), packets_of([hevc], rtp_h265.packetise))
    assert units[0].annex_b == hevc


@pytest.mark.parametrize("name", FORMATS)
def test_every_single_loss_is_noticed_and_gives_no_broken_unit(name, h264_video, h265_video):
    packetise, depacketiser_of = FORMATS[name]
    video = h264_video if name == "h264" else h265_video
    packets = packets_of(video.units[:4], packetise, 300)
    whole = [split_annex_b(unit) for unit in video.units[:4]]
    for lost in range(1, len(packets) - 1):
        depacketiser = depacketiser_of()
        units = join_packets(depacketiser, packets[:lost] + packets[lost + 1 :])
        assert depacketiser.lost_packets == 1
        missing = packets[lost].timestamp // 3600
        for unit in units:
            number = unit.timestamp // 3600
            is_damaged = number == missing
            assert unit.nals == whole[number] or (
                # parameter sets alone were lost: the pictures are whole
                is_damaged and unit.discontinuity and unit.nals == whole[number][-len(unit.nals) :]
            )
        after = [unit for unit in units if unit.timestamp // 3600 >= missing]
        assert not after or after[0].discontinuity


@pytest.mark.parametrize("name", FORMATS)
@given(st.data())
def test_random_packets_raise_nothing_and_are_bounded(name, data):
    depacketiser = FORMATS[name][1](max_unit_bytes=500)
    kinds = st.sampled_from([1, 5, 7, 24, 28, 0x7C, 0x62, 0x60, 0x02, 0x42, 0])
    payloads = st.binary(max_size=40) | st.builds(
        lambda kind, rest: bytes((kind,)) + rest, kinds, st.binary(max_size=80)
    )
    packets = st.lists(
        st.builds(
            RtpPacket,
            st.just(96),
            st.booleans(),
            st.integers(0, 20) | U16,
            st.integers(0, 4),
            st.just(1),
            payloads,
        ),
        max_size=40,
    )
    for packet in data.draw(packets):
        for unit in depacketiser.push(packet):
            assert 0 < sum(len(nal) for nal in unit.nals) <= 500 + 8


def wire_of(packet: RtpPacket) -> bytes:
    return build_rtp_header(*packet[:5]) + packet.payload


def take_quickly(depacketiser, packets):
    """All packets, the inner fragments by the short way; and how many went that way."""
    wires = [wire_of(packet) for packet in packets]
    units, index, inner = [], 0, 0
    while index < len(wires):
        after = depacketiser.take_inner(wires, index, 96)
        inner += after - index
        if after == len(wires):
            break
        units += depacketiser.push(parse_rtp(wires[after]))
        index = after + 1
    return units, inner


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("lost", [None, 3, 11])
def test_the_short_way_for_inner_fragments_gives_the_same(name, lost, h264_video, h265_video):
    packetise, make = FORMATS[name]
    video = h264_video if name == "h264" else h265_video
    packets = packets_of(video.units, packetise, 100)
    if lost is not None:
        del packets[lost]
    quick, slow = make(), make()
    units, inner = take_quickly(quick, packets)
    assert units == join_packets(slow, packets)
    assert inner > len(packets) // 3
    assert (quick.lost_packets, quick.dropped_units) == (slow.lost_packets, slow.dropped_units)


@pytest.mark.parametrize("name", FORMATS)
@given(st.data())
def test_the_short_way_agrees_on_random_fragments(name, data):
    make = FORMATS[name][1]
    kind = b"\x7c" if name == "h264" else b"\x62\x01"
    first = b"\x85" if name == "h264" else b"\x93"
    heads = st.sampled_from([b"\x05", b"\x13", b"\x45", b"\x53", b"\x85", b"\x93"])
    payloads = st.builds(lambda head, rest: kind + head + rest, heads, st.binary(max_size=60))
    drawn = data.draw(st.lists(st.tuples(payloads, st.sampled_from([0, 1, 1, 1, 1])), max_size=30))
    packets = [RtpPacket(96, False, 65530, 0, 1, kind + first + b"\x80abc")]
    for payload, step in drawn:
        sequence = (packets[-1].sequence + step) & 0xFFFF
        packets.append(RtpPacket(96, data.draw(st.booleans()), sequence, 0, 1, payload))
    quick, slow = make(max_unit_bytes=500), make(max_unit_bytes=500)
    assert take_quickly(quick, packets)[0] == join_packets(slow, packets)


@pytest.mark.parametrize("name", FORMATS)
@given(data=st.binary(max_size=300))
def test_packetise_takes_any_annex_b(name, data):
    packetise = FORMATS[name][0]
    try:
        payloads = packetise(START_CODE + data, 60)
    except NalError:
        return
    assert all(0 < len(payload) <= 60 for payload in payloads)


def test_timestamp_change_ends_a_unit_of_a_camera_without_markers():
    packets = [
        packet._replace(marker=False)
        for packet in packets_of([h264_unit(50), h264_unit(500), h264_unit(50)], rtp_h264.packetise)
    ]
    units = join_packets(H264Depacketiser(), packets)
    assert [unit.annex_b for unit in units] == [h264_unit(50), h264_unit(500)]


def test_markers_on_parameter_sets_are_not_believed():
    packets = [
        RtpPacket(96, True, number, 0, 1, nal)
        for number, nal in enumerate(split_annex_b(h264_unit(50)))
    ]
    units = join_packets(H264Depacketiser(), packets)
    assert [unit.annex_b for unit in units] == [h264_unit(50)]


def test_late_duplicate_empty_and_restarted_sequences():
    first, second, third = packets_of([h264_unit(50)] * 3, rtp_h264.packetise)[1::2]
    depacketiser = H264Depacketiser()
    a, b, c = (
        packet._replace(sequence=number)
        for number, packet in enumerate((first, second, third), start=1000)
    )
    assert [len(depacketiser.push(packet)) for packet in (a, b, a, b)] == [1, 1, 0, 0]
    assert depacketiser.late_packets == 2
    assert depacketiser.push(RtpPacket(96, True, 1002, 9, 1, b"")) == []
    restarted = depacketiser.push(c._replace(sequence=1))
    assert restarted[0].discontinuity
    assert depacketiser.lost_packets == 0


@pytest.mark.parametrize(
    "payloads",
    [
        [b"\x7c\x85aaa", b"\x65\x88\x01"],
        [b"\x7c\x85aaa", b"\x7c\x85aaa"],
        [b"\x7c\x85"],
        [b"\x78\x00\x09\x67"],
        [b"\x78"],
        [b"\x79\x00"],
        [b"\x00\x11"],
        [b"\x1c\xc0aaa"],
        [b"\x7c\x85aaa"],
        [b"\x41\x88" + bytes(600)],
    ],
)
def test_malformed_h264_payloads_drop_their_unit(payloads):
    depacketiser = H264Depacketiser(max_unit_bytes=500)
    packets = [RtpPacket(96, False, n, 1, 1, payload) for n, payload in enumerate(payloads)]
    good = [RtpPacket(96, True, len(packets), 2, 1, b"\x65\x88\x01")]
    units = join_packets(depacketiser, packets + good)
    assert [unit.timestamp for unit in units] == [2]
    assert units[0].discontinuity
    assert depacketiser.dropped_units == 1


@pytest.mark.parametrize(
    "payloads",
    [
        [b"\x62\x01\x93aaa", b"\x26\x01\x80"],
        [b"\x62\x01\x93aaa", b"\x62\x01\x93aaa"],
        [b"\x62\x01\x93"],
        [b"\x62\x01\x13aa"],
        [b"\x60\x01\x00\x09\x67"],
        [b"\x64\x01\x00"],
        [b"\x26"],
    ],
)
def test_malformed_h265_payloads_drop_their_unit(payloads):
    depacketiser = H265Depacketiser()
    packets = [RtpPacket(96, False, n, 1, 1, payload) for n, payload in enumerate(payloads)]
    good = [RtpPacket(96, True, len(packets), 2, 1, b"\x26\x01\x80")]
    units = join_packets(depacketiser, packets + good)
    assert [unit.timestamp for unit in units] == [2]
    assert depacketiser.dropped_units == 1


def test_cameras_that_send_annex_b_inside_packets():
    nals = split_annex_b(h264_unit(50))
    for payload in (join_annex_b(nals), join_annex_b(nals)[4:]):
        units = H264Depacketiser().push(RtpPacket(96, True, 1, 1, 1, payload))
        assert units[0].nals == nals
    hevc = [b"\x40\x01a", b"\x42\x01b", b"\x44\x01c", b"\x26\x01\x80"]
    for payload in (join_annex_b(hevc), join_annex_b(hevc)[4:]):
        units = H265Depacketiser().push(RtpPacket(96, True, 1, 1, 1, payload))
        assert units[0].nals == hevc


def test_packet_sizes_that_are_too_small_are_refused():
    for packetise, _ in FORMATS.values():
        with pytest.raises(RtpError):
            packetise(h264_unit(50), 15)
    with pytest.raises(NalError):
        rtp_h265.packetise(START_CODE + b"\x26")
    with pytest.raises(RtpError):
        split_aggregate(b"\x78", 1)


@given(st.integers(0, 127), st.booleans(), U16, U32, U32, st.binary(max_size=50))
def test_rtp_round_trip(payload_type, marker, sequence, timestamp, ssrc, payload):
    header = build_rtp_header(payload_type, marker, sequence, timestamp, ssrc)
    assert parse_rtp(header + payload) == RtpPacket(
        payload_type, marker, sequence, timestamp, ssrc, payload
    )


@given(st.binary(max_size=60) | st.binary(max_size=60).map(lambda data: b"\xbf" + data))
def test_random_rtp_is_parsed_or_refused(data):
    try:
        packet = parse_rtp(data)
    except RtpError:
        return
    assert len(packet.payload) <= len(data) - rtp.HEADER_SIZE


def test_rtp_csrc_extension_and_padding_are_left_out():
    body = bytes(4) + b"\xbe\xde\x00\x01abcd" + b"payload" + b"\x00\x00\x03"
    assert parse_rtp(b"\xb1" + build_rtp_header(0, False, 1, 2, 3)[1:] + body).payload == b"payload"
    for bad in (b"\xa0" + bytes(12), b"\xa0" + bytes(11) + b"\xff", b"\x40" + bytes(11)):
        with pytest.raises(RtpError):
            parse_rtp(bad)
    with pytest.raises(RtpError):
        build_rtp_header(128, False, 0, 0, 0)
    with pytest.raises(RtpError):
        build_rtp_header(0, False, 1 << 16, 0, 0)


@given(U32, st.integers(-(1 << 31) + 1, (1 << 31) - 1))
def test_wrap_around_arithmetic(value, step):
    assert rtp.u32_difference(rtp.u32_add(value, step), value) == step
    assert rtp.u32_is_newer(rtp.u32_add(value, step), value) == (step > 0)
    small = step % 0xFFFF - 0x7FFF
    start = value & 0xFFFF
    assert rtp.u16_difference(rtp.u16_add(start, small), start) == small
    assert rtp.u16_is_newer(rtp.u16_add(start, small), start) == (small > 0)


@given(U16, st.lists(st.integers(-30000, 30000), max_size=30))
def test_unwrapper_follows(first, steps):
    unwrapper = rtp.Unwrapper(16)
    true = first
    assert unwrapper.unwrap(true) == first
    for step in steps:
        true += step
        assert unwrapper.unwrap(true & 0xFFFF) == true
    unwrapper.reset()
    assert unwrapper.unwrap(5) == 5


@given(st.lists(st.tuples(U32, st.booleans()), min_size=1, max_size=50), st.integers(1, 90_000))
def test_rebased_timestamps_only_go_forward(source, gap):
    rebase = Rebase(gap_ticks=gap)
    last = -1
    for timestamp, is_switch in source:
        if is_switch:
            rebase.switch()
        assert rebase.map(timestamp) == rebase.unwrapped & 0xFFFFFFFF
        assert rebase.unwrapped > last
        last = rebase.unwrapped


def test_rebase_keeps_distances_and_bridges_jumps():
    rebase = Rebase(gap_ticks=3000, first=100)
    assert [rebase.map(t) for t in (0xFFFFFF00, 0x00000E10 - 0x100, 0x00000E10 - 0x100)] == [
        100,
        100 + 3600,
        100 + 3601,
    ]
    rebase.switch()
    assert rebase.map(77) == 6701
    assert rebase.map(10) == 9701
    assert rebase.map(10 + 91 * 90_000) == 12701
    assert rebase.jumps == 2
    with pytest.raises(ValueError, match="tick"):
        Rebase(gap_ticks=0)


@given(st.integers(0, 4_000_000_000 * 10**9))
def test_ntp_round_trip(utc_ns):
    assert ntp.ntp_to_utc_ns(ntp.utc_ns_to_ntp(utc_ns)) == utc_ns


def test_ntp_known_times():
    assert ntp.utc_ns_to_ntp(0) == 2_208_988_800 << 32
    assert ntp.ntp_to_utc_ns(0) == (2**32 - 2_208_988_800) * 10**9
    assert ntp.ntp_to_utc_ns((2_208_988_800 << 32) | 1 << 31) == 500_000_000
