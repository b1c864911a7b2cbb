"""A viewer's SDP offer: what we take of it, what we refuse (RFC 8866, RFC 9429, WHEP draft)."""

import re
from dataclasses import dataclass

from huiyan_kit.errors import ErrorKind, HuiyanError
from huiyan_media.codec import Codec

from huiyan_relay.candidates import MOST_CANDIDATES, is_acceptable

MOST_TILES = 64
MOST_LINES = 8192
_H264 = re.compile(r"^a=rtpmap:(\d+) H264/90000\b", re.IGNORECASE)
_MODE_1 = re.compile(r"^a=fmtp:(\d+) .*\bpacketization-mode=1\b", re.IGNORECASE)
_G711 = re.compile(r"^a=rtpmap:\d+ (PCM[AU])/8000\b", re.IGNORECASE)
_UFRAG = re.compile(r"^a=ice-ufrag:([A-Za-z0-9+/]{4,256})$")
_RECEIVES = ("recvonly", "sendrecv")
_DIRECTIONS = (*_RECEIVES, "sendonly", "inactive")


@dataclass(frozen=True, slots=True)
class Offer:
    """A checked offer, cleaned of candidates that we would not use."""

    sdp: str
    video_sections: int
    has_audio: bool
    g711: frozenset[Codec]
    """PCMA and PCMU, as far as they are offered."""
    ufrag: str


def _bad(en: str) -> HuiyanError:
    return HuiyanError(
        ErrorKind.BAD_REQUEST, "播放请求的格式不对", f"Bad SDP offer: {en}", code="bad_sdp"
    )


def read_offer(body: bytes, *, loopback: bool) -> Offer:
    """Check an offer. HuiyanError BAD_REQUEST (bad_sdp), NOT_ACCEPTABLE (no_h264)."""
    try:
        lines = [line.rstrip("\r") for line in body.decode().split("\n")]
    except UnicodeDecodeError as error:
        raise _bad("not UTF-8") from error
    lines = [line for line in lines if line]
    if len(lines) > MOST_LINES or not lines or lines[0] != "v=0":
        raise _bad("no session description")
    kept = _kept_lines(lines, loopback=loopback)
    session, sections = _split(kept)
    kinds = [section[0].split(" ", 1)[0] for section in sections]
    videos = [each for each, kind in zip(sections, kinds, strict=True) if kind == "m=video"]
    audios = [each for each, kind in zip(sections, kinds, strict=True) if kind == "m=audio"]
    if len(videos) + len(audios) != len(sections) or len(audios) > 1:
        raise _bad("only video, and audio once, can be offered")
    if not 1 <= len(videos) <= MOST_TILES:
        raise _bad(f"1 to {MOST_TILES} video sections are possible")
    if len(sections) > 1 and not any(line.startswith("a=group:BUNDLE ") for line in session):
        raise _bad("several sections need BUNDLE")
    if any(_direction(session, section) not in _RECEIVES for section in videos):
        raise _bad("a video section does not receive")
    if not all(_has_h264(section) for section in videos):
        raise HuiyanError(
            ErrorKind.NOT_ACCEPTABLE,
            "您的设备放不了 H.264 画面",
            "The offer has no H.264 with packetization-mode=1",
            code="no_h264",
        )
    return Offer(
        sdp="\r\n".join(kept) + "\r\n",
        video_sections=len(videos),
        has_audio=bool(audios),
        g711=frozenset(
            codec
            for section in audios
            for line in section
            if (match := _G711.match(line)) and (codec := Codec.from_rtp_name(match.group(1)))
        ),
        ufrag=_ufrag(session, videos[0]),
    )


def _kept_lines(lines: list[str], *, loopback: bool) -> list[str]:
    """Without candidates that we do not use. End-of-candidates goes too: a viewer whose
    candidates are all hidden names is learned from its own checks (RFC 8445 7.3.1.3)."""
    kept = []
    candidates = 0
    for line in lines:
        if line.startswith("a=end-of-candidates"):
            continue
        if line.startswith("a=candidate:"):
            if candidates >= MOST_CANDIDATES or not is_acceptable(line, loopback=loopback):
                continue
            candidates += 1
        kept.append(line)
    return kept


def _split(lines: list[str]) -> tuple[list[str], list[list[str]]]:
    session: list[str] = []
    sections: list[list[str]] = []
    for line in lines:
        if line.startswith("m="):
            sections.append([line])
        elif sections:
            sections[-1].append(line)
        else:
            session.append(line)
    return session, sections


def _direction(session: list[str], section: list[str]) -> str:
    for line in (*section, *session):
        if line.startswith("a=") and line[2:] in _DIRECTIONS:
            return line[2:]
    return "sendrecv"


def _has_h264(section: list[str]) -> bool:
    numbers = {match.group(1) for line in section if (match := _H264.match(line))}
    return any(
        match.group(1) in numbers for line in section if (match := _MODE_1.match(line)) is not None
    )


def _ufrag(session: list[str], section: list[str]) -> str:
    for line in (*section, *session):
        if match := _UFRAG.match(line):
            return match.group(1)
    raise _bad("no ICE user fragment")
