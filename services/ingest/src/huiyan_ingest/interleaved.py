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
Item = tuple[int, bytes] | Reply


class InterleavedReader:
    """Cuts the bytes of a playing connection into (channel, packet) and replies to keep-alives.

    After an RtspSyntaxError the connection cannot be used any more.
    """

    def __init__(self) -> None:
        self._pending = b""

    def feed(self, data: bytes) -> list[Item]:
        """Everything that is complete now. Raises RtspSyntaxError for other bytes."""
        if self._pending:
            data = self._pending + data
        items: list[Item] = []
        position, end = 0, len(data)
        while end - position >= _HEADER_BYTES:
            if data[position] == _DOLLAR:
                start = position + _HEADER_BYTES
                after = start + (data[position + 2] << 8 | data[position + 3])
                if after > end:
                    break
                items.append((data[position + 1], data[start:after]))
            else:
                reply, after = self._read_reply(data, position)
                if reply is None:
                    break
                items.append(reply)
            position = after
        self._pending = data[position:]
        return items

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
