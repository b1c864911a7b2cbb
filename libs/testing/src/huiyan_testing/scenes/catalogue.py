"""Which class draws which kind of scene."""

from __future__ import annotations

from huiyan_testing.scenes.pedestrians import Pedestrians
from huiyan_testing.scenes.scene import Scene, SceneKind


def open_scene(kind: SceneKind, seed: int) -> Scene:
    """A scene of this kind; different seeds give different places."""
    return Pedestrians(seed)
