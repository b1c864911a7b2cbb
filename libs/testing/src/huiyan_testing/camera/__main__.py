"""`python -m huiyan_testing.camera`: a farm of demo cameras until SIGTERM or SIGINT.

It answers at once; what is not in the cache is drawn meanwhile, camera by camera.

With `--sent-log`, SIGUSR1 writes what was sent lately: a benchmark compares it with what was shown.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import signal
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from huiyan_testing.camera.digest import Credential
from huiyan_testing.camera.drawing import BackgroundDrawing, write_progress
from huiyan_testing.camera.farm import CameraFarm
from huiyan_testing.camera.library import DEFAULT_LOOP_FRAMES, ClipLibrary
from huiyan_testing.camera.pacer import DEFAULT_SLOTS
from huiyan_testing.onvif.discovery import PORT
from huiyan_testing.onvif.farm import OnvifFarm


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m huiyan_testing.camera", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0: any free port")
    parser.add_argument("--cameras", type=int, default=16, help="how many are drawn")
    parser.add_argument("--first", type=int, default=1, help="the camera that is drawn first")
    parser.add_argument("--cache", type=Path, help="folder for the drawn clips")
    parser.add_argument("--credential-file", type=Path, help="one line user:password for /auth/")
    parser.add_argument("--ports-file", type=Path, help='written when ready: {"rtsp": port, …}')
    parser.add_argument(
        "--progress-file", type=Path, help='JSON {"drawn": [camera, …], "wanted": n}, kept current'
    )
    parser.add_argument("--sent-log", type=Path, help="where SIGUSR1 writes the newest units")
    parser.add_argument("--shared-clip", action="store_true", help="all show camera 1's clip")
    parser.add_argument(
        "--slots", type=int, default=DEFAULT_SLOTS, help="phases the cameras are spread over"
    )
    parser.add_argument(
        "--onvif",
        type=int,
        nargs="*",
        metavar="CAMERA",
        help="ONVIF for these cameras (without a number: for each), each at a port of its own",
    )
    parser.add_argument(
        "--onvif-port", type=int, default=0, help="of the first one, the others follow; 0: any free"
    )
    parser.add_argument("--discovery-port", type=int, default=PORT, help="of WS-Discovery, UDP")
    parser.add_argument("--loop-frames", type=int, default=DEFAULT_LOOP_FRAMES)
    return parser.parse_args(arguments)


def read_credential(path: Path) -> Credential:
    """Raises ValueError when the file has no `user:password` line."""
    user, colon, password = path.read_text("utf-8").strip().partition(":")
    if not (user and colon and password):
        raise ValueError(f"{path.name} must hold one line user:password")
    return Credential(user, password)


def write_sent_log(farm: CameraFarm, options: argparse.Namespace) -> None:
    """JSON: {"loop_frames": n, "units": [[camera, track, counter, sent_ns], …]}, written whole."""
    units = [
        [number, unit.key.track, unit.counter, unit.sent_ns]
        for number in range(1, options.cameras + 1)
        for unit in farm.camera(number).log.units()
    ]
    draft = options.sent_log.with_suffix(".part")
    draft.write_text(json.dumps({"loop_frames": options.loop_frames, "units": units}))
    draft.replace(options.sent_log)


async def serve(options: argparse.Namespace, clips: ClipLibrary) -> None:
    """Runs until a signal; the ready line is the only output on stdout."""
    credential = read_credential(options.credential_file) if options.credential_file else None
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    drawing = _drawing(options, clips)
    farm = CameraFarm(
        clips,
        credentials=credential,
        host=options.host,
        port=options.port,
        drawing=drawing,
        slots=options.slots,
    )
    if options.sent_log is not None:
        loop.add_signal_handler(signal.SIGUSR1, write_sent_log, farm, options)
    async with farm, contextlib.AsyncExitStack() as stack:
        ports = {"rtsp": farm.port}
        if options.onvif is not None:
            onvif = OnvifFarm(
                farm,
                options.onvif or range(1, options.cameras + 1),
                credential=credential,
                host=options.host,
                port=options.onvif_port,
                discovery_port=options.discovery_port,
            )
            try:
                await stack.enter_async_context(onvif)
            except OSError as error:
                # A machine without multicast on this interface: pictures matter more.
                sys.stderr.write(f"no ONVIF: {error.strerror}\n")
            else:
                ports |= {f"onvif-{number}": port for number, port in onvif.ports.items()}
                ports["discovery"] = onvif.discovery.port
        if options.ports_file is not None:
            draft = options.ports_file.with_suffix(".part")
            draft.write_text(json.dumps(ports))
            draft.replace(options.ports_file)
        sys.stdout.write(f"ready {farm.url(1)} cameras={options.cameras}\n")
        sys.stdout.flush()
        await _draw_until(stop, drawing)


async def _draw_until(stop: asyncio.Event, drawing: BackgroundDrawing) -> None:
    """Return when told to stop; raise when the drawing failed, so that a supervisor begins anew
    with what is in the cache."""
    stopping = asyncio.create_task(stop.wait())
    running = asyncio.create_task(drawing.run())
    try:
        await asyncio.wait({stopping, running}, return_when=asyncio.FIRST_COMPLETED)
        if not stop.is_set():
            running.result()
            await stopping
    finally:
        stopping.cancel()
        running.cancel()
        await asyncio.gather(stopping, running, return_exceptions=True)


def _drawing(options: argparse.Namespace, clips: ClipLibrary) -> BackgroundDrawing:
    numbers = range(1, options.cameras + 1)
    first = [options.first] if options.first in numbers else []

    def tell() -> None:
        if options.progress_file is not None:
            write_progress(options.progress_file, drawing)
        sys.stderr.write(f"drawing cameras {len(drawing.drawn)}/{drawing.wanted}\n")

    drawing = BackgroundDrawing(clips, [*first, *numbers], on_drawn=tell)
    if options.progress_file is not None:
        write_progress(options.progress_file, drawing)
    return drawing


def fastest_loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop's loop where it is installed, else None for asyncio's own."""
    try:
        factory: Callable[[], asyncio.AbstractEventLoop] = import_module("uvloop").new_event_loop
    except ImportError:
        return None
    return factory


def main() -> None:
    options = parse_arguments()
    clips = ClipLibrary(
        options.cache, loop_frames=options.loop_frames, shared_clip=options.shared_clip
    )
    with asyncio.Runner(loop_factory=fastest_loop()) as runner:
        runner.run(serve(options, clips))


if __name__ == "__main__":
    main()
