"""RTSP 1.0 replies (RFC 2326 section 7), without I/O."""

from collections.abc import Mapping
from dataclasses import dataclass

MAX_HEAD_BYTES = 16 * 1024
MAX_BODY_BYTES = 64 * 1024


class RtspSyntaxError(ValueError):
    """Bytes that are no RTSP reply."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply; header names in lower case, several WWW-Authenticate lines kept apart."""

    status: int
    headers: Mapping[str, str]
    challenges: tuple[str, ...] = ()
    body: bytes = b""


def parse_head(head: bytes) -> Reply:
    """Status line and headers, without the empty line. Raises RtspSyntaxError."""
    lines = head.decode("utf-8", "replace").split("\r\n")
    version, _, rest = lines[0].partition(" ")
    code = rest[:3]
    if not version.startswith("RTSP/1.") or len(code) != 3 or not code.isdecimal():
        raise RtspSyntaxError("not an RTSP status line")
    headers: dict[str, str] = {}
    challenges = []
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if not colon:
            continue  # folded or broken lines of old cameras carry nothing that we need
        name = name.strip().lower()
        if name == "www-authenticate":
            challenges.append(value.strip())
        headers[name] = value.strip()
    return Reply(int(code), headers, tuple(challenges))


def content_length(reply: Reply) -> int:
    """Bytes of the body. Raises RtspSyntaxError when it is no number or too large."""
    text = reply.headers.get("content-length", "0")
    if not text.isdecimal() or len(text) > 6 or int(text) > MAX_BODY_BYTES:
        raise RtspSyntaxError("bad Content-Length")
    return int(text)
