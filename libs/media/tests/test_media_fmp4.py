"""Fragmented MP4 that PyAV plays."""

import io
import itertools
from fractions import Fraction

import av
import pytest
from huiyan_media.codec import Codec
from huiyan_media.errors import Fmp4Error, ParameterSetError
from huiyan_media.fmp4 import (
    AudioTrack,
    Sample,
    VideoTrack,
    fragment,
    init_segment,
    mime_type,
    video_sample,
)
from huiyan_media.normalise import Normaliser, keyframe_parameter_sets
from huiyan_media.parameter_sets import ParameterSets


def fragmented(codec: Codec, video) -> bytes:
    normaliser = Normaliser(codec)
    units = [normaliser.normalise(unit) for unit in video.units]
    sets = keyframe_parameter_sets(codec, units[0].payload)
    out = init_segment([VideoTrack.from_parameter_sets(1, codec, sets)])
    starts = [number for number, unit in enumerate(units) if unit.keyframe] + [len(units)]
    for sequence, (start, end) in enumerate(itertools.pairwise(starts), start=1):
        samples = [
            video_sample(codec, unit.payload, 3600, unit.keyframe) for unit in units[start:end]
        ]
        out += fragment(sequence, 1, 500_000 + start * 3600, samples)
    return out


@pytest.mark.parametrize("codec", [Codec.H264, Codec.H265])
def test_video_plays(codec, h264_video, h265_video):
    video = h264_video if codec is Codec.H264 else h265_video
    data = fragmented(codec, video)
    with av.open(io.BytesIO(data)) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == {1: "h264", 2: "hevc"}[codec]
        assert stream.codec_context.codec_tag == {1: "avc1", 2: "hvc1"}[codec]
        frames = list(container.decode(stream))
    assert len(frames) == len(video.units)
    assert {(frame.width, frame.height) for frame in frames} == {(video.width, video.height)}
    assert [frame.pts for frame in frames] == [500_000 + n * 3600 for n in range(len(frames))]
    with av.open(io.BytesIO(data)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
    assert [packet.is_keyframe for packet in packets] == video.keyframes


def aac_frames(rate: int) -> tuple[bytes, list[bytes]]:
    context = av.CodecContext.create("aac", "w")
    context.sample_rate, context.layout, context.format = rate, "mono", "fltp"
    context.time_base = Fraction(1, rate)
    packets = []
    for number in range(5):
        frame = av.AudioFrame("fltp", "mono", 1024)
        frame.sample_rate, frame.pts = rate, number * 1024
        frame.planes[0].update(bytes(4096))
        packets += context.encode(frame)
    packets += context.encode(None)
    return bytes(context.extradata), [bytes(packet) for packet in packets]


def test_video_and_aac_play_together(h264_video):
    configuration, frames = aac_frames(16000)
    sets = keyframe_parameter_sets(Codec.H264, h264_video.units[0])
    data = init_segment(
        [
            VideoTrack.from_parameter_sets(1, Codec.H264, sets),
            AudioTrack(2, Codec.AAC, 16000, 1, configuration),
        ]
    )
    data += fragment(
        1,
        1,
        0,
        [
            video_sample(Codec.H264, unit, 3600, keyframe)
            for unit, keyframe in zip(h264_video.units, h264_video.keyframes, strict=True)
        ],
    )
    data += fragment(2, 2, 0, [Sample(frame, 1024) for frame in frames])
    for kind, count in (("video", 12), ("audio", len(frames))):
        with av.open(io.BytesIO(data)) as container:
            decoded = list(container.decode(**{kind: 0}))
            assert len(decoded) == count
    assert decoded[0].sample_rate == 16000


@pytest.mark.parametrize(("codec", "name"), [(Codec.PCMA, "pcm_alaw"), (Codec.PCMU, "pcm_mulaw")])
def test_g711_plays(codec, name):
    silence = b"\xd5" if codec is Codec.PCMA else b"\xff"
    data = init_segment([AudioTrack(1, codec, 8000)])
    data += fragment(1, 1, 0, [Sample(silence * 160, 160)] * 10)
    with av.open(io.BytesIO(data)) as container:
        stream = container.streams.audio[0]
        assert stream.codec_context.name == name
        assert stream.codec_context.sample_rate == 8000
        assert sum(frame.samples for frame in container.decode(stream)) == 160 * 10


def test_composition_offsets_are_kept(h264_b_frames):
    sets = keyframe_parameter_sets(Codec.H264, h264_b_frames.units[0])
    data = init_segment([VideoTrack.from_parameter_sets(1, Codec.H264, sets)])
    samples = [
        video_sample(Codec.H264, unit, 3600, number == 0, -3600 if number % 2 else 7200)
        for number, unit in enumerate(h264_b_frames.units)
    ]
    data += fragment(1, 1, 90_000, samples)
    with av.open(io.BytesIO(data)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
    # FFmpeg moves all decode times back by the most negative offset
    assert [packet.pts - packet.dts for packet in packets[:2]] == [7200 + 3600, 0]


@pytest.mark.parametrize(
    "tracks",
    [
        [],
        [AudioTrack(1, Codec.PCMA, 8000)] * 2,
        [AudioTrack(0, Codec.PCMA, 8000)],
        [AudioTrack(1, Codec.OPUS, 48000)],
        [AudioTrack(1, Codec.PCMA, 96000)],
        [AudioTrack(1, Codec.AAC, 16000)],
        [VideoTrack(1, Codec.PCMA, 640, 480, b"", "")],
        [VideoTrack(1, Codec.H264, 0, 480, b"", "")],
        [VideoTrack(1, Codec.H264, 640, 480, b"", "", timescale=1 << 32)],
    ],
)
def test_impossible_tracks_are_refused(tracks):
    with pytest.raises(Fmp4Error):
        init_segment(tracks)


def test_impossible_fragments_are_refused():
    for arguments in (
        (1, 1, 0, []),
        (1, 1, -1, [Sample(b"x", 1)]),
        (1 << 32, 1, 0, [Sample(b"x", 1)]),
        (1, 1, 0, [Sample(b"x", 1 << 32)]),
    ):
        with pytest.raises(Fmp4Error):
            fragment(*arguments)
    with pytest.raises(Fmp4Error):
        video_sample(Codec.AAC, b"", 1, True)
    with pytest.raises(ParameterSetError):
        VideoTrack.from_parameter_sets(1, Codec.H264, ParameterSets((), (), ()))
    with pytest.raises(ParameterSetError):
        VideoTrack.from_parameter_sets(1, Codec.AAC, ParameterSets((), (b"\x67",), ()))


def test_mime_types_name_the_codecs(h264_video, h265_video):
    avc = VideoTrack.from_parameter_sets(
        1, Codec.H264, keyframe_parameter_sets(Codec.H264, h264_video.units[0])
    )
    hevc = VideoTrack.from_parameter_sets(
        1, Codec.H265, keyframe_parameter_sets(Codec.H265, h265_video.units[0])
    )
    aac = AudioTrack(2, Codec.AAC, 16000, 1, b"\x14\x08")
    assert mime_type([avc, aac]) == 'video/mp4; codecs="avc1.42c00d,mp4a.40.2"'
    assert mime_type([hevc]).startswith('video/mp4; codecs="hvc1.1.6.L60')
    assert mime_type([AudioTrack(1, Codec.PCMA, 8000)]) == 'audio/mp4; codecs="alaw"'
