"""What an RTSP session description (SDP, RFC 4566) says of a camera's media."""

import base64
import binascii
from dataclasses import dataclass, field

from huiyan_media.codec import Codec
from huiyan_media.nal import join_annex_b

from huiyan_ingest.rtsp_reply import RtspSyntaxError

_STATIC = {"0": ("PCMU", 8000), "8": ("PCMA", 8000), "26": ("JPEG", 90000)}
_SETS = ("sprop-vps", "sprop-sps", "sprop-pps", "sprop-parameter-sets")


@dataclass(slots=True)
class DescribedMedium:
    """One `m=` section."""

    kind: str
    """`video`, `audio`, `application` …"""
    payload_type: str
    encoding: str = ""
    """Upper case, as in rtpmap."""
    clock_rate: int = 0
    control: str = ""
    format_parameters: dict[str, str] = field(default_factory=dict)

    @property
    def codec(self) -> Codec | None:
        """The codec, or None when it is not one of ours."""
        return Codec.from_rtp_name(self.encoding)

    @property
    def parameter_sets(self) -> bytes:
        """Annex B parameter sets of the description; empty where it has none or bad ones."""
        texts = [
            one for name in _SETS for one in self.format_parameters.get(name, "").split(",") if one
        ]
        try:
            return join_annex_b([base64.b64decode(text) for text in texts])
        except (binascii.Error, ValueError):
            return b""


def parse_session_description(body: bytes) -> list[DescribedMedium]:
    """The media of a description. Raises RtspSyntaxError when it is none."""
    lines = body.decode("utf-8", "replace").replace("\r\n", "\n").split("\n")
    if not lines[0].startswith("v=0"):
        raise RtspSyntaxError("not a session description")
    media: list[DescribedMedium] = []
    for line in lines:
        if line.startswith("m="):
            parts = line[2:].split()
            if len(parts) < 4:
                raise RtspSyntaxError("bad media line")
            encoding, rate = _STATIC.get(parts[3], ("", 0))
            media.append(DescribedMedium(parts[0], parts[3], encoding, rate))
        elif media and line.startswith("a="):
            _read_attribute(media[-1], line[2:])
    return media


def _read_attribute(medium: DescribedMedium, text: str) -> None:
    name, _, value = text.partition(":")
    if name == "control":
        medium.control = value.strip()
        return
    number, _, rest = value.strip().partition(" ")
    if number != medium.payload_type:
        return
    if name == "rtpmap":
        encoding, _, rate = rest.strip().partition("/")
        medium.encoding = encoding.upper()
        digits = rate.partition("/")[0]
        medium.clock_rate = int(digits) if digits.isdecimal() and len(digits) < 8 else 0
    elif name == "fmtp":
        for parameter in rest.split(";"):
            key, _, given = parameter.strip().partition("=")
            medium.format_parameters[key.lower()] = given
