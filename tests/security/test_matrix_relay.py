"""The relay's routes by role and place, and by what is wrong with a token: two tables written by
hand, asked of a running town. Grants are those that its registry gives, or does not give."""

import asyncio
import hashlib
import json
import secrets
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric import ec
from huiyan_kit.bus.local import LocalBus
from huiyan_kit.clock import SystemClock
from huiyan_kit.ids import new_id
from huiyan_registry.account.roles import FAMILY, MACHINES, WATCHERS, RoleName
from huiyan_registry.session.service import csrf_of
from huiyan_relay.relay import Relay
from huiyan_relay.settings import RelaySettings
from huiyan_testing.expected_table import PLACES, read_table
from huiyan_testing.person import Person
from huiyan_testing.whep_viewer import WhepViewer
from prometheus_client import CollectorRegistry
from starlette.routing import WebSocketRoute
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

pytestmark = pytest.mark.asyncio(loop_scope="session")
HERE = Path(__file__).parent
TABLE = read_table((HERE / "matrix_relay_expected.yaml").read_text("utf-8"))
TOKENS = read_table((HERE / "matrix_relay_tokens.yaml").read_text("utf-8"))
AREAS = {"own": "510799101201", "sister": "510799101202", "parent": "510799101000"}
FAR = "510722102000"


@dataclass
class Knocker:
    """Somebody with the tokens that he has, by thing."""

    tokens: dict[str, str] = field(default_factory=dict)

    def token(self, thing: str) -> str:
        """For this thing, else what he has; empty: none."""
        return self.tokens.get(thing) or next(iter(self.tokens.values()), "")


class Doors:
    """Every door of the relay, for the village's road and home, and a session that runs there."""

    def __init__(self, base: str, cameras: dict[str, str], offer: str, running: WhepViewer) -> None:
        self._base, self._cameras, self._offer = base, cameras, offer
        self._running = running.session_url.rpartition("/")[2], running.etag
        # Unverified saves the reading of a CA store; it is plain http.
        self.client = httpx.AsyncClient(base_url=base, timeout=10, verify=False)

    async def answer(self, route: str, variant: str, knocker: Knocker) -> str:
        """As the tables write it; a session that begins here ends here."""
        method, _, template = route.partition(" ")
        camera, token = self._cameras.get(variant, ""), knocker.token(variant)
        own = await self._open(knocker) if variant == "his own" else None
        session, etag = own or self._running
        path = template.format(camera=camera, stream="sub", session=session)
        try:
            if method == "WS":
                return await self._socket(path, token)
            if path.endswith("/wall"):
                path += f"?tiles={camera}:sub"
            answer = await self._ask(method, path, token, etag)
        finally:
            if own is not None:
                await self._ask("DELETE", f"/whep/sessions/{session}", token)
        if answer.is_error:
            return f"{answer.status_code} {answer.json()['code']}"
        if answer.status_code != 201:
            return str(answer.status_code)
        begun = answer.headers["location"].rpartition("/")[2]
        tile = f" {await self._tile(begun, token)}" if "wall" in path else ""
        await self._ask("DELETE", f"/whep/sessions/{begun}", token)
        return f"201{tile}"

    async def _ask(self, method: str, path: str, token: str, etag: str = "") -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        content = ""
        if method == "PATCH":
            headers |= {"Content-Type": "application/trickle-ice-sdpfrag", "If-Match": etag}
        elif method == "POST":
            headers["Content-Type"], content = "application/sdp", self._offer
        return await self.client.request(method, path, headers=headers, content=content)

    async def _open(self, knocker: Knocker) -> tuple[str, str] | None:
        """His own picture, with what he has: session and etag."""
        for thing, token in knocker.tokens.items():
            begun = await self._ask("POST", f"/whep/{self._cameras[thing]}/sub", token)
            if begun.status_code == 201:
                return begun.headers["location"].rpartition("/")[2], begun.headers["etag"]
            break
        return None

    async def _socket(self, path: str, token: str) -> str:
        async with connect(self._base.replace("http", "ws", 1) + path) as socket:
            await socket.send(json.dumps({"type": "grant", "token": token}))
            try:
                async with asyncio.timeout(5):
                    await socket.recv()
            except ConnectionClosed as closed:
                return str(closed.rcvd.code if closed.rcvd else 1006)
        return "open"

    async def _tile(self, session: str, token: str) -> str:
        """`shown` or `shut`: what the channel says of the wall's only tile."""
        async with connect(f"{self._base.replace('http', 'ws', 1)}/channel/{session}") as socket:
            await socket.send(json.dumps({"type": "grant", "token": token}))
            async with asyncio.timeout(5):
                state = json.loads(await socket.recv())
        return "shut" if state["tiles"][0]["state"] == "refused" else "shown"


class People:
    """Logins of every role at each place, written into the database as the registry would."""

    def __init__(self, house: Any) -> None:
        self._house = house
        self.made: list[str] = []

    async def put(self, role: RoleName, place: str) -> Person:
        """Somebody new, vetted, trained and under an agreement."""
        town, person = self._house.code, Person(self._house.town.url)
        principal, token = new_id("prn"), f"{town}.{secrets.token_urlsafe(32)}"
        database = await self._house.database()
        try:
            home = await database.fetchval(
                'SELECT id FROM household WHERE "group" LIKE $1 ORDER BY id = $2 DESC LIMIT 1',
                f"{AREAS[place]}%", self._house.household,
            )  # fmt: skip
            await database.execute(
                "INSERT INTO principal (town, id, name, created_at, vetted_at, trained_at, "
                "agreement_valid_until) VALUES ($1, $2, $3, now(), now(), now(), "
                "now() + interval '1 day')",
                town, principal, f"{role} {place}",
            )  # fmt: skip
            await database.execute(
                "INSERT INTO role_assignment (town, id, principal, role, area, household, "
                "created_at) VALUES ($1, $2, $3, $4, $5, $6, now())",
                town, new_id("rol"), principal, role.value,
                None if role in FAMILY else AREAS[place], home if role in FAMILY else None,
            )  # fmt: skip
            await database.execute(
                "INSERT INTO login_session (town, id, token_hash, principal, kind, idle_s, "
                "created_at, last_seen_at, expires_at) VALUES ($1, $2, $3, $4, $5, 3600, now(), "
                "now(), now() + interval '1 hour')",
                town, new_id("ses"), hashlib.sha256(token.encode()).digest(), principal,
                "machine" if role in MACHINES else "browser",
            )  # fmt: skip
        finally:
            await database.close()
        self.made.append(principal)
        if role in MACHINES:
            person.bearer = token
        else:
            person.http.cookies.set("huiyan_session", token)
            person.csrf = csrf_of(token)
        return person

    async def leave(self) -> None:
        """Nobody of them may come again."""
        database = await self._house.database()
        for table in ("login_session", "role_assignment"):
            change = f"UPDATE {table} SET ended_at = now() WHERE principal = ANY($1)"
            await database.execute(change, self.made)
        await database.close()


async def granted(person: Person, role: RoleName, cameras: dict[str, str]) -> dict[str, str]:
    """The tokens that the registry gives this person, by thing."""
    tokens = {}
    for thing, camera in cameras.items():
        wish: dict[str, Any] = {"kind": "view", "views": [{"camera": camera}]}
        if role is RoleName.PROBE:
            wish["kind"] = "probe"
        elif role in WATCHERS:
            wish["purpose"] = {"code": "patrol", "text": ""}
        answer = await person.call("POST", "/api/v1/grants", wish)
        assert answer.status_code in (201, 403), answer.text
        if answer.status_code == 201:
            tokens[thing] = answer.json()["token"]
    return tokens


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def doors(house):
    """The village's clerk looks at the road all the while."""
    cameras = {"road": house.road_camera, "home": house.home_camera}
    grant = await house.clerk.grant(house.road_camera)
    url = f"{grant['relay']['whep']}/{house.road_camera}/sub"
    asked = WhepViewer(url, grant["token"])
    offer = await asked.offer()
    await asked.close()
    async with WhepViewer(url, grant["token"]) as running:
        door = Doors(house.town.relay_url, cameras, offer, running)
        yield door, grant
        await door.client.aclose()
        await running.wait_units(running.tiles[0].counter.units + 5)
        assert running.connection_state == "connected"


async def red_cells(doors: Doors, table: Any, knockers: dict[Any, Knocker]) -> dict[str, str]:
    """Each cell whose answer is another one."""
    red = {}
    for cell in table.cells:
        got = await doors.answer(cell.route, cell.variant, knockers[cell.who, cell.place])
        if got != cell.answer:
            red[str(cell)] = f"expected {cell.answer}, got {got}"
    return red


async def test_every_route_of_the_relay_has_its_rows():
    relay = Relay(
        RelaySettings(towns="510799101000"), LocalBus(), SystemClock(), CollectorRegistry()
    )
    routes = set()
    for route in relay.app.routes:
        if isinstance(route, WebSocketRoute):
            routes.add(f"WS {route.path}")
        else:
            routes |= {f"{one} {route.path}" for one in route.methods - {"HEAD", "OPTIONS"}}
    assert routes == TABLE.routes == TOKENS.routes
    assert sorted(TABLE.who) == sorted(RoleName)


async def test_roles_and_places(house, doors, capsys):
    door, grant = doors
    cameras = {"road": house.road_camera, "home": house.home_camera}
    foreign = house.forge(
        grant["token"], iss=FAR, sub="prn_far", key=ec.generate_private_key(ec.SECP256R1())
    )
    people, knockers = People(house), {}
    try:
        for who, place in dict.fromkeys((cell.who, cell.place) for cell in TABLE.cells):
            if place == "far":
                knockers[who, place] = Knocker({"road": foreign})
                continue
            async with await people.put(RoleName(who), place) as person:
                knockers[who, place] = Knocker(await granted(person, RoleName(who), cameras))
        red = await red_cells(door, TABLE, knockers)
    finally:
        await people.leave()
    with capsys.disabled():
        told = f"{len(TABLE.cells)} cells, {len(TABLE.rows)} rows"
        sys.stdout.write(f"\nmatrix of the relay: {told}; {len(red)} red\n")
    assert not red, "\n".join(f"{cell}: {got}" for cell, got in red.items())


async def test_tokens_that_are_wrong_in_one_point(house, doors):
    door, grant = doors
    now = int(time.time())
    home = (await house.owner.grant(house.home_camera, purpose=False))["token"]
    async with await house.new_clerk() as clerk, await house.new_clerk() as ended:
        over = (await ended.grant(house.road_camera))["token"]
        assert (await ended.call("POST", "/api/v1/logout")).status_code == 204
        tokens = {
            "no token": "",
            "a session's token": house.clerk.token,
            "expired": house.forge(grant["token"], iat=now - 300, exp=now - 1),
            "of another town": house.forge(grant["token"], iss=FAR),
            "revoked": over,
            "for another camera": home,
            "another login of the clerk": (await clerk.grant(house.road_camera))["token"],
        }
        knockers = {
            (who, place): Knocker({"road": token} if token else {})
            for who, token in tokens.items()
            for place in PLACES
        }
        async with asyncio.timeout(10):
            while await door.answer(*TOKENS.rows[0].split(" · "), knockers["revoked", "own"]) in (
                "201",
            ):
                await asyncio.sleep(0.05)
        red = await red_cells(door, TOKENS, knockers)
    assert not red, "\n".join(f"{cell}: {got}" for cell, got in red.items())
