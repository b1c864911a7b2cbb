"""`huiyan camera add|list`: one's own camera joins, with a test of its picture."""

from __future__ import annotations

import asyncio
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

from huiyan_runner.data_folder import DataFolder
from huiyan_runner.registry_client import ApiError, RegistryClient
from huiyan_runner.sign_option import activate, read_sign

TEST_S = 10.0
RATE_S = 4.0
_ASK_EVERY_S = 0.3
# States after which waiting longer changes nothing.
_SETTLED = {"unauthorised", "not_found", "refused", "unsupported", "garbage"}
STATE_WORDS = {
    "off": "关着 / switched off",
    "connecting": "还在连 / still connecting",
    "online": "在线 / online",
    "stalled": "连上了但没有新画面 / connected, but no new picture",
    "unreachable": "连不上：地址、网络或电源 / unreachable: address, network or power",
    "unauthorised": "用户名或密码不对 / wrong user or password",
    "not_found": "摄像头上没有这个路径 / no such path at the camera",
    "refused": "这个地址不许连 / this address is not allowed",
    "unsupported": "编码格式不支持 / the format is not supported",
    "garbage": "回来的不是视频 / what came back is no video",
}


@dataclass(frozen=True, slots=True)
class NewCamera:
    """What was typed. User info in the URL is taken out before anything is sent."""

    url: str
    name: str
    area: str = ""
    household: str = ""
    user: str = ""
    password: str = ""
    sub_url: str = ""
    legal_class: str = ""
    site_kind: str = ""
    placement: str = ""
    sign: Path | None = None
    posted_on: str = ""


def without_user_info(camera: NewCamera) -> NewCamera:
    """The same with user and password moved from the URL to their fields."""
    parts = urlsplit(camera.url)
    if not (parts.username or parts.password):
        return camera
    return replace(
        camera,
        url=urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2])),
        user=camera.user or unquote(parts.username or ""),
        password=camera.password or unquote(parts.password or ""),
    )


def with_household(camera: NewCamera, home: str) -> NewCamera:
    """A camera that is not said to be public belongs to a household: nobody else sees it unasked.

    `home` is the first household: the demo's first family, or 我家 of a new town.
    ApiError when there is none to belong to.
    """
    if camera.household or camera.legal_class not in ("", "household"):
        return camera
    if not home:
        raise ApiError(
            0,
            "请用 --household 说是哪一户的，或用 --legal-class 说是公共的\n"
            "say whose it is with --household, or that it is public with --legal-class",
        )
    return replace(camera, household=home)


async def add(folder: DataFolder, camera: NewCamera) -> int:
    """Register and wait for the test picture; exit status 1 with the named reason without one.

    A public camera is active only with its sign (--sign, --posted-on): without, it is registered,
    what is missing is told, and the exit status is 1.
    """
    camera = with_household(without_user_info(camera), folder.read_home())
    sign = read_sign(camera.sign, camera.posted_on)
    if sign is not None and camera.household:
        raise ApiError(0, "家庭摄像机不用告示牌\na household's camera has no sign")
    async with RegistryClient(folder.read_state(), folder) as client:
        await client.login("operator")
        body: dict[str, Any] = {
            "name": camera.name or urlsplit(camera.url).hostname or "摄像头",
            "area": camera.area or await _area_of(client, camera.household),
            "legal_class": camera.legal_class or "household",
            "site_kind": camera.site_kind or ("courtyard" if camera.household else "other"),
            "placement": camera.placement
            or ("courtyard" if camera.household else "public_outdoor"),
            "main_url": camera.url,
        }
        optional = {
            "household": camera.household,
            "sub_url": camera.sub_url,
            "user": camera.user,
            "password": camera.password,
        }
        body |= {name: value for name, value in optional.items() if value}
        made = await client.ask("POST", "/api/v1/cameras", body)
        print(f"已登记 / registered: {made['id']}  {made['name']}", flush=True)
        if made["life"] != "active" and not await activate(client, made["id"], sign):
            return 1
        presence = await _wait_for_picture(client, made["id"])
    if presence["state"] == "online":
        print(f"画面正常 / picture: {describe_tracks(presence)}")
        return 0
    told = STATE_WORDS.get(presence["state"], presence["state"])
    cause = presence.get("cause") or presence["state"]
    print(f"还没有画面 / no picture yet: {told} ({cause})", file=sys.stderr)
    return 1


async def _wait_for_picture(client: RegistryClient, camera: str) -> dict[str, Any]:
    """The presence once it is settled, or the last one after 10 s."""
    deadline = time.monotonic() + TEST_S
    enough = float("inf")
    presence: dict[str, Any] = {"state": "connecting", "cause": None, "tracks": []}
    while time.monotonic() < deadline:
        presence = (await client.ask("GET", f"/api/v1/cameras/{camera}"))["presence"] or presence
        if presence["state"] in _SETTLED:
            break
        if presence["state"] == "online":
            # The frame rate is known a little later than the picture: worth waiting, not for long.
            enough = min(enough, time.monotonic() + RATE_S)
            tracks = presence.get("tracks") or []
            if any(track.get("fps") for track in tracks) or time.monotonic() > enough:
                break
        await asyncio.sleep(_ASK_EVERY_S)
    return presence


def describe_tracks(presence: dict[str, Any]) -> str:
    """Size, rate and codec of each track on one line."""
    told = []
    for track in presence.get("tracks") or []:
        size = f" {track['width']}×{track['height']}" if track.get("width") else ""
        rate = f" {track['fps']:.0f} fps" if track.get("fps") else ""
        told.append(f"{track['track']} {track['codec']}{size}{rate}")
    return "；".join(told) or "—"


async def _area_of(client: RegistryClient, household: str) -> str:
    """Where the household's other cameras are, else the first group of the area tree."""
    if household:
        for camera in await client.pages("/api/v1/cameras", limit=100):
            if camera["household"] == household:
                return str(camera["area"])
    tree = await client.ask("GET", "/api/v1/areas")
    nodes = tree if isinstance(tree, list) else [tree]
    deepest = ""
    while nodes:
        deepest = nodes[0]["code"]
        nodes = nodes[0].get("children") or []
    if not deepest:
        raise ApiError(0, "还没有区划，请用 --area / there is no area yet; give --area")
    return str(deepest)


async def show_all(folder: DataFolder) -> int:
    """One line a camera."""
    async with RegistryClient(folder.read_state(), folder) as client:
        await client.login("operator")
        for camera in await client.pages("/api/v1/cameras", limit=100):
            presence = camera.get("presence") or {}
            state = presence.get("state", "off")
            print(
                f"{camera['id']}  {STATE_WORDS.get(state, state):<28}  {camera['name']}"
                f"  {camera.get('area_name', '')}  {describe_tracks(presence)}"
            )
    return 0
