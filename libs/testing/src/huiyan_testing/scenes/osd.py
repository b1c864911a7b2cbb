"""The camera's number as white pixels in the lower right corner, as recorders burn it in."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_GLYPHS = {  # 5×7 pixels, one row per 5 bits, from the top
    "0": "01110 10001 10011 10101 11001 10001 01110",
    "1": "00100 01100 00100 00100 00100 00100 01110",
    "2": "01110 10001 00001 00110 01000 10000 11111",
    "3": "11110 00001 00001 01110 00001 00001 11110",
    "4": "00010 00110 01010 10010 11111 00010 00010",
    "5": "11111 10000 11110 00001 00001 10001 01110",
    "6": "00110 01000 10000 11110 10001 10001 01110",
    "7": "11111 00001 00010 00100 01000 01000 01000",
    "8": "01110 10001 10001 01110 10001 10001 01110",
    "9": "01110 10001 10001 01111 00001 00010 01100",
    "C": "01110 10001 10000 10000 10000 10001 01110",
    "A": "01110 10001 10001 11111 10001 10001 10001",
    "M": "10001 11011 10101 10101 10001 10001 10001",
    "°": "00110 01001 01001 00110 00000 00000 00000",
    "-": "00000 00000 00000 01110 00000 00000 00000",
    ".": "00000 00000 00000 00000 00000 01100 01100",
    ":": "00000 01100 01100 00000 01100 01100 00000",
    " ": "00000 00000 00000 00000 00000 00000 00000",
}
_WHITE, _BLACK = 225, 28


def text_mask(text: str, scale: int) -> NDArray[np.bool_]:
    """Shape (7 * scale, 6 * len(text) * scale); only digits, `CAM`, `°-.:` and space."""
    rows = [[int(bit) for bit in "0".join(_GLYPHS[c].split()[y] for c in text)] for y in range(7)]
    return np.kron(np.array(rows, bool), np.ones((scale, scale), bool)).astype(bool)


def draw_number(luma: NDArray[np.uint8], number: int) -> None:
    """Draw `CAM 07` into a luma plane (H, W)."""
    height, width = luma.shape
    mask = text_mask(f"CAM {number:02d}", max(1, height // 300))
    margin = height // 30
    rows, columns = mask.shape
    corner = luma[
        height - margin - rows : height - margin, width - margin - columns : width - margin
    ]
    below = luma[
        height - margin - rows + 1 : height - margin + 1,
        width - margin - columns + 1 : width - margin + 1,
    ]
    below[mask] = _BLACK
    corner[mask] = _WHITE
