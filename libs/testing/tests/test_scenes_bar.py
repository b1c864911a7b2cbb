"""The clock bar: cells, and reading them back after drawing, coding and decoding."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from huiyan_testing.camera.clip import load_clip
from huiyan_testing.scenes.bar import (
    BITS,
    CELLS,
    MAX_LOOP_FRAMES,
    BarReading,
    bar_cells,
    draw_bar,
    read_bar,
)
from huiyan_testing.scenes.catalogue import open_scene
from huiyan_testing.scenes.render import RenderJob, render
from huiyan_testing.scenes.rendition import RENDITIONS, TrackName, VideoVariant
from huiyan_testing.scenes.scene import HEIGHT, WIDTH, SceneKind
from hypothesis import given
from hypothesis import strategies as st

_FRAMES = 50


def _planes(height: int, width: int) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]:
    chroma = np.zeros((height // 2, width // 2), np.uint8)
    return np.full((height, width), 99, np.uint8), (chroma, chroma.copy())


@given(
    st.integers(1, 255),
    st.integers(0, MAX_LOOP_FRAMES - 1),
    st.sampled_from([(720, 1280), (360, 640)]),
)
def test_round_trip_in_the_planes(camera: int, frame: int, size: tuple[int, int]) -> None:
    luma, chroma = _planes(*size)
    draw_bar(luma, chroma, camera, frame)
    assert read_bar(luma) == BarReading(camera, frame)
    assert read_bar(np.stack([luma] * 3, axis=-1)) == BarReading(camera, frame)
    assert (luma[size[0] // 9 :] == 99).all()


def test_neighbouring_frames_differ_in_one_cell() -> None:
    for frame in range(300):
        now, following = bar_cells(5, frame), bar_cells(5, frame + 1)
        assert sum(a != b for a, b in zip(now, following, strict=True)) == 1
    assert len(bar_cells(1, 0)) == CELLS == BITS + 2


def test_loop_longer_than_the_bar_is_refused() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        bar_cells(1, MAX_LOOP_FRAMES)


def test_picture_without_bar_reads_as_none() -> None:
    luma, _ = _planes(360, 640)
    assert read_bar(luma) is None


@pytest.mark.parametrize("variant", list(VideoVariant))
def test_every_frame_survives_coding(tmp_path: Path, variant: VideoVariant) -> None:
    files = tuple((track, tmp_path / f"{track}.mp4") for track in TrackName)
    render(RenderJob(9, SceneKind.SMOKE, variant, files, _FRAMES))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["main.mp4", "sub.mp4"]
    for track, path in files:
        with av.open(str(path)) as container:
            frames = [frame.to_ndarray(format="gray") for frame in container.decode(video=0)]
        size = RENDITIONS[track]
        assert frames[0].shape == (size.height, size.width)
        assert [read_bar(f) for f in frames] == [BarReading(9, n) for n in range(_FRAMES)]
        clip = load_clip(path)
        keys = [index for index, picture in enumerate(clip.pictures) if picture.keyframe]
        assert keys == list(range(0, _FRAMES, size.gop))
        reordered = [picture.frame for picture in clip.pictures] != list(range(_FRAMES))
        assert reordered == (variant is VideoVariant.B_FRAMES)


@pytest.mark.parametrize("kind", list(SceneKind))
def test_scenes_move_and_differ_by_seed(kind: SceneKind) -> None:
    scene = open_scene(kind, 3)
    first = scene.picture(0.2).copy()
    assert (first.shape, first.dtype) == ((HEIGHT, WIDTH, 3), np.uint8)
    assert np.abs(first.astype(int) - scene.picture(0.7)).max() > 40
    assert (first == scene.picture(0.2)).all()
    assert np.abs(first.astype(int) - open_scene(kind, 4).picture(0.2)).mean() > 1
    assert first.std() > 15
