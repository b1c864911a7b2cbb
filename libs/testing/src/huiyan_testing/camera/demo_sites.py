"""The demo's camera sites: a small town's watch points and household courtyards."""

from __future__ import annotations

from dataclasses import dataclass

from huiyan_testing.scenes.scene import SceneKind


@dataclass(frozen=True, slots=True)
class DemoSite:
    """`household`: number of the household the camera belongs to, None for a public one."""

    number: int
    name: str
    kind: SceneKind
    household: int | None = None

    @property
    def public(self) -> bool:
        return self.household is None


_TEMPLATES: tuple[tuple[str, SceneKind, int | None], ...] = (
    ("村口主路·东", SceneKind.ROAD, None),
    ("院坝", SceneKind.COURTYARD, 1),
    ("新寨水库·水尺", SceneKind.RESERVOIR, None),
    ("松林坡·热像", SceneKind.THERMAL, None),
    ("大门口", SceneKind.COURTYARD, 1),
    ("文化广场", SceneKind.PEDESTRIANS, None),
    ("东沟田坝·秸秆", SceneKind.SMOKE, None),
    ("村口主路·西", SceneKind.ROAD, None),
    ("院坝", SceneKind.COURTYARD, 2),
    ("拦河堰·水尺", SceneKind.RESERVOIR, None),
    ("后院鸡舍", SceneKind.COURTYARD, 2),
    ("三岔路口", SceneKind.ROAD, None),
    ("青杠岭·热像", SceneKind.THERMAL, None),
    ("院坝", SceneKind.COURTYARD, 3),
    ("场镇街口", SceneKind.PEDESTRIANS, None),
    ("上坝田·秸秆", SceneKind.SMOKE, None),
)
_HOUSEHOLDS = 3
DEFAULT_SITES = len(_TEMPLATES)


def demo_site(number: int) -> DemoSite:
    """Site of camera `number` (from 1). Above 16 the pattern repeats with a point number and
    households of its own."""
    if number < 1:
        raise ValueError("camera numbers begin at 1")
    turn, index = divmod(number - 1, DEFAULT_SITES)
    name, kind, household = _TEMPLATES[index]
    if household is not None:
        return DemoSite(number, name, kind, household + turn * _HOUSEHOLDS)
    return DemoSite(number, name if turn == 0 else f"{name}·{turn + 1}号点", kind)


def demo_sites(count: int = DEFAULT_SITES) -> list[DemoSite]:
    """The first `count` sites."""
    return [demo_site(number) for number in range(1, count + 1)]
