"""From a scene to the coded files of one camera: grade, mirror, grain, clock bar, encoding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import av

from huiyan_testing.scenes.bar import draw_bar
from huiyan_testing.scenes.catalogue import open_scene
from huiyan_testing.scenes.encode import ClipWriter
from huiyan_testing.scenes.grade import Grade
from huiyan_testing.scenes.osd import draw_number
from huiyan_testing.scenes.planes import Plane, join_planes, split_planes
from huiyan_testing.scenes.rendition import RENDITIONS, TrackName, VideoVariant
from huiyan_testing.scenes.scene import HEIGHT, WIDTH, SceneKind


@dataclass(frozen=True, slots=True)
class RenderJob:
    """One camera in one codec variant. `files` gives a path for each wanted track."""

    number: int
    kind: SceneKind
    variant: VideoVariant
    files: tuple[tuple[TrackName, Path], ...]
    frames: int


def render(job: RenderJob) -> int:
    """Draw and encode; files appear complete or not at all. Returns the camera number."""
    scene = open_scene(job.kind, job.number)
    grade = Grade.for_camera(job.number, job.kind)
    drafts = [(track, path.with_suffix(".part")) for track, path in job.files]
    writers = [(track, ClipWriter(draft, track, job.variant)) for track, draft in drafts]
    for index in range(job.frames):
        picture = scene.picture(index / job.frames)
        frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
        graded = grade.apply(frame.reformat(format="yuv420p", interpolation="FAST_BILINEAR"), index)
        for track, writer in writers:
            writer.write(_rendition(graded, track, job.number, index))
    for _, writer in writers:
        writer.close()
    for (_, draft), (_, path) in zip(drafts, job.files, strict=True):
        draft.replace(path)
    return job.number


def _rendition(planes: Sequence[Plane], track: TrackName, number: int, index: int) -> av.VideoFrame:
    """The frame in this track's size, with the number on screen and the bar."""
    size = RENDITIONS[track]
    if (size.width, size.height) != (WIDTH, HEIGHT):
        small = join_planes(planes).reformat(size.width, size.height, interpolation="FAST_BILINEAR")
        planes = split_planes(small)
    luma, *chroma = (plane.copy() for plane in planes)
    draw_number(luma, number)
    draw_bar(luma, tuple(chroma), number, index)
    return join_planes((luma, *chroma))
