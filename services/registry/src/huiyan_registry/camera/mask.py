"""Privacy masks (rules.md P2): polygons that must not be seen outside the household; pure.

Coordinates are fractions of the picture, x to the right and y down, both 0…1.
"""

from collections.abc import Sequence

from huiyan_registry.refusals import invalid

MOST_POLYGONS = 16
FEWEST_POINTS, MOST_POINTS = 3, 64
# Below this share of the picture a polygon hides nothing: the points lie on a line.
_LEAST_AREA = 1e-5
Polygon = Sequence[tuple[float, float]]


def check_mask(polygons: Sequence[Polygon]) -> None:
    """INVALID `mask` for too many, too few or misplaced points, or an area of nothing."""
    if len(polygons) > MOST_POLYGONS:
        raise invalid("最多画 16 块遮挡", "At most 16 masks", "mask")
    for polygon in polygons:
        if not FEWEST_POINTS <= len(polygon) <= MOST_POINTS:
            raise invalid("一块遮挡要 3 到 64 个点", "A mask has 3 to 64 points", "mask")
        # Written so that a NaN fails too.
        if not all(0 <= x <= 1 and 0 <= y <= 1 for x, y in polygon):
            raise invalid("遮挡画到画面外面了", "A mask leaves the picture", "mask")
        if area_of(polygon) < _LEAST_AREA:
            raise invalid("遮挡太小，挡不住东西", "A mask covers nothing", "mask")


def area_of(polygon: Polygon) -> float:
    """The share of the picture that a simple polygon covers, 0…1 (shoelace formula)."""
    following = [*polygon[1:], polygon[0]]
    twice = sum(x * v - u * y for (x, y), (u, v) in zip(polygon, following, strict=True))
    return abs(twice) / 2


def keeps(old: Sequence[Polygon], new: Sequence[Polygon]) -> bool:
    """True when every polygon of `old` is still in `new`."""
    held = {tuple(map(tuple, polygon)) for polygon in new}
    return all(tuple(map(tuple, polygon)) in held for polygon in old)
