"""Which class draws which kind of scene."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from huiyan_testing.scenes.courtyard import Courtyard
from huiyan_testing.scenes.pedestrians import Pedestrians
from huiyan_testing.scenes.reservoir import Reservoir
from huiyan_testing.scenes.road import KeyRoad
from huiyan_testing.scenes.scene import Scene, SceneKind
from huiyan_testing.scenes.smoke import StrawSmoke
from huiyan_testing.scenes.thermal import ThermalHillside

_PAINTERS: Mapping[SceneKind, Callable[[int], Scene]] = {
    SceneKind.COURTYARD: Courtyard,
    SceneKind.ROAD: KeyRoad,
    SceneKind.RESERVOIR: Reservoir,
    SceneKind.THERMAL: ThermalHillside,
    SceneKind.SMOKE: StrawSmoke,
    SceneKind.PEDESTRIANS: Pedestrians,
}


def open_scene(kind: SceneKind, seed: int) -> Scene:
    """A scene of this kind; different seeds give different places."""
    return _PAINTERS[kind](seed)
