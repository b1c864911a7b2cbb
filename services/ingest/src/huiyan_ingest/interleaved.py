"""RTP and RTCP inside an RTSP connection (RFC 2326 10.12), without I/O."""

from huiyan_ingest.rtsp_reply import (
    MAX_HEAD_BYTES,
    Reply,
    RtspSyntaxError,
    content_length,
    parse_head,
)

_DOLLAR = 0x24
_HEADER_BYTES = 4
MAX_REPLIES = 16


class InterleavedReader:
    """Cuts the bytes of a playing connection into packets and replies to keep-alives.

    After an RtspSyntaxError the connection cannot be used any more.
    """

    def __init__(self) -> None:
        self.replies: list[Reply] = []
        """Those of the last `feed`."""
        self._pending = b""

    def feed(self, data: bytes) -> dict[int, list[bytes]]:
        """The packets of each channel that are complete now, in order. RtspSyntaxError for other
        bytes, and for more replies at once than we ever asked for."""
        if self._pending:
            data = self._pending + data
        channels: dict[int, list[bytes]] = {}
        self.replies = []
        position, end = 0, len(data)
        while end - position >= _HEADER_BYTES:
            if data[position] == _DOLLAR:
                start = position + _HEADER_BYTES
                after = start + (data[position + 2] << 8 | data[position + 3])
                if after > end:
                    break
                channel = data[position + 1]
                if channel in channels:
                    channels[channel].append(data[start:after])
                else:
                    channels[channel] = [data[start:after]]
            else:
                reply, after = self._read_reply(data, position)
                if reply is None:
                    break
                self.replies.append(reply)
                if len(self.replies) > MAX_REPLIES:
                    raise RtspSyntaxError("replies to nothing")
            position = after
        self._pending = data[position:]
        return channels

    def _read_reply(self, data: bytes, position: int) -> tuple[Reply | None, int]:
        if not data.startswith(b"RTSP", position):
            raise RtspSyntaxError("neither a packet nor a reply")
        end = data.find(b"\r\n\r\n", position)
        if end < 0:
            if len(data) - position > MAX_HEAD_BYTES:
                raise RtspSyntaxError("a reply without an end")
            return None, position
        reply = parse_head(data[position:end])
        after = end + 4 + content_length(reply)
        return (reply, after) if after <= len(data) else (None, position)
