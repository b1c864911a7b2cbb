"""The clock bar: camera number and frame number in the pixels, readable after any video coding.

22 cells lie across the top of the picture, each `width // 22` wide, the bar `height // 9` high:

    cell 0: white (sync) | 1…20: Gray code of a 20-bit value, lowest bit first | 21: black

white = 1, black = 0. The value is `camera number << 12 | frame of the loop`: 8 bits of camera
number (numbers above 255 wrap) and 12 bits of frame. A reader samples the middle of each cell, at
half the bar's height, and compares the luma (or green) with 128:

    gray  = sum(bit[k] << k for k in 0..19)          # bit k is in cell k + 1
    value = gray ^ gray >> 1 ^ gray >> 2 ^ …         # prefix xor
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

CELLS = 22
BITS = 20
FRAME_BITS = 12
MAX_LOOP_FRAMES = 1 << FRAME_BITS
HEIGHT_DIVISOR = 9
_WHITE, _BLACK, _THRESHOLD = 235, 16, 128
_NEUTRAL_CHROMA = 128


@dataclass(frozen=True, slots=True)
class BarReading:
    camera: int  # modulo 256
    frame: int


def bar_cells(camera: int, frame: int) -> list[int]:
    """The 22 cells, 1 for white. Raises ValueError when the frame needs more than 12 bits."""
    if not 0 <= frame < MAX_LOOP_FRAMES:
        raise ValueError(f"frame {frame} does not fit into the bar")
    value = (camera & 0xFF) << FRAME_BITS | frame
    gray = value ^ (value >> 1)
    return [1, *((gray >> bit) & 1 for bit in range(BITS)), 0]


def draw_bar(
    luma: NDArray[np.uint8],
    chroma: tuple[NDArray[np.uint8], ...],
    camera: int,
    frame: int,
) -> None:
    """Draw into yuv420p planes: luma (H, W), chroma (H/2, W/2) each; limited range."""
    height, width = luma.shape
    cell, rows = width // CELLS, height // HEIGHT_DIVISOR
    levels = np.array(bar_cells(camera, frame), np.uint8) * (_WHITE - _BLACK) + _BLACK
    luma[:rows, : cell * CELLS] = np.repeat(levels, cell)
    luma[:rows, cell * CELLS :] = _BLACK
    for plane in chroma:
        plane[: rows // 2] = _NEUTRAL_CHROMA


def read_bar(picture: NDArray[np.uint8]) -> BarReading | None:
    """Read from luma (H, W) or RGB (H, W, 3); None when the sync cells are wrong."""
    height, width = picture.shape[:2]
    cell, row = width // CELLS, height // HEIGHT_DIVISOR // 2
    line = picture[row] if picture.ndim == 2 else picture[row, :, 1]
    cells = [int(line[index * cell + cell // 2] > _THRESHOLD) for index in range(CELLS)]
    if cells[0] != 1 or cells[-1] != 0:
        return None
    value = sum(bit << position for position, bit in enumerate(cells[1:-1]))
    for shift in (1, 2, 4, 8, 16):
        value ^= value >> shift
    return BarReading(value >> FRAME_BITS, value & (MAX_LOOP_FRAMES - 1))
