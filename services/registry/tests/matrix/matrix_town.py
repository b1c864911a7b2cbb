"""A filled town: what is asked for lies in one village; everybody stands once at each place.

Places: that village (`own`), the village beside it (`sister`), the town above (`parent`), and a
town of another county (`far`).
"""

import base64
import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from argon2 import PasswordHasher
from huiyan.ingest.v1.camera_pb2 import WorkerSession
from huiyan_kit.ids import new_id
from huiyan_registry.account.roles import FAMILY, MACHINES, RoleName
from huiyan_registry.account.tables import Principal, RoleAssignment
from huiyan_registry.area.codes import level_of, parent_of
from huiyan_registry.area.tables import Area, Household, Room
from huiyan_registry.database.row_scope import EVERYTHING
from huiyan_registry.demo.seed import demo_id
from huiyan_registry.session.service import csrf_of
from huiyan_registry.session.tables import LoginSession, Passkey
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

TOWN, FAR = "510799101000", "510722102000"
VILLAGES = {"own": "510799101201", "sister": "510799101202", "far": "510722102201"}
PLACES = {"own": VILLAGES["own"], "sister": VILLAGES["sister"], "parent": TOWN, "far": FAR}
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
TRIANGLE = [[{"x": 0.1, "y": 0.1}, {"x": 0.4, "y": 0.1}, {"x": 0.1, "y": 0.4}]]
# Clerks of whom P7 asks more than they have: kind → what is taken from the person.
LACKING: dict[str, dict[str, None]] = {
    "clerk without agreement": {"agreement_valid_until": None},
    "clerk not vetted": {"vetted_at": None, "vetted_until": None},
    "clerk not trained": {"trained_at": None, "trained_until": None},
}


@dataclass
class Stand:
    """Somebody of one kind at one place."""

    kind: str
    place: str
    visitor: Any

    @property
    def role(self) -> RoleName:
        """Of the kind."""
        return RoleName(self.kind.partition(" ")[0])


class MatrixTown:
    """The villages' things by name, and everybody who may knock."""

    def __init__(self, world: Any) -> None:
        self.world = world
        self.now = world.clock.now()
        self._password = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("kept")
        self.stands: dict[tuple[str, str], Stand] = {}
        # Names of one's own village's things, as paths and bodies use them.
        self.ids: dict[str, str] = {
            "household": world.seed.household,
            "closed household": demo_id("hh", "2"),
            "home": world.camera("院坝", "1"),
            "off": world.camera("大门口", "1"),
            "closed": world.camera("院坝", "2"),
            "road": world.camera("村口主路·东"),
            "code": VILLAGES["own"],
        }
        # By village: ids that only that village's things have.
        self.marks: dict[str, set[str]] = {
            "own": {self.ids[name] for name in ("household", "home", "off", "closed", "road")},
            "sister": {world.camera("三岔路口"), world.camera("院坝", "3"), demo_id("hh", "3")},
            "far": set(),
        }
        for village, code in VILLAGES.items():
            self.marks[village].add(code)

    def one(self, kind: str, place: str = "own") -> Any:
        """The visitor of that kind there."""
        return self.stands[kind, place].visitor

    def villages_named(self, told: str) -> str:
        """Whose things a text names: `{own sister}`."""
        named = [
            village for village, marks in self.marks.items() if any(mark in told for mark in marks)
        ]
        return "{" + " ".join(named) + "}"

    async def fill(self) -> "MatrixTown":
        """Areas of the other county, one person per kind and place, and the things."""
        async with self.world.registry.database.transaction(EVERYTHING) as session:
            await self._far(session)
            homes = {"own": self.ids["household"], "sister": demo_id("hh", "3"),
                     "far": self.ids["far household"]}  # fmt: skip
            for kind in (*(role.value for role in RoleName), *LACKING):
                for place, area in PLACES.items():
                    role = RoleName(kind.partition(" ")[0])
                    if role in FAMILY and place not in homes:
                        continue
                    scope = {"household": homes[place]} if role in FAMILY else {"area": area}
                    visitor = await self._person(session, kind, place, scope)
                    self.stands[kind, place] = Stand(kind, place, visitor)
            for place in VILLAGES:
                scope = {"area": VILLAGES[place]}
                person = (await self._person(session, "clerk", place, scope)).principal
                self.ids["account" if place == "own" else f"{place} account"] = person
                self.marks[place].add(person)
            await self._passkey(session)
        await self._things()
        return self

    async def _far(self, session: AsyncSession) -> None:
        group = f"{VILLAGES['far']}001"
        for code in (parent_of(FAR), FAR, VILLAGES["far"], group):
            session.add(Area(town=FAR, code=code, level=level_of(code).value, name=code,
                             parent=parent_of(code), valid_from=self.now))  # fmt: skip
            await session.flush()
        self.ids["far household"] = new_id("hh")
        session.add(Household(town=FAR, id=self.ids["far household"], group=group, name="远",
                              created_at=self.now))  # fmt: skip
        session.add(Room(town=FAR, id="room_far", area=VILLAGES["far"], name="远村监控室"))
        await session.flush()
        self.marks["far"].add(self.ids["far household"])

    async def _person(
        self, session: AsyncSession, kind: str, place: str, scope: dict[str, str]
    ) -> Any:
        role, town = RoleName(kind.partition(" ")[0]), FAR if place == "far" else TOWN
        until = self.now + timedelta(days=90)
        holds = {"vetted_at": self.now, "vetted_until": until, "trained_at": self.now,
                 "trained_until": until, "agreement_valid_until": until}  # fmt: skip
        person = Principal(
            town=town, id=new_id("prn"), name=kind, created_at=self.now,
            account=None if role in FAMILY | MACHINES else new_id("acc"),
            password_hash=None if role in FAMILY | MACHINES else self._password,
            must_change_password=False, **(holds | LACKING.get(kind, {})),
        )  # fmt: skip
        session.add(person)
        await session.flush()
        session.add(RoleAssignment(town=town, id=new_id("rol"), principal=person.id,
                                   role=role.value, created_at=self.now, **scope))  # fmt: skip
        token = f"{town}.{secrets.token_urlsafe(32)}"
        login = LoginSession(
            town=town, id=new_id("ses"), token_hash=hashlib.sha256(token.encode()).digest(),
            principal=person.id, kind="machine" if role in MACHINES else "browser",
            idle_s=86_400, created_at=self.now, last_seen_at=self.now,
            expires_at=self.now + timedelta(days=1),
        )  # fmt: skip
        session.add(login)
        await session.flush()
        visitor = self.world.visitor()
        if role in MACHINES:
            visitor.bearer = token
        else:
            visitor.http.cookies.set("huiyan_session", token)
            visitor.csrf = csrf_of(token)
        visitor.principal, visitor.session = person.id, login.id
        return visitor

    async def _passkey(self, session: AsyncSession) -> None:
        clerk = self.one("clerk")
        self.ids |= {"session": clerk.session, "passkey": new_id("pky")}
        session.add(Passkey(
            town=TOWN, id=self.ids["passkey"], principal=clerk.principal, credential_id=b"c",
            public_key=b"k", sign_count=0, transports=[], name="手机", created_at=self.now,
        ))  # fmt: skip

    # Things that those make who may

    async def made(self, visitor: Any, method: str, path: str, body: Any, **more: Any) -> Any:
        """What a route answered to somebody who may."""
        answer = await visitor.call(method, f"/api/v1/{path}", body, **more)
        assert answer.is_success, (path, answer.text)
        return answer.json()

    def believe_relay(self) -> None:
        """A relay is believed for three seconds; there is one whenever somebody asks."""
        relay = WorkerSession(worker="relay-1", service="relay", url="http://127.0.0.1:9000")
        for town in (TOWN, FAR):
            self.world.registry.workers.on_change(f"{town}.relay-1", relay.SerializeToString())

    async def _things(self) -> None:
        clerk, owner = self.one("clerk"), self.one("household_owner")
        keeper, administrator = self.one("room_admin"), self.one("administrator")
        self.texts = (await clerk.get("/api/v1/consent-texts?language=zh-CN"))["version"]
        group = f"{VILLAGES['own']}002"
        home = {"group": group, "name": "新户"}
        self.ids["empty household"] = (await self.made(keeper, "POST", "households", home))["id"]
        room = {"name": "空监控室", "kind": "village", "areas": [VILLAGES["own"]]}
        self.ids["room"] = (await self.made(administrator, "POST", "rooms", room))["id"]
        await self._cameras()
        await self.made(owner, "POST", f"cameras/{self.ids['off']}/off", {})
        link = {"household": self.ids["household"], "name": "某", "relation": "亲戚"}
        self.ids["link"] = (await self.made(owner, "POST", "links", link))["id"]
        asked = {"cameras": [self.ids["closed"]], "purpose": "search", "text": "找走失老人",
                 "minutes": 20}  # fmt: skip
        for name, who in (("look", "clerk"), ("police look", "police")):
            made = await self.made(self.one(who), "POST", "break-glass", asked)
            self.ids[name] = made["id"]
        await self._agreements()
        await self._rows()
        await self._grants()

    async def _cameras(self) -> None:
        keeper, far = self.one("room_admin"), self.one("room_admin", "far")
        masked = await self._public(keeper, VILLAGES["own"])
        await self.made(keeper, "PUT", f"cameras/{masked}/mask", {"polygons": TRIANGLE})
        draft = await self.made(self.one("installer"), "POST", "cameras", new_camera())
        road = await self._public(far, VILLAGES["far"])
        at_home = {"legal_class": "household", "site_kind": "courtyard", "placement": "courtyard"}
        body = new_camera(VILLAGES["far"]) | {"household": self.ids["far household"]} | at_home
        home = await self.made(far, "POST", "cameras", body)
        self.ids |= {
            "masked": masked,
            "draft": draft["id"],
            "far road": road,
            "far home": home["id"],
        }
        self.marks["own"] |= {masked, draft["id"], self.ids["empty household"]}
        self.marks["far"] |= {road, home["id"]}

    async def _public(self, keeper: Any, village: str) -> str:
        """A public camera with its sign, in use (P3)."""
        camera = (await self.made(keeper, "POST", "cameras", new_camera(village)))["id"]
        await self.sign(keeper, camera)
        await self.made(keeper, "POST", f"cameras/{camera}/state", {"state": "active"})
        return str(camera)

    async def sign(self, keeper: Any, camera: str) -> None:
        """The photo of a camera's sign."""
        headers = {"Content-Type": "image/png", "Huiyan-CSRF": keeper.csrf}
        path = f"/api/v1/cameras/{camera}/signage?posted_on=2026-11-01"
        answer = await keeper.http.put(path, content=PNG, headers=headers)
        assert answer.status_code == 200, answer.text

    async def _agreements(self) -> None:
        until = (self.now + timedelta(days=60)).isoformat()
        for place, name in (("own", "account"), ("sister", "sister account"),
                            ("far", "far account")):  # fmt: skip
            signed = await self.made(
                self.one("administrator", place), "POST", f"accounts/{self.ids[name]}/agreements",
                {"from": self.now.isoformat(), "until": until, "text_version": "1",
                 "document": base64.b64encode(b"%PDF-1.4\n%%EOF\n").decode()},
            )  # fmt: skip
            if place == "own":
                self.ids["agreement"] = signed["id"]

    async def _rows(self) -> None:
        """Ids that no route tells, and a live check that no camera here could pass."""
        async with self.world.registry.database.transaction(EVERYTHING) as session:
            for name, query, value in (
                ("consent", "SELECT id FROM consent WHERE household = :it", "household"),
                ("role", "SELECT id FROM role_assignment WHERE principal = :it", "account"),
            ):
                self.ids[name] = await session.scalar(text(query), {"it": self.ids[value]})
            await session.execute(
                text("UPDATE camera SET live_check_at = now() WHERE id = :it"),
                {"it": self.ids["draft"]},
            )

    async def _grants(self) -> None:
        """A look at each village; the one at one's own is what routes of grants are asked for."""
        self.believe_relay()
        for place, camera in (
            ("own", self.ids["road"]), ("own", self.ids["home"]),
            ("sister", self.world.camera("三岔路口")), ("far", self.ids["far road"]),
        ):  # fmt: skip
            given = await self.one("clerk", place).grant(camera, purpose="patrol")
            assert given.status_code == 201, given.text
            if camera == self.ids["road"]:
                self.ids["grant"] = given.json()["id"]
        for town in (TOWN, FAR):
            await self.world.registry.register.sealer.seal(town)


def new_camera(village: str = VILLAGES["own"]) -> dict[str, Any]:
    """The body of a public camera to be added."""
    return {
        "name": "新点", "area": f"{village}001", "legal_class": "gov_public",
        "site_kind": "road", "placement": "roadside", "main_url": "rtsp://10.20.0.9:554/main",
    }  # fmt: skip
