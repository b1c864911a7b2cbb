"""Reads single bits and Exp-Golomb codes, for parameter sets and slice headers only."""

from huiyan_media.errors import BitstreamError

MAX_LEADING_ZEROS = 32


class BitReader:
    """Reads from the first bit of `data` on (an RBSP: without emulation prevention).

    Every read raises BitstreamError past the end. Meant for short data: each read costs time in
    proportion to the length.
    """

    __slots__ = ("_left", "_value")

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data, "big")
        self._left = len(data) * 8

    @property
    def bits_left(self) -> int:
        """How many bits are not yet read, with the trailing ones."""
        return self._left

    def bits(self, count: int) -> int:
        """u(n): the next `count` bits as an unsigned number."""
        left = self._left - count
        if left < 0:
            raise BitstreamError("the bitstream ends too early")
        self._left = left
        return (self._value >> left) & ((1 << count) - 1)

    def flag(self) -> bool:
        """u(1)"""
        return self.bits(1) == 1

    def ue(self) -> int:
        """ue(v): unsigned Exp-Golomb (H.264 and H.265, 9.1/9.2)."""
        rest = self._value & ((1 << self._left) - 1)
        zeros = self._left - rest.bit_length()
        if zeros > MAX_LEADING_ZEROS:
            raise BitstreamError("an Exp-Golomb code is too long")
        self.bits(zeros)
        return self.bits(zeros + 1) - 1

    def se(self) -> int:
        """se(v): signed Exp-Golomb."""
        code = self.ue()
        return (code + 1) >> 1 if code & 1 else -(code >> 1)
