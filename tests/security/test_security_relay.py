"""Every door of the relay: a wrong, expired, foreign, revoked or borrowed token opens nothing."""

import asyncio
import base64
import json
import time
from dataclasses import dataclass
from typing import Any

import httpx
import jwt
import pytest
import pytest_asyncio
from cryptography.hazmat.primitives import hashes, hmac, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from huiyan_testing.whep_viewer import WhepViewer
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

pytestmark = pytest.mark.asyncio(loop_scope="session")
OFFER = b"v=0\r\n"


@dataclass
class Doors:
    """Of one relay, for one camera and one running session of somebody else."""

    base: str
    camera: str
    session: str
    etag: str

    async def http(self, token: str | None) -> dict[str, tuple[int, str]]:
        """Status and code of every HTTP route with this token."""
        bearer = {} if token is None else {"Authorization": f"Bearer {token}"}
        sdp = bearer | {"Content-Type": "application/sdp"}
        fragment = bearer | {
            "Content-Type": "application/trickle-ice-sdpfrag",
            "If-Match": self.etag,
        }
        async with httpx.AsyncClient(base_url=self.base, timeout=10) as client:
            answers = {
                "whep": await client.post(f"/whep/{self.camera}/main", content=OFFER, headers=sdp),
                "wall": await client.post("/whep/wall", content=OFFER, headers=sdp),
                "snapshot": await client.get(f"/snapshot/{self.camera}", headers=bearer),
                "patch": await client.patch(
                    f"/whep/sessions/{self.session}", content=b"", headers=fragment
                ),
                "delete": await client.delete(f"/whep/sessions/{self.session}", headers=bearer),
            }
        for name, answer in answers.items():
            if answer.status_code >= 400:
                assert answer.headers["content-type"] == "application/problem+json", name
                assert answer.json()["detail"] != answer.json()["detail_en"], name
        return {
            name: (answer.status_code, answer.json()["code"] if answer.is_error else "")
            for name, answer in answers.items()
        }

    async def sockets(self, token: str) -> dict[str, int]:
        """Close code of every WebSocket route with this token; 0 when it stays open."""
        base = self.base.replace("http", "ws", 1)
        paths = {
            "channel": f"/channel/{self.session}",
            "media": f"/media/{self.camera}/main",
        }
        return {name: await self._knock(base + path, token) for name, path in paths.items()}

    @staticmethod
    async def _knock(url: str, token: str) -> int:
        async with connect(url) as socket:
            await socket.send(json.dumps({"type": "grant", "token": token}))
            try:
                async with asyncio.timeout(5):
                    await socket.recv()
            except ConnectionClosed as closed:
                return closed.rcvd.code if closed.rcvd else 1006
            return 0


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def running(house):
    """The clerk looks at the road all the while."""
    grant = await house.clerk.grant(house.road_camera)
    url = f"{grant['relay']['whep']}/{house.road_camera}/main"
    async with WhepViewer(url, grant["token"]) as viewer:
        session = viewer.session_url.rpartition("/")[2]
        yield grant, viewer, Doors(house.town.relay_url, house.road_camera, session, viewer.etag)


def without_signature(token: str) -> str:
    """The same claims under `alg: none` (RFC 8725, 2.1)."""
    head = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').rstrip(b"=").decode()
    return f"{head}.{token.split('.')[1]}."


def signed_with_public_key(token: str, key: ec.EllipticCurvePrivateKey) -> str:
    """The public key taken for an HMAC secret (RFC 8725, 2.1)."""
    kid = jwt.get_unverified_header(token)["kid"]
    head = json.dumps({"alg": "HS256", "typ": "JWT", "kid": kid}).encode()
    signed = base64.urlsafe_b64encode(head).rstrip(b"=") + b"." + token.split(".")[1].encode()
    pem = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    mac = hmac.HMAC(pem, hashes.SHA256())
    mac.update(signed)
    return (signed + b"." + base64.urlsafe_b64encode(mac.finalize()).rstrip(b"=")).decode()


def bad_tokens(house: Any, real: str) -> dict[str, str]:
    """Each wrong in one point, all else as in a real one."""
    now = int(time.time())
    changed = real.split(".")
    changed[1] = real.split(".")[1][:-2] + "AA"
    return {
        "garbage": "x",
        "empty parts": "..",
        "session": house.clerk.token,
        "long": "a" * 20_000,
        "changed": ".".join(changed),
        "no signature": without_signature(real),
        "public key as secret": signed_with_public_key(real, house.signing_key()),
        "another key": house.forge(real, key=ec.generate_private_key(ec.SECP256R1())),
        "another town": house.forge(real, iss="510799102000"),
        "expired": house.forge(real, iat=now - 300, exp=now - 1),
        "from the future": house.forge(real, iat=now + 200, exp=now + 400),
        "too long a life": house.forge(real, iat=now, exp=now + 86_400),
    }


async def test_without_and_with_bad_tokens(house, running):
    grant, viewer, doors = running
    for name, token in {"none": None, **bad_tokens(house, grant["token"])}.items():
        for route, (status, code) in (await doors.http(token)).items():
            assert status == 401, (name, route, code)
            assert code in ("no_grant", "grant_bad", "grant_expired"), (name, route)
    units = viewer.tiles[0].counter.units
    await viewer.wait_units(units + 5)
    assert viewer.connection_state == "connected"


async def test_sockets_with_bad_tokens(house, running):
    grant, _, doors = running
    for name, token in bad_tokens(house, grant["token"]).items():
        for route, code in (await doors.sockets(token)).items():
            assert code in (4400, 4401), (name, route)


async def test_the_forger_itself_is_right(house, running):
    """What makes the refusals above mean something: the untouched copy is taken."""
    grant, _, doors = running
    answers = await doors.http(house.forge(grant["token"], jti="grt_aaaaaaaaaaaaaaaa"))
    assert answers["whep"] == answers["wall"] == (400, "bad_sdp")
    assert answers["snapshot"][0] == 200
    assert answers["patch"][0] == answers["delete"][0] == 403  # another grant's session


async def test_a_grant_for_another_camera(house, running):
    _, _, doors = running
    other = (await house.owner.grant(house.home_camera, purpose=False))["token"]
    answers = await doors.http(other)
    assert {route: status for route, (status, _) in answers.items() if route != "wall"} == {
        "whep": 403,
        "snapshot": 403,
        "patch": 403,
        "delete": 403,
    }
    assert set((await doors.sockets(other)).values()) == {4403}


async def test_a_session_belongs_to_one_login(house, running):
    """Same person, same camera, other login: not even then."""
    _, viewer, doors = running
    async with await house.new_clerk() as elsewhere:
        token = (await elsewhere.grant(house.road_camera))["token"]
        answers = await doors.http(token)
        assert answers["patch"][0] == answers["delete"][0] == 403
        assert (await doors.sockets(token))["channel"] == 4403
    await viewer.wait_units(viewer.tiles[0].counter.units + 5)
    assert viewer.connection_state == "connected"


async def refused_soon(doors: Doors, token: str, *, within_s: float = 10.0) -> float:
    """Seconds until the relay refuses the token everywhere."""
    began = time.monotonic()
    async with asyncio.timeout(within_s):
        while (await doors.http(token))["snapshot"][1] != "grant_revoked":
            await asyncio.sleep(0.05)
    return time.monotonic() - began


@pytest.mark.parametrize("how", ["logout", "end"])
async def test_a_revoked_grant(house, running, how):
    _, _, doors = running
    async with await house.new_clerk() as clerk:
        grant = await clerk.grant(house.road_camera)
        if how == "logout":
            assert (await clerk.call("POST", "/api/v1/logout")).status_code == 204
        else:
            path = f"/api/v1/grants/{grant['id']}"
            assert (await clerk.call("DELETE", path)).status_code == 204
            renewed = await clerk.call("POST", f"{path}/renew")
            assert renewed.status_code in (403, 404, 409)
    assert await refused_soon(doors, grant["token"]) < 10
    for route, (status, code) in (await doors.http(grant["token"])).items():
        assert (status, code) == (403, "grant_revoked"), route
    assert set((await doors.sockets(grant["token"])).values()) == {4403}


async def test_ids_cannot_leave_their_place(house, running):
    """Wildcards and dots in a camera's name never become a subject."""
    grant, _, doors = running
    odd = ("*", "%3E", "a.b", "%2e%2e%2fwhep", "%00", "%0d%0aX: y", "c" * 65, "cam_%F0%9F%98%80")
    bearer = {"Authorization": f"Bearer {grant['token']}"}
    async with httpx.AsyncClient(base_url=doors.base, timeout=10) as client:
        for name in odd:
            answer = await client.get(f"/snapshot/{name}", headers=bearer)
            assert answer.status_code == 404, name
            answer = await client.post(f"/whep/{name}/main", content=OFFER, headers=bearer)
            assert answer.status_code in (403, 404), name
