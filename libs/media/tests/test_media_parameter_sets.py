"""H.264 and H.265 parameter sets, decoder configuration and the normaliser, on real streams."""

from pathlib import Path

import pytest
from huiyan_media import h264, h265
from huiyan_media.codec import Codec
from huiyan_media.errors import MediaError, NalError, ParameterSetError
from huiyan_media.nal import (
    START_CODE,
    H264NalType,
    add_emulation_prevention,
    h264_nal_type,
    h265_nal_type,
    join_annex_b,
    join_length_prefixed,
    split_annex_b,
)
from huiyan_media.normalise import Normaliser, keyframe_parameter_sets
from huiyan_media.parameter_sets import ParameterSetKeeper
from huiyan_media.sei import find_sei
from huiyan_media.video_format import video_format
from hypothesis import given
from hypothesis import strategies as st

CRASH_CORPUS = sorted((Path(__file__).parent / "crash_corpus").glob("*.hex"))
SLICE = b"\x41\x9a\x24\x6c"
IDR = b"\x65\x88\x84\x0a"


def bits(*fields: str) -> bytes:
    text = "".join(fields) + "1"
    text += "0" * (-len(text) % 8)
    return int(text, 2).to_bytes(len(text) // 8, "big")


def ue(value: int) -> str:
    digits = f"{value + 1:b}"
    return "0" * (len(digits) - 1) + digits


def test_h264_sps_of_a_real_stream(h264_video):
    sps = h264.parse_sps(next(n for n in split_annex_b(h264_video.units[0]) if n[0] & 31 == 7))
    assert (sps.width, sps.height, sps.profile_idc) == (320, 240, 66)
    assert sps.frames_per_second == 25
    assert not sps.may_reorder
    assert not sps.interlaced
    assert sps.codec_string == f"avc1.{sps.profile_level_id}"
    assert sps.codec_string.startswith("avc1.42c0")


def test_b_slices_are_detected(h264_video, h264_b_frames):
    sps = h264.parse_sps(h264_sets(h264_b_frames.units[0]).sps[0])
    assert sps.may_reorder
    assert sps.max_num_reorder_frames in (1, 2)
    assert sps.profile_idc == 100
    assert any(h264.has_b_slice(split_annex_b(unit)) for unit in h264_b_frames.units)
    assert not any(h264.has_b_slice(split_annex_b(unit)) for unit in h264_video.units)
    slices = [n for n in split_annex_b(h264_video.units[0]) if n[0] & 31 == H264NalType.IDR]
    assert h264.slice_type(slices[0]) is h264.SliceType.I
    assert h264.slice_type(b"") is None
    assert h264.slice_type(b"\x67\x88") is None
    assert h264.slice_type(b"\x65") is None
    assert h264.slice_type(b"\x65" + bits(ue(0), ue(10))) is None


def h264_sets(unit: bytes):
    return keyframe_parameter_sets(Codec.H264, unit)


def test_h265_sps_of_a_real_stream(h265_video, h265_b_frames):
    sps = h265.parse_sps(keyframe_parameter_sets(Codec.H265, h265_video.units[0]).sps[0])
    assert (sps.width, sps.height, sps.bit_depth_luma) == (320, 240, 8)
    assert not sps.may_reorder
    assert sps.codec_string.startswith("hvc1.1.6.L60")
    other = h265.parse_sps(keyframe_parameter_sets(Codec.H265, h265_b_frames.units[0]).sps[0])
    assert other.may_reorder


def test_avcc_round_trip(h264_b_frames):
    sets = h264_sets(h264_b_frames.units[0])
    record = h264.build_avcc(sets.sps, sets.pps)
    parsed = h264.parse_avcc(record)
    assert (parsed.sps, parsed.pps, parsed.length_size) == (sets.sps, sets.pps, 4)
    for length in range(len(record) - 4):
        with pytest.raises(ParameterSetError):
            h264.parse_avcc(record[:length])


def test_hvcc_round_trip(h265_video):
    sets = keyframe_parameter_sets(Codec.H265, h265_video.units[0])
    record = h265.build_hvcc(*sets)
    parsed = h265.parse_hvcc(record)
    assert (parsed.vps, parsed.sps, parsed.pps, parsed.length_size) == (*sets, 4)
    for length in range(len(record)):
        with pytest.raises(ParameterSetError):
            h265.parse_hvcc(record[:length])


def test_records_refuse_what_does_not_fit(h264_video, h265_video):
    avc, hevc = (
        h264_sets(h264_video.units[0]),
        keyframe_parameter_sets(Codec.H265, h265_video.units[0]),
    )
    with pytest.raises(ParameterSetError):
        h264.build_avcc((), avc.pps)
    with pytest.raises(ParameterSetError):
        h264.build_avcc(avc.sps, (b"\x68" + bytes(70000),))
    with pytest.raises(ParameterSetError):
        h265.build_hvcc((), hevc.sps, hevc.pps)
    with pytest.raises(ParameterSetError):
        h265.build_hvcc(hevc.vps, hevc.sps, (b"\x44\x01" + bytes(70000),))
    bad_avcc = bytearray(h264.build_avcc(avc.sps, avc.pps))
    bad_avcc[4] = 0xFE
    with pytest.raises(ParameterSetError):
        h264.parse_avcc(bytes(bad_avcc))
    bad_hvcc = bytearray(h265.build_hvcc(*hevc))
    bad_hvcc[21] = bad_hvcc[21] & 0xFC | 2
    with pytest.raises(ParameterSetError):
        h265.parse_hvcc(bytes(bad_hvcc))


def high_sps(*after_id: str) -> bytes:
    rbsp = bits(f"{100:08b}", f"{0:08b}", f"{40:08b}", ue(0), *after_id)
    return b"\x67" + add_emulation_prevention(rbsp)


CHROMA = (ue(1), ue(0), ue(0), "0", "0")


def test_h264_sps_with_every_branch():
    size = (ue(1), "0", ue(119), ue(33), "0", "0", "1", "1", ue(0), ue(0), ue(0), ue(2))
    order = (ue(1), "0", ue(0), ue(0), ue(2), ue(0), ue(0))
    chroma = (ue(3), "0", ue(0), ue(0), "0", "1", "1" + "1" * 16, "0" * 11)
    hrd = ("1", ue(0), "0" * 8, ue(0), ue(0), "0", "0" * 20)
    vui = ("1", "1", "11111111", "0" * 32, "11", "1", "00011", "0" * 24, "1", ue(0), ue(0))
    restriction = ("0", "1", "1", "1", ue(0), ue(0), ue(0), ue(0), ue(2), ue(4))
    sps = h264.parse_sps(
        high_sps(*chroma, ue(0), *order, *size, *vui, "0", *hrd, "0", *restriction)
    )
    assert (sps.width, sps.height, sps.interlaced) == (1920, 1088 - 4, True)
    assert sps.max_num_reorder_frames == 2
    assert sps.frames_per_second is None
    assert sps.may_reorder
    # cut in the VUI: what was read before it stays
    cut = h264.parse_sps(high_sps(*CHROMA, ue(0), ue(2), *size, "1", "0000", "1"))
    assert cut.max_num_reorder_frames is None
    assert not cut.may_reorder
    endless = h264.parse_sps(
        high_sps(*CHROMA, ue(0), ue(0), ue(4), *size, "1", "00000", "1", ue(99))
    )
    assert endless.may_reorder


@pytest.mark.parametrize(
    "fields",
    [
        (ue(4),),
        (ue(1), ue(7)),
        (*CHROMA, ue(0), ue(3)),
        (*CHROMA, ue(0), ue(1), "0", ue(0), ue(0), ue(256)),
        (*CHROMA, ue(0), ue(2), ue(1), "0", ue(5000), ue(10), "1", "0", "0", "0"),
        (*CHROMA, ue(0), ue(2), ue(1), "0", ue(0), ue(0), "1", "0", "1", ue(9), ue(9), "11", "0"),
        (),
    ],
)
def test_impossible_h264_sps_are_refused(fields):
    with pytest.raises(ParameterSetError):
        h264.parse_sps(high_sps(*fields))


def test_odd_parameter_sets_are_refused():
    for parse in (h264.parse_sps, h265.parse_sps, h264.parameter_set_id, h265.parameter_set_id):
        for nal in (b"", b"\x01\x02\x03\x04", b"\x67", b"\x67" + bytes(5000)):
            with pytest.raises(ParameterSetError):
                parse(nal)
    with pytest.raises(ParameterSetError):
        h264.parameter_set_id(b"\x68" + bits(ue(256)))
    with pytest.raises(ParameterSetError):
        h264.parameter_set_id(b"\x68")
    with pytest.raises(ParameterSetError):
        h265.parameter_set_id(b"\x44\x01" + bits(ue(64)))
    with pytest.raises(ParameterSetError):
        h265.parse_sps(b"\x42\x01" + bytes(9000))
    with pytest.raises(ParameterSetError):
        h264.parse_sps(b"\x67" + bits("0" * 24, ue(32)))
    h265_head = ("0" * 8, "0" * 96)
    with pytest.raises(ParameterSetError):
        h265.parse_sps(b"\x42\x01" + bits("00001110", "1" * 96))
    for fields in ((ue(16), ue(1)), (ue(0), ue(1), ue(63), ue(63), "0", ue(8), ue(0))):
        with pytest.raises(ParameterSetError):
            h265.parse_sps(b"\x42\x01" + add_emulation_prevention(bits(*h265_head, *fields)))
    with pytest.raises(ParameterSetError):
        h265.parameter_set_id(b"\x44\x01\x00")
    with pytest.raises(ParameterSetError):
        ParameterSetKeeper(Codec.OPUS)
    with pytest.raises(ParameterSetError):
        ParameterSetKeeper(Codec.H264).keep(SLICE)


def mutated(data: bytes):
    index = st.integers(0, len(data) - 1)
    changes = st.lists(st.tuples(index, st.integers(0, 255)), min_size=1, max_size=6)

    def apply(list_of_changes):
        copy = bytearray(data)
        for at, value in list_of_changes:
            copy[at] = value
        return bytes(copy)

    return changes.map(apply)


HEVC_SPS = bytes.fromhex(
    "42010101600000030090000003000003003ca00a080f16595912930b9a020000030002000003003210"
)
AVC_SPS = bytes.fromhex("6764001facd9405005bb011000000300100000030328f1831960")
PARSERS = [
    h264.parse_sps,
    h264.parse_avcc,
    h264.parameter_set_id,
    h264.slice_type,
    h264.recovery_frame_count,
    h265.parse_sps,
    h265.parse_hvcc,
    h265.parameter_set_id,
    h265.recovery_poc_count,
    lambda data: find_sei(data, 6),
    lambda data: Normaliser(Codec.H264, data),
    lambda data: Normaliser(Codec.H265, data),
    lambda data: Normaliser(Codec.H264, recovery_point_keyframes=True).normalise(data),
    lambda data: Normaliser(Codec.H265, recovery_point_keyframes=True).normalise(data),
]


def parse_with_everything(data: bytes) -> int:
    refused = 0
    for parse in PARSERS:
        try:
            parse(data)
        except MediaError:
            refused += 1
    return refused


@given(
    st.binary(max_size=80)
    | mutated(AVC_SPS)
    | mutated(HEVC_SPS)
    | st.binary(max_size=60).map(lambda data: b"\x01" + data)
    | st.lists(st.binary(min_size=1, max_size=20)).map(join_annex_b)
)
def test_random_bytes_raise_only_our_errors(data):
    assert parse_with_everything(data) <= len(PARSERS)


@pytest.mark.parametrize("path", CRASH_CORPUS, ids=lambda path: path.stem)
def test_crash_corpus(path):
    assert parse_with_everything(bytes.fromhex(path.read_text("ascii"))) <= len(PARSERS)


def test_crash_corpus_is_there():
    assert CRASH_CORPUS


@pytest.mark.parametrize("codec", [Codec.H264, Codec.H265])
@pytest.mark.parametrize("prefixed", [False, True])
def test_normaliser_on_real_streams(codec, prefixed, h264_video, h265_video):
    video = h264_video if codec is Codec.H264 else h265_video
    sets = keyframe_parameter_sets(codec, video.units[0])
    extradata = b""
    if prefixed:
        extradata = (
            h264.build_avcc(sets.sps, sets.pps) if codec is Codec.H264 else h265.build_hvcc(*sets)
        )
    normaliser = Normaliser(codec, extradata)
    out = []
    for unit in video.units:
        nals = split_annex_b(unit)
        if prefixed:  # as in MP4: parameter sets only in the record
            nals = [nal for nal in nals if nal not in sets.nals]
        out.append(
            normaliser.normalise(join_length_prefixed(nals) if prefixed else join_annex_b(nals))
        )
    assert [unit.keyframe for unit in out] == video.keyframes
    assert sum(video.keyframes) == 2
    assert normaliser.parameter_sets == sets
    for unit in out:
        nals = tuple(split_annex_b(unit.payload))
        assert unit.payload.startswith(b"\x00\x00\x00\x01")
        assert (nals[: len(sets.nals)] == sets.nals) == unit.keyframe


def test_delimiters_and_fillers_go_and_sets_come_first(h264_video):
    sets = h264_sets(h264_video.units[0])
    normaliser = Normaliser(Codec.H264, join_annex_b(sets.nals))
    unit = normaliser.normalise(join_annex_b([b"\x09\xf0", b"\x06\x05\x01\x80", IDR, b"\x0c\xff"]))
    assert unit.keyframe
    assert split_annex_b(unit.payload) == [*sets.nals, b"\x06\x05\x01\x80", IDR]


SEI, FILLER = b"\x06\x05\x01\x80", b"\x0c\xff\xff\x80"
END_OF_SEQUENCE, END_OF_STREAM = b"\x0a", b"\x0b"


@given(
    st.lists(st.sampled_from([SEI, b"\x09\xf0"]), max_size=3),
    st.lists(st.sampled_from([SLICE, SLICE + b"\x55" * 300, IDR]), max_size=3),
    st.lists(st.sampled_from([FILLER, END_OF_SEQUENCE, END_OF_STREAM]), max_size=2),
)
def test_units_that_need_no_work_come_out_as_if_they_were_split(head, slices, tail):
    nals = [*head, *slices, *tail]
    data = join_annex_b(nals) or START_CODE
    split, whole = Normaliser(Codec.H264), Normaliser(Codec.H264)
    assert whole.normalise(data) == split.normalise_nals(nals)
    short = data.replace(START_CODE, START_CODE[1:])
    assert whole.normalise(short) == split.normalise_nals(nals)


def test_parameter_sets_alone_are_kept_but_are_no_unit(h264_video):
    sets = h264_sets(h264_video.units[0])
    normaliser = Normaliser(Codec.H264)
    assert normaliser.normalise_nals([IDR]).keyframe is False
    assert normaliser.normalise_nals([*sets.nals, b"\x09\xf0"]) is None
    assert normaliser.normalise_nals([IDR]).keyframe is True
    # unchanged sets are left out between keyframes, changed ones stay where they are
    assert normaliser.normalise_nals([*sets.nals, SLICE]).payload == join_annex_b([SLICE])
    version = normaliser.parameter_set_version
    changed = sets.pps[0] + b"\x80"
    unit = normaliser.normalise_nals([changed, SLICE])
    assert split_annex_b(unit.payload) == [changed, SLICE]
    assert normaliser.parameter_set_version == version + 1
    assert normaliser.parameter_sets.pps == (changed,)


def test_recovery_points_are_keyframes_only_when_asked(h264_video, h265_video):
    avc = join_annex_b(h264_sets(h264_video.units[0]).nals)
    recovery = b"\x06\x06\x01" + bits(ue(0), "100")
    gradual = b"\x06\x06\x01" + bits(ue(3))
    asked = Normaliser(Codec.H264, avc, recovery_point_keyframes=True)
    assert asked.normalise_nals([recovery, SLICE]).keyframe
    assert not asked.normalise_nals([gradual, SLICE]).keyframe
    assert not asked.normalise_nals([b"\x06\x05\x01\x80", SLICE]).keyframe
    assert not asked.normalise_nals([b"\x06\x06\x00\x80", SLICE]).keyframe
    assert not Normaliser(Codec.H264, avc).normalise_nals([recovery, SLICE]).keyframe
    hevc = join_annex_b(keyframe_parameter_sets(Codec.H265, h265_video.units[0]).nals)
    trail = b"\x02\x01\xd0\x00"
    asked = Normaliser(Codec.H265, hevc, recovery_point_keyframes=True)
    assert asked.normalise_nals([b"\x4e\x01\x06\x01" + bits(ue(0)), trail]).keyframe
    assert not asked.normalise_nals([b"\x4e\x01\x06\x00\x80", b"\x46\x01\x50", trail]).keyframe
    assert h265.recovery_poc_count(b"\x4e\x01\x05\x00") is None
    assert h265.recovery_poc_count(b"\x4e\x01\x06\x01\x00") is None


def test_find_sei_reads_long_types_and_sizes():
    body = b"\xff\x05\x02ab" + b"\x06" + b"\xff\x01" + bytes(255) + b"z" + b"\x80"
    assert find_sei(body, 260) == b"ab"
    assert find_sei(body, 6) == bytes(255) + b"z"
    assert find_sei(b"\x06\x09ab", 6) is None
    assert find_sei(b"\x05", 6) is None


def test_keeper_is_bounded(h264_video):
    keeper = ParameterSetKeeper(Codec.H264)
    for number in range(20):
        assert keeper.keep(b"\x68" + bits(ue(number), "0000"))
    assert len(keeper.current.pps) == 16
    assert not keeper.is_complete
    assert not keeper.keep(b"\x68" + bits(ue(3)) + b"\x55" * 5000)
    assert not keeper.keep(b"\x67\x00")
    assert keeper.refused == 2
    with pytest.raises(NalError):
        keyframe_parameter_sets(Codec.H264, join_annex_b([IDR]))


def test_h265_keyframe_types():
    assert [kind for kind in range(64) if h265.is_keyframe_nal(kind)] == [16, 17, 18, 19, 20, 21]
    assert h265.is_slice_nal(h265_nal_type(b"\x02\x01"))
    assert not h265.is_slice_nal(33)
    assert h264_nal_type(IDR) == 5


def test_h265_sps_with_sub_layers():
    layers = ("11", "01", "0" * 12, "0" * 88, "0" * 8, "0" * 8)
    order = ("1", ue(0), ue(0), ue(0), ue(1), ue(1), ue(0), ue(2), ue(2), ue(0))
    size = (ue(0), ue(3), "0", ue(63), ue(63), "1", ue(1), ue(2), ue(3), ue(4))
    rbsp = bits("00000101", "0" * 96, *layers, *size, ue(2), ue(2), ue(0), *order)
    sps = h265.parse_sps(b"\x42\x01" + add_emulation_prevention(rbsp))
    assert (sps.width, sps.height, sps.max_sub_layers) == (60, 56, 3)
    assert (sps.max_num_reorder_pics, sps.bit_depth_luma, sps.chroma_format_idc) == (2, 10, 3)
    assert sps.codec_string == "hvc1.0.0.L0"


def test_video_format(h264_video, h265_b_frames):
    sets = h264_sets(h264_video.units[0])
    assert video_format(Codec.H264, sets) == (320, 240, "avc1.42c00d", False, 25.0)
    hevc = video_format(Codec.H265, keyframe_parameter_sets(Codec.H265, h265_b_frames.units[0]))
    assert hevc.may_reorder
    assert hevc.frames_per_second is None
    with pytest.raises(ParameterSetError):
        video_format(Codec.AAC, sets)
    with pytest.raises(ParameterSetError):
        video_format(Codec.H264, sets._replace(sps=()))


def test_seeds_of_the_mutations_can_be_read():
    assert h264.parse_sps(AVC_SPS).width == 1280
    assert h265.parse_sps(HEVC_SPS).width == 320
