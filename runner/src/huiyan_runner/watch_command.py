"""`huiyan watch`: is there a picture? A headless viewer that stores nothing."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import httpx
from huiyan_testing.whep_viewer import WatchResult, WhepError, watch

from huiyan_runner.data_folder import DataFolder
from huiyan_runner.registry_client import ApiError, RegistryClient


def as_json(result: WatchResult) -> str:
    """One JSON line: camera, first_frame_ms, fps, frames, lost, bytes, seconds."""
    told = asdict(result)
    for name in ("first_frame_ms", "fps", "seconds"):
        told[name] = round(told[name], 2)
    return json.dumps(told, ensure_ascii=False)


def as_text(result: WatchResult) -> str:
    """The same for a person."""
    return (
        f"{result.camera}: 首帧 first frame {result.first_frame_ms:.0f} ms, {result.fps:.1f} fps, "
        f"{result.frames} 帧 frames, 丢 lost {result.lost}, {result.bytes / 1000:.0f} kB, "
        f"{result.seconds:.1f} s"
    )


async def run(folder: DataFolder, camera: str, seconds: float, *, json_line: bool) -> int:
    """Exit status 1, with the reason on standard error, when there is no picture."""
    state = folder.read_state()
    async with RegistryClient(state, folder) as client:
        await client.login("probe")
        chosen = camera or await _first_camera(client)
        grant = await client.ask(
            "POST",
            "/api/v1/grants",
            {
                "kind": "probe",
                "purpose": {"code": "maintenance", "text": "huiyan watch"},
                "views": [{"camera": chosen, "streams": ["main", "sub"]}],
            },
        )
        try:
            views = _allowed(grant, chosen)
            url = f"{str(grant['relay']['whep']).rstrip('/')}/{chosen}/{_stream(views)}"
            result = await watch(url, grant["token"], seconds)
        except (WhepError, httpx.HTTPError, OSError, TimeoutError) as error:
            raise ApiError(0, f"{chosen}: 画面没有来 / no picture: {error}") from error
        finally:
            await client.ask("DELETE", f"/api/v1/grants/{grant['id']}")
    if not result.frames or result.first_frame_ms is None:
        raise ApiError(0, f"{chosen}: 没有收到画面 / no picture arrived")
    print(as_json(result) if json_line else as_text(result), flush=True)
    return 0


async def _first_camera(client: RegistryClient) -> str:
    """The first that is online; with none, the first, whose state is then the reason told."""
    page = await client.ask("GET", "/api/v1/cameras", limit=100)
    cameras = page["items"]
    if not cameras:
        raise ApiError(0, "还没有摄像头 / there is no camera yet")
    online = [one for one in cameras if (one.get("presence") or {}).get("state") == "online"]
    return str((online or cameras)[0]["id"])


def _allowed(grant: dict[str, Any], camera: str) -> dict[str, Any]:
    """The view that the grant holds. ApiError with the registry's reason when it holds none."""
    for view in grant["views"]:
        if view["camera"] == camera:
            return dict(view)
    for refused in grant.get("refused", []):
        if refused["camera"] == camera:
            raise ApiError(403, f"{camera}: {refused['hint']} / {refused['hint_en']}")
    raise ApiError(403, f"{camera}: 不许看 / not allowed")


def _stream(view: dict[str, Any]) -> str:
    streams = view.get("streams") or ["main"]
    return "main" if "main" in streams else str(streams[0])
