"""The sign of a public camera, and the step that needs it: `--sign PHOTO --posted-on DAY`."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from huiyan_runner.registry_client import ApiError, RegistryClient

LACK_WORDS = {
    "signage": "告示牌的照片和张贴日期 / the photo of its sign, and the day it was posted",
    "placement": "安装位置的承诺 / the attested placement",
    "live_check": "现场看过画面 / the live check on the spot",
}
_PHOTOS = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG": "image/png"}


@dataclass(frozen=True, slots=True)
class SignOption:
    """The photo of a public camera's sign and the day it was posted: both, or neither."""

    photo: bytes
    kind: str
    posted_on: str


def read_sign(file: Path | None, posted_on: str) -> SignOption | None:
    """From --sign and --posted-on, before anything is sent. ApiError says which is wrong."""
    if file is None and not posted_on:
        return None
    if file is None or not posted_on:
        raise ApiError(
            0,
            "--sign 和 --posted-on 要一起给\ngive --sign and --posted-on together",
        )
    try:
        date.fromisoformat(posted_on)
        photo = file.read_bytes()
    except ValueError as error:
        text = "--posted-on 写成 2024-05-01\nwrite --posted-on as 2024-05-01"
        raise ApiError(0, text) from error
    except OSError as error:
        raise ApiError(
            0, f"照片读不出来 / the photo cannot be read: {error.strerror}: {file}"
        ) from error
    kind = next((kind for start, kind in _PHOTOS.items() if photo.startswith(start)), "")
    if not kind:
        raise ApiError(0, "照片要 JPEG 或 PNG\nthe photo must be JPEG or PNG")
    return SignOption(photo, kind, posted_on)


async def activate(client: RegistryClient, camera: str, sign: SignOption | None) -> bool:
    """Hand in the sign and make the camera active; False, told, while something is missing."""
    path = f"/api/v1/cameras/{camera}"
    if sign is not None:
        await client.send("PUT", f"{path}/signage", sign.photo, sign.kind, posted_on=sign.posted_on)
    try:
        await client.ask("POST", f"{path}/state", {"state": "active"})
    except ApiError as error:
        if error.code != "incomplete":
            raise
        print(_how_to_go_on(camera, error.missing), file=sys.stderr)
        return False
    return True


def _how_to_go_on(camera: str, missing: list[str]) -> str:
    lines = ["还没启用，缺 / not active yet, missing:"]
    lines += [f"  {LACK_WORDS.get(lack, lack)}" for lack in missing]
    lines.append(
        f"在 /admin#/cameras/{camera} 打印告示牌、交照片，再启用；下次加的时候可以直接带\n"
        "print the sign, hand in its photo and activate the camera there; or give them at once with"
    )
    lines.append("  --sign PHOTO.jpg --posted-on 2024-05-01")
    return "\n".join(lines)
