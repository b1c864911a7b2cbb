"""Session descriptions (RFC 4566) of a camera: one video and at most one audio medium."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass

from huiyan_testing.camera.annexb import VideoCodec
from huiyan_testing.camera.route import AudioCodec

VIDEO_PAYLOAD_TYPE = 96
AUDIO_PAYLOAD_TYPES = {AudioCodec.PCMU: 0, AudioCodec.PCMA: 8, AudioCodec.AAC: 97}


@dataclass(frozen=True, slots=True)
class VideoFormat:
    """`parameter_sets`: SPS and PPS for H.264; VPS, SPS and PPS for H.265, as NAL units."""

    codec: VideoCodec
    parameter_sets: tuple[bytes, ...]
    frames_per_second: int = 25


@dataclass(frozen=True, slots=True)
class AudioFormat:
    """`config`: AudioSpecificConfig (ISO/IEC 14496-3) for AAC, else empty. Mono."""

    codec: AudioCodec
    clock_rate: int
    config: bytes = b""


def build_sdp(video: VideoFormat, audio: AudioFormat | None = None) -> str:
    lines = [
        "v=0",
        "o=- 1 1 IN IP4 127.0.0.1",
        "s=Huiyan camera simulator",
        "c=IN IP4 0.0.0.0",
        "t=0 0",
        "a=control:*",
        "a=range:npt=now-",
        *_video_lines(video),
    ]
    if audio is not None:
        lines += _audio_lines(audio)
    return "\r\n".join(lines) + "\r\n"


def _video_lines(video: VideoFormat) -> Sequence[str]:
    sets = [base64.b64encode(nal).decode() for nal in video.parameter_sets]
    if video.codec is VideoCodec.H264:
        profile = video.parameter_sets[0][1:4].hex()
        formatted = (
            f"packetization-mode=1;profile-level-id={profile};sprop-parameter-sets={','.join(sets)}"
        )
    else:
        formatted = f"sprop-vps={sets[0]};sprop-sps={sets[1]};sprop-pps={sets[2]}"
    return [
        f"m=video 0 RTP/AVP {VIDEO_PAYLOAD_TYPE}",
        f"a=rtpmap:{VIDEO_PAYLOAD_TYPE} {video.codec.upper()}/90000",
        f"a=fmtp:{VIDEO_PAYLOAD_TYPE} {formatted}",
        f"a=framerate:{video.frames_per_second}",
        "a=control:trackID=0",
    ]


def _audio_lines(audio: AudioFormat) -> Sequence[str]:
    number = AUDIO_PAYLOAD_TYPES[audio.codec]
    lines = [f"m=audio 0 RTP/AVP {number}"]
    if audio.codec is AudioCodec.AAC:
        lines += [
            f"a=rtpmap:{number} MPEG4-GENERIC/{audio.clock_rate}/1",
            f"a=fmtp:{number} streamtype=5;profile-level-id=1;mode=AAC-hbr;sizelength=13;"
            f"indexlength=3;indexdeltalength=3;config={audio.config.hex()}",
        ]
    else:
        lines.append(f"a=rtpmap:{number} {audio.codec.upper()}/{audio.clock_rate}")
    return [*lines, "a=control:trackID=1"]
