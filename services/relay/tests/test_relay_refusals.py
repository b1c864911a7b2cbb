"""Who is refused, and with which answer: 401, 403, 404, 405, 406, 413, 415, 503, CORS."""

import time
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from huiyan.ingest.v1.camera_pb2 import CameraRow, PresenceState
from huiyan_kit.grants import View
from huiyan_media.codec import Codec
from huiyan_testing.grant_signer import TOWN, GrantSigner
from huiyan_testing.media_publisher import Clip, MediaPublisher
from huiyan_testing.whep_viewer import WhepError, WhepViewer, watch

if TYPE_CHECKING:
    from conftest import Harness

SDP = {"Content-Type": "application/sdp"}
NO_H264 = """v=0
o=- 1 1 IN IP4 0.0.0.0
s=-
t=0 0
m=video 9 UDP/TLS/RTP/SAVPF 96
c=IN IP4 0.0.0.0
a=recvonly
a=mid:0
a=rtcp-mux
a=ice-ufrag:abcd
a=ice-pwd:abcdefghijklmnopqrstuvwx
a=fingerprint:sha-256 00
a=setup:actpass
a=rtpmap:96 VP8/90000
"""


@pytest.fixture
async def client(harness: "Harness") -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=harness.url, timeout=5) as opened:
        yield opened


async def post(
    client: httpx.AsyncClient, path: str, token: str | None, body: str | bytes = NO_H264
) -> httpx.Response:
    headers = SDP | ({"Authorization": f"Bearer {token}"} if token is not None else {})
    return await client.post(path, content=body, headers=headers)


async def test_tokens(
    harness: "Harness", camera: MediaPublisher, client: httpx.AsyncClient
) -> None:
    signer, now = harness.signer, int(time.time())
    stranger = GrantSigner(ec.generate_private_key(ec.SECP256R1()))
    await signer.publish(harness.bus, town="510799999000")
    revoked = signer.grant("cam_one")
    await harness.revoke("grant", revoked.jti)
    cases = [
        (None, 401, "no_grant"),
        ("nonsense", 401, "grant_bad"),
        (stranger.token("cam_one"), 401, "grant_bad"),
        (signer.token("cam_one", iat=now - 200, exp=now - 1), 401, "grant_expired"),
        (signer.token("cam_one", exp=now + 4000), 401, "grant_bad"),
        (signer.token("cam_one", iss="510799999000"), 401, "grant_bad"),
        (signer.token("cam_two"), 403, "not_granted"),
        (
            signer.token("cam_one", views=[View(camera="cam_one", streams=("sub",))]),
            403,
            "not_granted",
        ),
        (
            signer.token("cam_one", views=[View(camera="cam_one", actions=("snapshot",))]),
            403,
            "not_granted",
        ),
        (signer.sign(revoked), 403, "grant_revoked"),
    ]
    for token, status, code in cases:
        answer = await post(client, "/whep/cam_one/main", token)
        assert (answer.status_code, answer.json()["code"]) == (status, code), token
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["detail"] and answer.json()["detail_en"]


async def test_addresses_and_methods(
    harness: "Harness", camera: MediaPublisher, client: httpx.AsyncClient
) -> None:
    token = harness.signer.token("cam_one", "cam_gone")
    assert (await post(client, "/whep/cam_gone/main", token)).status_code in (404, 406)
    assert (await post(client, "/whep/cam_one/third", token)).status_code == 404
    assert (await post(client, "/whep/cam_one/main", token)).json()["code"] == "no_h264"
    for method, path in (
        ("GET", "/whep/cam_one/main"),
        ("PUT", "/whep/cam_one/main"),
        ("GET", "/whep/wall"),
        ("POST", "/whep/sessions/whp_x"),
        ("PUT", "/whep/sessions/whp_x"),
        ("POST", "/snapshot/cam_one"),
    ):
        answer = await client.request(method, path, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 405, (method, path)
        assert answer.json()["code"] == "method"
        assert answer.headers["allow"]
    assert (await client.get("/nothing")).status_code == 404


async def test_unknown_camera_is_404(harness: "Harness", camera: MediaPublisher) -> None:
    token = harness.signer.token("cam_gone")
    with pytest.raises(WhepError) as refused:
        await watch(harness.whep("cam_gone"), token, 0)
    assert (refused.value.status, refused.value.code) == (404, "no_camera")


async def test_bodies(
    harness: "Harness", camera: MediaPublisher, client: httpx.AsyncClient
) -> None:
    token = harness.signer.token("cam_one")
    path = "/whep/cam_one/main"
    assert (await post(client, path, token, b"\xff\xfe\x00")).status_code == 400
    assert (await post(client, path, token, b"")).status_code == 400
    assert (await post(client, path, token, b"v=0\r\n" + b"a=x\r\n" * 60_000)).status_code == 413
    wrong = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    answer = await client.post(path, content=b"{}", headers=wrong)
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media")


@pytest.mark.parametrize(
    ("state", "code"),
    [
        (PresenceState.PRESENCE_STATE_UNREACHABLE, "unreachable"),
        (PresenceState.PRESENCE_STATE_UNAUTHORISED, "unauthorised"),
        (PresenceState.PRESENCE_STATE_GARBAGE, "garbage"),
    ],
)
async def test_no_picture_is_503(
    harness: "Harness", camera: MediaPublisher, state: PresenceState.ValueType, code: str
) -> None:
    camera.state = state
    await camera.put_presence()
    with pytest.raises(WhepError) as refused:
        await watch(harness.whep("cam_one"), harness.signer.token("cam_one"), 0)
    assert (refused.value.status, refused.value.code) == (503, code)


async def test_switched_off_is_503(harness: "Harness", camera: MediaPublisher) -> None:
    await camera.put_row(CameraRow(town=TOWN, camera="cam_one", off=True))
    with pytest.raises(WhepError) as refused:
        await watch(harness.whep("cam_one"), harness.signer.token("cam_one"), 0)
    assert (refused.value.status, refused.value.code) == (503, "off")


async def test_h265(harness: "Harness", clip: Clip) -> None:
    only = MediaPublisher(harness.bus, "cam_h265", clip, codecs={"main": "h265", "sub": "h265"})
    await only.start()
    mixed = MediaPublisher(harness.bus, "cam_mixed", clip, codecs={"main": "h265"})
    await mixed.start()
    token = harness.signer.token("cam_h265", "cam_mixed")
    with pytest.raises(WhepError) as refused:
        async with WhepViewer(harness.whep("cam_h265"), token):
            pass
    assert (refused.value.status, refused.value.code) == (406, "h265_only")
    async with WhepViewer(harness.whep("cam_mixed"), token) as viewer:
        await viewer.wait_units(5)
    assert mixed.demands.keys() == {"sub"}
    await only.stop()
    await mixed.stop()


async def test_h265_that_presence_did_not_know(harness: "Harness", clip: Clip) -> None:
    mixed = MediaPublisher(harness.bus, "cam_mixed", clip, frame_codecs={"main": Codec.H265})
    await mixed.start()
    only = MediaPublisher(
        harness.bus, "cam_h265", clip, tracks=("main",), frame_codecs={"main": Codec.H265}
    )
    await only.start()
    token = harness.signer.token("cam_mixed", "cam_h265", kind="wall")
    viewer = WhepViewer(
        f"{harness.url}/whep/wall?tiles=cam_mixed:main,cam_h265:main",
        token,
        tiles=2,
        channel_url=harness.channel_url,
    )
    async with viewer:
        await viewer.wait_units(5)
        state = await viewer.wait_for(
            lambda message: (
                message["type"] == "state"
                and [tile["state"] for tile in message["tiles"]] == ["live", "unsupported"]
            )
        )
    assert [tile["stream"] for tile in state["tiles"]] == ["sub", "main"]
    assert state["tiles"][1]["cause"] == "h265_only"
    await mixed.stop()
    await only.stop()


async def test_cors(harness: "Harness", client: httpx.AsyncClient) -> None:
    asked = {
        "Origin": "https://town.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    allowed = await client.options("/whep/cam_one/main", headers=asked)
    assert allowed.headers["access-control-allow-origin"] == "https://town.example"
    foreign = await client.options(
        "/whep/cam_one/main", headers=asked | {"Origin": "https://evil.example"}
    )
    assert "access-control-allow-origin" not in foreign.headers
    refused = await client.post("/whep/cam_one/main", headers={"Origin": "https://town.example"})
    assert refused.status_code == 401
    assert refused.headers["access-control-allow-origin"] == "https://town.example"


async def test_snapshot(
    harness: "Harness", camera: MediaPublisher, client: httpx.AsyncClient
) -> None:
    bearer = {"Authorization": f"Bearer {harness.signer.token('cam_one')}"}
    answer = await client.get("/snapshot/cam_one", headers=bearer)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["huiyan-captured-at"] == "1700000000000"
    live_only = harness.signer.token("cam_one", views=[View(camera="cam_one", actions=("live",))])
    refused = await client.get(
        "/snapshot/cam_one", headers={"Authorization": f"Bearer {live_only}"}
    )
    assert refused.status_code == 403
    assert (await client.get("/snapshot/cam_one")).status_code == 401
