"""An installer's visit without a browser: probe, draft, test picture by real ingest, verified."""

import base64
import json
import time
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from huiyan_testing.camera import Credential
from huiyan_testing.onvif import OnvifCamera, OnvifDevice
from huiyan_testing.town import Town

pytestmark = [pytest.mark.asyncio(loop_scope="module")]
TOWN_CAMERAS = 1
INSTALLER = "hezhiyuan"
GROUP = "510799101201002"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def camera(town: Town) -> AsyncIterator[OnvifCamera]:
    """A device whose streams are those of the demo's farm, behind the farm's login."""
    user, _, password = (town.data / "keys" / "camera.login").read_text().strip().partition(":")
    rtsp = json.loads((town.data / "ports" / "cameras.json").read_text())["rtsp"]
    device = OnvifDevice(lambda track: f"rtsp://127.0.0.1:{rtsp}/auth/cam/1/{track}")
    async with OnvifCamera(device, credential=Credential(user, password)) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def installer(town: Town) -> AsyncIterator[httpx.AsyncClient]:
    """Logged in."""
    (file,) = town.data.rglob("demo-logins.json")
    login = {
        "account": INSTALLER,
        "password": json.loads(file.read_text())[f"password:{INSTALLER}"],
    }
    async with httpx.AsyncClient(base_url=f"{town.url}/api/v1", timeout=30) as client:
        entered = (await client.post("/login", json=login)).raise_for_status().json()
        client.headers["Huiyan-CSRF"] = entered["csrf"]
        yield client


async def _draft(installer: httpx.AsyncClient, **more: object) -> str:
    body = {
        "name": "四社·新装",
        "area": GROUP,
        "legal_class": "gov_public",
        "site_kind": "road",
        "placement": "roadside",
        **more,
    }
    made = (await installer.post("/cameras", json=body)).raise_for_status().json()
    assert made["life"] == "draft"
    return str(made["id"])


async def test_from_the_probe_to_the_verified_camera(
    town: Town, camera: OnvifCamera, installer: httpx.AsyncClient
) -> None:
    assert camera.login.credential is not None
    login = {"user": camera.login.credential.user, "password": camera.login.credential.password}
    asked = {"address": "127.0.0.1", "port": camera.port, **login}
    probed = (await installer.post("/onboarding/probe", json=asked)).raise_for_status().json()
    urls = {profile["token"]: profile["main_url"] for profile in probed["profiles"]}
    main, sub = probed["suggested"]["main"], probed["suggested"]["sub"]
    draft = await _draft(installer, main_url=urls[main], sub_url=urls[sub], **login)
    early = await installer.post(f"/cameras/{draft}/state", json={"state": "verified"})
    assert (early.status_code, early.json()["code"]) == (409, "incomplete")

    begun = time.monotonic()
    checked = await installer.post("/onboarding/check", json={"camera": draft})
    took_s = time.monotonic() - begun
    told = checked.raise_for_status().json()
    assert base64.b64decode(told["picture"])[:2] == b"\xff\xd8", told["problems"]
    assert took_s < 10
    assert (told["codec"], told["width"], told["height"]) == ("h264", 1280, 720)
    assert 24 < told["fps"] < 26 and told["gop_ms"] == pytest.approx(2000, abs=100)
    assert told["b_frames"] is False and abs(told["clock_offset_ms"]) < 500
    assert told["problems"] == []
    state = await installer.post(f"/cameras/{draft}/state", json={"state": "verified"})
    assert state.raise_for_status().json()["life"] == "verified"
    assert login["password"] not in checked.text + town.printed


async def test_a_wrong_login_is_named(camera: OnvifCamera, installer: httpx.AsyncClient) -> None:
    draft = await _draft(
        installer, main_url=camera.device.stream_url("main"), user="admin", password="wrong one"
    )
    begun = time.monotonic()
    checked = await installer.post("/onboarding/check", json={"camera": draft})
    told = checked.raise_for_status().json()
    assert told["picture"] is None
    assert [problem["code"] for problem in told["problems"]] == ["unauthorised"]
    assert time.monotonic() - begun < 10
