"""The clips of the demo's cameras: drawn and encoded when first needed, then kept in a folder."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import cache
from multiprocessing import get_context
from pathlib import Path

from huiyan_testing.camera.clip import Clip, load_clip
from huiyan_testing.camera.demo_sites import demo_site
from huiyan_testing.parent_death import end_this_process_with
from huiyan_testing.scenes import bar
from huiyan_testing.scenes.render import RenderJob, render
from huiyan_testing.scenes.rendition import TrackName, VideoVariant
from huiyan_testing.scenes.scene import SceneKind

DEFAULT_LOOP_FRAMES = 250  # 10 s
Progress = Callable[[int, int], None]  # cameras done, cameras to do


class ClipLibrary:
    """Files are named by camera, track, codec and length below `cache/scenes-<version>`; the
    version is a hash of the drawing code, so that new code draws anew. Thread-safe.

    `shared_clip`: every camera shows camera 1's clip (the stamp still tells them apart).
    `kind_of` chooses the scene of a camera number.
    """

    def __init__(
        self,
        cache: Path | None = None,
        *,
        loop_frames: int = DEFAULT_LOOP_FRAMES,
        shared_clip: bool = False,
        kind_of: Callable[[int], SceneKind] | None = None,
    ) -> None:
        self._cache = (cache or default_cache()) / f"scenes-{drawing_version()}"
        self._loop_frames = loop_frames
        self._shared_clip = shared_clip
        self._kind_of = kind_of or (lambda number: demo_site(number).kind)
        self._clips: dict[tuple[int, TrackName, VideoVariant], Clip] = {}
        self._locks: dict[tuple[int, VideoVariant], threading.Lock] = {}
        self._guard = threading.Lock()

    def clip(
        self, number: int, track: TrackName, variant: VideoVariant = VideoVariant.H264
    ) -> Clip:
        """Blocks while the clip is drawn (seconds) or read (milliseconds). Raises ClipError."""
        number = 1 if self._shared_clip else number
        key = (number, track, variant)
        with self._lock(number, variant):
            if key not in self._clips:
                job = self._job(number, variant, (track,))
                if job is not None:
                    render(job)
                self._clips[key] = load_clip(self._path(number, track, variant))
            return self._clips[key]

    def prepare(
        self,
        numbers: Iterable[int],
        progress: Progress | None = None,
        *,
        variants: Sequence[VideoVariant] = (VideoVariant.H264,),
        processes: int = 2,
    ) -> int:
        """Draw what is missing for these cameras, both tracks; returns how many were drawn."""
        wanted = [1] if self._shared_clip else sorted(set(numbers))
        jobs = [
            job
            for variant in variants
            for number in wanted
            if (job := self._job(number, variant, tuple(TrackName))) is not None
        ]
        if not jobs:
            return 0
        context = get_context("spawn")
        with ProcessPoolExecutor(
            min(processes, len(jobs)),
            mp_context=context,
            initializer=end_this_process_with,
            initargs=(os.getpid(),),
        ) as pool:
            futures = [pool.submit(render, job) for job in jobs]
            for done, future in enumerate(as_completed(futures), 1):
                future.result()
                if progress is not None:
                    progress(done, len(jobs))
        return len(jobs)

    def missing(self, number: int) -> RenderJob | None:
        """What draws both tracks of a camera; None when they are there. The caller renders it."""
        return self._job(1 if self._shared_clip else number, VideoVariant.H264, tuple(TrackName))

    def _job(
        self, number: int, variant: VideoVariant, tracks: Sequence[TrackName]
    ) -> RenderJob | None:
        files = tuple(
            (track, path)
            for track in tracks
            if not (path := self._path(number, track, variant)).exists()
        )
        if not files:
            return None
        self._cache.mkdir(parents=True, exist_ok=True)
        return RenderJob(number, self._kind_of(number), variant, files, self._loop_frames)

    def _path(self, number: int, track: TrackName, variant: VideoVariant) -> Path:
        kind = self._kind_of(number)
        return self._cache / f"{number:05d}-{kind}-{track}-{variant}-{self._loop_frames}.mp4"

    def _lock(self, number: int, variant: VideoVariant) -> threading.Lock:
        with self._guard:
            return self._locks.setdefault((number, variant), threading.Lock())


def default_cache() -> Path:
    """`$XDG_CACHE_HOME/huiyan`, by default `~/.cache/huiyan`."""
    root = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(root) / "huiyan"


@cache
def drawing_version() -> str:
    """Changes whenever the code that draws or encodes changes."""
    digest = hashlib.sha256()
    for source in sorted(Path(bar.__file__).parent.glob("*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:12]
