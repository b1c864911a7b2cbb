"""Presence that is believed only while its worker lives, events of the pages, looks and counts."""

import asyncio
import json
from contextlib import aclosing

from huiyan.ingest.v1.camera_pb2 import Presence, PresenceState, WorkerSession
from huiyan.relay.v1.view_pb2 import ViewEnded, ViewStarted
from huiyan_kit import subjects
from huiyan_kit.bus.api import Message
from huiyan_kit.errors import ErrorKind, HuiyanError
from huiyan_kit.worker_session import LiveWorkers
from huiyan_registry.account.roles import Role, RoleName, Viewer
from huiyan_registry.database.row_scope import EVERYTHING
from huiyan_registry.events.hub import ChangeKind, EventHub
from huiyan_registry.events.service import EventService
from huiyan_registry.presence.board import PresenceBoard
from huiyan_registry.session.caller import Caller
from sqlalchemy import text

TOWN = "510799101000"
SECOND = 1_000_000_000


def _presence(camera: str, worker: str = "ingest-1") -> bytes:
    return Presence(
        town=TOWN,
        camera=camera,
        state=PresenceState.PRESENCE_STATE_ONLINE,
        since_ns=5 * SECOND,
        observed_at_ns=6 * SECOND,
        worker=worker,
    ).SerializeToString()


def _session(worker: str = "ingest-1") -> bytes:
    service = worker.partition("-")[0]
    return WorkerSession(worker=worker, service=service).SerializeToString()


def test_a_silent_worker_is_not_believed():
    now = [0.0]
    workers = LiveWorkers(lambda: now[0])
    told = []
    board = PresenceBoard(workers, lambda town, camera: told.append(camera))
    assert board.view(TOWN, "cam_a").state == "connecting"
    workers.on_change(f"{TOWN}.ingest-1", _session())
    board.on_change(f"{TOWN}.cam_a", _presence("cam_a"))
    board.tick()
    assert (board.view(TOWN, "cam_a").state, board.online(TOWN, "cam_a")) == ("online", True)
    told.clear()
    now[0] = 3.5
    board.tick()
    # Nobody is heard: the bus may be silent, which proves nothing of ingest.
    assert board.online(TOWN, "cam_a") and told == []
    workers.on_change(f"{TOWN}.relay-1", _session("relay-1"))
    board.tick()
    lost = board.view(TOWN, "cam_a")
    assert (lost.state, lost.cause, told) == ("unreachable", "ingest_away", ["cam_a"])
    workers.on_change(f"{TOWN}.ingest-1", _session())
    board.tick()
    assert board.online(TOWN, "cam_a") and told == ["cam_a", "cam_a"]
    board.on_change(f"{TOWN}.cam_b", b"\xff\xff")
    assert board.view(TOWN, "cam_b").state == "connecting"
    board.on_change(f"{TOWN}.cam_a", None)
    assert board.view(TOWN, "cam_a").state == "connecting"


def test_a_slow_client_is_let_go():
    hub = EventHub()
    with hub.listen(TOWN) as slow, hub.listen("510799102000") as elsewhere:
        for number in range(600):
            hub.tell(ChangeKind.PRESENCE, TOWN, f"cam_{number}")
        hub.tell(ChangeKind.PRESENCE, TOWN, "cam_0")
        assert slow.too_slow.is_set() and not elsewhere.too_slow.is_set()


async def _events(stream, wanted: int) -> list[tuple[str, dict]]:
    got = []
    async with asyncio.timeout(10):
        async for chunk in stream:
            if chunk.startswith(b":"):
                continue
            name, content = chunk.decode().strip().split("\n", 1)
            got.append((name.removeprefix("event: "), json.loads(content.removeprefix("data: "))))
            if len(got) == wanted:
                return got
    return got


async def test_events_are_the_viewers_own(world):
    role = Role(RoleName.CLERK, area="510799101201")
    caller = Caller(Viewer(TOWN, "prn_x", (role,)), "x", "ses_x", "")

    async def again() -> Caller:
        return caller

    hub, service = world.registry.hub, EventService(world.registry.hub, world.registry.cameras)
    async with aclosing(service.stream(again)) as stream:
        assert await anext(stream) == b": huiyan\n\n"
        foreign, mine = world.camera("三岔路口"), world.camera("村口主路·东")
        hub.tell(ChangeKind.PRESENCE, TOWN, foreign)
        hub.tell(ChangeKind.CAMERA, TOWN, foreign)
        world.registry.workers.on_change(f"{TOWN}.ingest-1", _session())
        world.registry.presence.on_change(f"{TOWN}.{mine}", _presence(mine))
        hub.tell(ChangeKind.CAMERA, TOWN, mine)
        hub.tell(ChangeKind.GONE, TOWN, "cam_retired")
        events = await _events(stream, 3)
    assert [name for name, _ in events] == ["presence", "camera", "gone"]
    assert events[0][1]["camera"] == mine and events[0][1]["presence"]["state"] == "online"
    assert events[1][1]["may"]["reason"] == "no_agreement"
    assert events[2][1] == {"camera": "cam_retired"}


async def test_a_stream_ends_with_its_session(world):
    answers = [Caller(Viewer(TOWN, "prn_x", ()), "x", "ses_x", "")]

    async def again() -> Caller:
        if not answers:
            raise HuiyanError(ErrorKind.UNAUTHENTICATED, "请先登录", "over")
        return answers.pop()

    service = EventService(world.registry.hub, world.registry.cameras, heartbeat_s=0.02)
    async with asyncio.timeout(5):
        assert [chunk async for chunk in service.stream(again)] == [b": huiyan\n\n"]


async def test_looks_and_counts_follow_the_relays_events(world):
    clerk, owner = await world.staff("lixiuying"), await world.owner()
    home = world.camera("院坝", "1")
    grant = (await clerk.grant(home, purpose="alarm")).json()
    own = (await owner.grant(home)).json()
    start = world.clock.utc_ns()
    common = {"town": TOWN, "camera": home, "stream": "main", "relay": "relay-1"}

    def message(kind, subject, **more):
        event = kind(**common, first_frame_at_ns=start, **more)
        return Message(subject(TOWN), event.SerializeToString())

    looks, counts = world.registry.looks, world.registry.counts
    for number, one in enumerate((grant, own)):
        begun = message(
            ViewStarted,
            subjects.view_started,
            event=f"s{number}",
            grant=one["id"],
            principal="prn_x",
        )
        await looks.on_started(begun)
        await looks.on_started(begun)
    await counts.read()
    assert counts.of(TOWN, home) == 2
    assert (await clerk.get(f"/api/v1/cameras/{home}"))["viewers"] == 2
    ended = message(
        ViewEnded,
        subjects.view_ended,
        event="e1",
        grant=grant["id"],
        principal="prn_x",
        last_frame_at_ns=start + 240 * SECOND,
        frames=6000,
        reason="closed",
    )
    await looks.on_ended(ended)
    await counts.read()
    assert counts.of(TOWN, home) == 1
    day = await owner.get("/api/v1/looks")
    assert (day["household_viewers"], day["outside_viewers"]) == (1, 1)
    outside = next(look for look in day["looks"] if not look["own"])
    assert (outside["who"], outside["place"]) == ("李秀英", "双板镇新寨村监控室")
    assert (outside["purpose"], outside["seconds"], outside["camera"]) == ("核实告警", 240, home)
    assert (await owner.get("/api/v1/looks?day=2020-01-01"))["looks"] == []
    for day in ("9999-12-31", "0001-01-01"):
        assert (await owner.call("GET", f"/api/v1/looks?day={day}")).status_code == 422
    # A relay that died without a word: the count ends with its grant.
    world.clock.later(minutes=6)
    await counts.read()
    assert counts.of(TOWN, home) == 0


async def test_events_of_another_town_are_dropped(world):
    good = {"event": "x", "grant": "g", "principal": "p", "camera": "c", "first_frame_at_ns": 1}
    bad = (
        {"town": "510799102000"},
        {"town": TOWN, "camera": "c.d"},
        {"town": TOWN, "first_frame_at_ns": 2**63 - 1},
        {"town": TOWN, "relay": "a\0b"},
    )
    for change in bad:
        payload = ViewStarted(**{**good, **change}).SerializeToString()
        await world.registry.looks.on_started(Message(subjects.view_started(TOWN), payload))
    await world.registry.looks.on_started(Message(subjects.view_started(TOWN), b"\xff\xff"))
    await world.registry.counts.read()
    async with world.registry.database.transaction(EVERYTHING) as session:
        assert await session.scalar(text("SELECT count(*) FROM view_event")) == 0
