"""Role by route by area, generated from route_rules.yaml, with real sessions on a real database.

Everything that is asked for lies in one village (its household, cameras, people). Each role stands
once in that village, in the village beside it, in the town above, and in a town of another county.
Who is not listed, or stands elsewhere, gets 403 or 404: never an answer, never a failure.
"""

import asyncio
import base64
import hashlib
import json
import re
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from fastapi.routing import APIRoute
from huiyan.ingest.v1.camera_pb2 import WorkerSession
from huiyan_kit.ids import new_id
from huiyan_registry.account.roles import FAMILY, MACHINES, RoleName
from huiyan_registry.account.tables import Principal, RoleAssignment
from huiyan_registry.area.codes import level_of, parent_of
from huiyan_registry.area.tables import Area, Household
from huiyan_registry.database.row_scope import EVERYTHING
from huiyan_registry.openapi import openapi_document
from huiyan_registry.route_rules import RouteRule, RuleScope, differences, read_rules
from huiyan_registry.session.guard import public_routes
from huiyan_registry.session.service import csrf_of
from huiyan_registry.session.tables import LoginSession
from sqlalchemy import text

TOWN, FAR = "510799101000", "510722102000"
PLACES = {"own": "510799101201", "sister": "510799101202", "parent": TOWN, "far": FAR}
FIXED_PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
RULES = {route: rule for route, rule in read_rules().items() if not rule.public}
DOCUMENT = openapi_document()
HOUR = timedelta(hours=1)
# Members that a body may lack, and that its rules then ask for.
ALSO = {"by", "course"}
# Refusals in other words: an area of elsewhere is as unknown as one that does not exist.
IN_OTHER_WORDS = {("POST /api/v1/rooms", 422, "area")}
# Listed roles that a further rule turns away here: a second person, the one who asked, a home that
# has its owner already, a kind of grant that is for probes only; a sign and a paper that are not
# there.
FURTHER_RULES = {
    "POST /api/v1/break-glass/{look}/approve": {RoleName.POLICE},
    "POST /api/v1/break-glass/{look}/end": {RoleName.POLICE, RoleName.CLERK},
    "POST /api/v1/grants": {RoleName.PROBE},
    "POST /api/v1/links": {RoleName.INSTALLER, RoleName.OPERATOR},
    "GET /api/v1/cameras/{camera}/signage/photo": set(RoleName),
    "GET /api/v1/cameras/{camera}/signage/sign.svg": set(RoleName),
    "GET /api/v1/cameras/{camera}/signage/sheet": set(RoleName),
    "GET /api/v1/agreements/{agreement}/document": {RoleName.ADMINISTRATOR},
}


@dataclass
class Stand:
    """Somebody of one role at one place."""

    role: RoleName
    place: str
    visitor: Any

    def __str__(self) -> str:
        return f"{self.role} ({self.place})"


class Town:
    """The village's things, and everybody who may knock."""

    def __init__(self, world: Any) -> None:
        self.world = world
        self.household = world.seed.household
        self.home, self.road = world.camera("院坝", "1"), world.camera("村口主路·东")
        self.now = world.clock.now()
        self.ids: dict[str, str] = {}
        self.stands: list[Stand] = []

    async def fill(self) -> "Town":
        """Areas of the other county, one person per role and place."""
        async with self.world.registry.database.transaction(EVERYTHING) as session:
            far_group = f"{FAR[:9]}201001"
            for code in (parent_of(FAR), FAR, f"{FAR[:9]}201", far_group):
                session.add(Area(town=FAR, code=code, level=level_of(code).value, name=code,
                                 parent=parent_of(code), valid_from=self.now))  # fmt: skip
                await session.flush()
            homes = dict((await session.execute(text('SELECT "group", id FROM household'))).all())
            beside = next(home for group, home in homes.items() if group.startswith("510799101202"))
            far_home = Household(town=FAR, id=new_id("hh"), group=far_group, name="远",
                                 created_at=self.now)  # fmt: skip
            session.add(far_home)
            await session.flush()
            families = {"own": self.household, "sister": beside, "far": far_home.id}
            for role in RoleName:
                for place, area in PLACES.items():
                    if role in FAMILY and place not in families:
                        continue
                    scope = {"household": families[place]} if role in FAMILY else {"area": area}
                    visitor = await self._person(
                        session, role, FAR if place == "far" else TOWN, scope
                    )
                    self.stands.append(Stand(role, place, visitor))
            colleague = await self._person(session, RoleName.CLERK, TOWN, {"area": PLACES["own"]})
        self.ids["account"] = colleague.principal
        await self._things()
        return self

    async def _person(self, session: Any, role: RoleName, town: str, scope: dict[str, str]) -> Any:
        until = self.now + timedelta(days=90)
        person = Principal(
            town=town, id=new_id("prn"), name=f"{role}", created_at=self.now,
            account=None if role in FAMILY | MACHINES else new_id("acc"),
            vetted_at=self.now, vetted_until=until, trained_at=self.now, trained_until=until,
            agreement_valid_until=until, must_change_password=False,
        )  # fmt: skip
        session.add(person)
        await session.flush()
        session.add(RoleAssignment(town=town, id=new_id("rol"), principal=person.id,
                                   role=role.value, created_at=self.now, **scope))  # fmt: skip
        token = f"{town}.{secrets.token_urlsafe(32)}"
        session.add(
            LoginSession(
                town=town, id=new_id("ses"), token_hash=hashlib.sha256(token.encode()).digest(),
                principal=person.id, kind="machine" if role in MACHINES else "browser",
                idle_s=86_400, created_at=self.now, last_seen_at=self.now,
                expires_at=self.now + timedelta(days=1),
            )
        )  # fmt: skip
        await session.flush()
        visitor = self.world.visitor()
        if role in MACHINES:
            visitor.bearer = token
        else:
            visitor.http.cookies.set("huiyan_session", token)
            visitor.csrf = csrf_of(token)
        visitor.principal = person.id
        return visitor

    def one(self, role: RoleName, place: str = "own") -> Any:
        """The visitor of that role there."""
        return next(s.visitor for s in self.stands if (s.role, s.place) == (role, place))

    async def _things(self) -> None:
        """What paths name: made by those who may."""
        clerk, owner = self.one(RoleName.CLERK), self.one(RoleName.HOUSEHOLD_OWNER)
        self.texts = (await clerk.get("/api/v1/consent-texts?language=zh-CN"))["version"]
        self.ids |= {
            "household": self.household,
            "code": PLACES["own"],
            "session": "ses_aaaaaaaaaaaaaaaa",
            "passkey": "pky_aaaaaaaaaaaaaaaa",
        }
        # A relay is believed for three seconds, and the people above took longer on a busy machine.
        relay = WorkerSession(worker="relay-1", service="relay", url="http://127.0.0.1:9000")
        self.world.registry.workers.on_change(f"{TOWN}.relay-1", relay.SerializeToString())
        given = await clerk.grant(self.road, purpose="patrol")
        assert given.status_code == 201, given.text
        self.ids["grant"] = given.json()["id"]
        link = {"household": self.household, "name": "某", "relation": "亲戚"}
        made = await owner.call("POST", "/api/v1/links", link)
        assert made.status_code == 201, made.text
        asked = {"cameras": [self.home], "purpose": "search", "text": "找走失老人", "minutes": 20}
        broken = await clerk.call("POST", "/api/v1/break-glass", asked)
        assert broken.status_code in (200, 201), broken.text
        self.ids["look"] = broken.json()["id"]
        for name, table in (("link", "one_time_link"), ("consent", "consent"),
                            ("room", "room"), ("role", "role_assignment"),
                            ("agreement", "agreement")):  # fmt: skip
            self.ids[name] = await self._first(table)

    async def _first(self, table: str) -> str:
        where = {
            "consent": "household = :home",
            "one_time_link": "household = :home AND used_at IS NULL",
            "room": "area LIKE '510799101201%'",
            "role_assignment": "principal = :clerk",
            "agreement": "true",
        }[table]
        values = {"home": self.household, "clerk": self.ids["account"]}
        used = {name: value for name, value in values.items() if f":{name}" in where}
        async with self.world.registry.database.transaction(EVERYTHING) as session:
            found = await session.scalar(
                text(f"SELECT id FROM {table} WHERE {where} LIMIT 1"), used
            )
        return found or f"{table[:3]}_aaaaaaaaaaaaaaaa"

    def path(self, rule: RouteRule, role: RoleName | None = None) -> str:
        """The route with the village's ids in it; a home's camera where `role` is of the family."""
        at_home = RoleName.HOUSEHOLD_OWNER in rule.roles if role is None else role in FAMILY
        camera = self.home if at_home else self.road
        relative = self.one(RoleName.RELATIVE).principal
        principal = relative if "/members/" in rule.path else self.ids["account"]
        ids = {**self.ids, "camera": camera, "principal": principal}
        filled = re.sub(r"{(\w+)}", lambda found: ids[found[1]], rule.path)
        return filled + _query(rule, self)

    def body(self, rule: RouteRule) -> dict[str, Any]:
        """`json` or `content` that the route's schema takes, about the village's things."""
        operation = DOCUMENT["paths"][rule.path][rule.method.lower()]
        content = operation.get("requestBody", {}).get("content", {})
        if not content:
            return {}
        kind = next(iter(content))
        if kind == "application/json":
            return {
                "json": BODIES.get(f"{rule.method} {rule.path}", self._sample)(
                    content[kind]["schema"]
                )
            }
        raw = (
            FIXED_PNG
            if kind.startswith("image/")
            else f"code,level,name\n{PLACES['own']},village,改名村\n".encode()
        )
        kind = "image/png" if kind.startswith("image/") else kind
        return {"content": raw, "headers": {"Content-Type": kind}}

    def _sample(self, schema: dict[str, Any], name: str = "") -> Any:
        """The least that the schema takes."""
        if "$ref" in schema:
            return self._sample(
                DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]], name
            )
        known = {
            "area": f"{PLACES['own']}002", "group": f"{PLACES['own']}002", "areas": [PLACES["own"]],
            "household": self.household, "camera": self.home, "cameras": [self.home],
            "principal": self.ids["account"], "into": PLACES["sister"], "code": "510799101299",
            "main_url": "rtsp://10.20.0.9:554/main", "until": (self.now + HOUR).isoformat(),
            "from": self.now.isoformat(), "text_version": self.texts, "language": "zh-CN",
            "by": "镇政府", "course": "上岗培训", "text": "找走失老人",
            "account": "somebody9", "address": "10.20.0.9",
            "state": "active", "level": "village",
            "document": base64.b64encode(b"%PDF-1.4").decode(),
        }  # fmt: skip
        if name in known and not (name == "text" and schema.get("type") != "string"):
            return known[name]
        if "enum" in schema:
            return schema["enum"][0]
        if "const" in schema:
            return schema["const"]
        for some in ("anyOf", "oneOf", "allOf"):
            if some in schema:
                return self._sample(schema[some][0], name)
        match schema.get("type"):
            case "object":
                return {
                    one: self._sample(schema["properties"][one], one)
                    for one in {
                        *schema.get("required", []),
                        *ALSO & set(schema.get("properties", {})),
                    }
                }
            case "array":
                return [self._sample(schema["items"], name)] * schema.get("minItems", 0)
            case "integer" | "number":
                return max(schema.get("minimum", 1), 1)
            case "boolean":
                return True
            case "null":
                return None
        if schema.get("format") in ("date", "date-time"):
            return (self.now + HOUR).isoformat()[: 10 if schema["format"] == "date" else None]
        return "某" * max(schema.get("minLength", 1), 2) if "pattern" not in schema else "aa"


BODIES: dict[str, Any] = {
    "POST /api/v1/cameras": lambda _: {
        "name": "新点", "area": "510799101201002", "legal_class": "gov_public",
        "site_kind": "road", "placement": "roadside", "main_url": "rtsp://10.20.0.9:554/main",
    },
    "POST /api/v1/grants": lambda _: {"kind": "view", "views": [{"camera": "cam_a"}]},
}  # fmt: skip


def _query(rule: RouteRule, town: Town) -> str:
    match (rule.method, rule.path):
        case ("GET", "/api/v1/links"):
            return f"?household={town.household}"
        case ("PUT", "/api/v1/cameras/{camera}/signage"):
            return "?posted_on=2026-11-01"
        case ("POST", "/api/v1/areas/import" | "/api/v1/cameras/import"):
            return "?dry_run=false"
        case _:
            return ""


@pytest.fixture
async def town(world_of):
    return await Town(await world_of(f"{TOWN},{FAR}")).fill()


def listed_here(rule: RouteRule, stand: Stand) -> bool:
    """Does the rule give this role, at this place, the village's things?"""
    if rule.anyone:
        return rule.scope in (RuleScope.NONE, RuleScope.OWN) or (
            stand.place == "own" or (stand.place == "parent" and stand.role not in FAMILY)
        )
    if stand.role not in rule.roles:
        return False
    match rule.scope:
        case RuleScope.NONE | RuleScope.OWN:
            return True
        case RuleScope.TOWN:
            return stand.place in ("parent", "far")  # each its own town
        case _:
            return stand.place in ("own", "parent")


def lists(rule: RouteRule) -> bool:
    """A GET of whatever the caller may see: elsewhere it answers, with other things."""
    return rule.method == "GET" and "{" not in rule.path and rule.path != "/api/v1/links"


def imports(rule: RouteRule, told: str) -> bool:
    """A table is answered line by line: nothing of it was taken."""
    return rule.path.endswith("/import") and json.loads(told)["applied"] is False


async def ask(
    town: Town, rule: RouteRule, visitor: Any, role: RoleName | None = None
) -> tuple[int, str, str]:
    """Status, code and text. A stream that goes on counts as 200."""
    made = town.body(rule)
    try:
        async with asyncio.timeout(0.5 if rule.path == "/api/v1/events" else 20):
            if "json" in made:
                answer = await visitor.call(rule.method, town.path(rule, role), made["json"])
            else:
                answer = await visitor.call(rule.method, town.path(rule, role), **made)
    except TimeoutError:
        return 200, "", ""
    except Exception as error:  # the transport hands on what the server would answer by 500
        return 500, type(error).__name__, str(error)[:300]
    problem = "problem+json" in answer.headers.get("content-type", "")
    return answer.status_code, answer.json()["code"] if problem else "", answer.text


async def test_every_route_has_exactly_one_line(world):
    routes = {
        (method, route.path)
        for route in world.registry.api.routes
        if isinstance(route, APIRoute)
        for method in route.methods
    }
    assert differences(read_rules(), routes, public_routes()) == []
    assert len(RULES) >= 70


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        (
            '"GET /x": {roles: any, scope: none}\n  "GET /x": {roles: public, scope: none}',
            "two lines",
        ),
        ('"GET /x": {roles: [king], scope: none}', "king"),
        ('"GET /x": {roles: any, scope: world}', "world"),
        ('"GET /x": {roles: [], scope: none}', "no role"),
        ('"LOOK /x": {roles: any, scope: none}', "no route"),
        ('"GET /x": {roles: any}', "needs roles and scope"),
    ],
)
def test_a_wrong_line_is_refused(line, wrong):
    with pytest.raises(ValueError, match=wrong):
        read_rules(f"rules:\n  {line}\n")


def test_a_route_without_a_line_and_a_line_without_a_route_are_told():
    rules = read_rules('rules:\n  "GET /x": {roles: public, scope: none}\n')
    told = differences(rules, [("GET", "/y")], [])
    assert told == ["no line: GET /y", "no route: GET /x"]
    assert differences(rules, [("GET", "/x")], []) == ["public here, not there: GET /x"]


async def test_the_matrix(town):
    wrong, checked = [], 0
    theirs = {town.household, town.home, town.road, town.ids["account"], town.ids["grant"]}
    for rule in RULES.values():
        name = f"{rule.method} {rule.path}"
        status, code, _ = await ask(town, rule, town.world.visitor())
        if (status, code) != (401, "no_session"):
            wrong.append(f"{name}: nobody got {status} {code}")
        for stand in town.stands:
            # A role that is not listed is not more so elsewhere: nearest and widest stand for all.
            unlisted = not rule.anyone and stand.role not in rule.roles
            if listed_here(rule, stand) or (unlisted and stand.place in ("sister", "far")):
                continue
            checked += 1
            status, code, told = await ask(town, rule, stand.visitor)
            if lists(rule) and (rule.anyone or stand.role in rule.roles) and status == 200:
                leaked = [one for one in theirs if one in told]
                if leaked:
                    wrong.append(f"{name}: {stand} was told of {leaked}")
            elif status == 200 and imports(rule, told):
                continue
            elif status not in (403, 404) and (name, status, code) not in IN_OTHER_WORDS:
                wrong.append(f"{name}: {stand} got {status} {code}")
    assert not wrong, f"{len(wrong)} of {checked}:\n" + "\n".join(wrong)
    assert checked >= 900


async def test_those_who_are_listed_come_in(town):
    """Each route by each of its roles in the village: whatever else may be missing, it is not the
    role. Routes that end things come last."""
    wrong, checked = [], 0
    order = sorted(
        RULES.values(), key=lambda rule: ("/members/" in rule.path, rule.method == "DELETE")
    )
    for rule in order:
        for stand in town.stands:
            if not listed_here(rule, stand) or stand.place != "own" or rule.path.endswith("logout"):
                continue
            checked += 1
            status, code, told = await ask(town, rule, stand.visitor, stand.role)
            if stand.role in FURTHER_RULES.get(f"{rule.method} {rule.path}", ()):
                continue
            if status in (401, 405, 415, 500) or (status, code) == (403, "forbidden"):
                wrong.append(f"{rule.method} {rule.path}: {stand} got {status} {code} {told[:200]}")
            elif status == 404 and rule.scope is not RuleScope.OWN and rule.method == "GET":
                wrong.append(f"{rule.method} {rule.path}: {stand} got 404 {told[:200]}")
    assert not wrong, f"{len(wrong)} of {checked}:\n" + "\n".join(wrong)
    assert checked >= 150
