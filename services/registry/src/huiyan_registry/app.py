"""The composition root: every part of the registry is made and joined here, and only here."""

import asyncio
import gc
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from fastapi import Depends, FastAPI
from fastapi.telemetry import TelemetryConfig
from huiyan_kit import subjects
from huiyan_kit.bus.api import Bus
from huiyan_kit.bus.buckets import ensure_buckets, made_at
from huiyan_kit.bus.mirror import KvMirror
from huiyan_kit.bus.nats import NatsBus, connect_bus
from huiyan_kit.clock import Clock, SystemClock
from huiyan_kit.health import Health
from huiyan_kit.lifecycle import Lifecycle
from huiyan_kit.problem_http import App, ProblemMiddleware
from huiyan_kit.worker_session import LiveWorkers
from prometheus_client import CollectorRegistry

from huiyan_registry import problems
from huiyan_registry.account.compose import compose_people
from huiyan_registry.account.passwords import Passwords
from huiyan_registry.account.repository import AccountRepository
from huiyan_registry.area.compose import add_place_routes
from huiyan_registry.area.online import OnlineByArea
from huiyan_registry.area.repository import AreaRepository
from huiyan_registry.camera.addresses import AddressRule
from huiyan_registry.camera.compose import compose_cameras
from huiyan_registry.camera.repository import CameraRepository
from huiyan_registry.camera.row import BUCKET
from huiyan_registry.camera.service import CameraService
from huiyan_registry.consent.compose import HouseholdRights, compose_household_rights
from huiyan_registry.consent.repository import ConsentRepository
from huiyan_registry.database.connection import Database
from huiyan_registry.events import endpoints as event_routes
from huiyan_registry.events.hub import ChangeKind, EventHub
from huiyan_registry.events.service import EventService
from huiyan_registry.grant import endpoints as grant_routes
from huiyan_registry.grant.keys import SigningKeys
from huiyan_registry.grant.relays import Relays
from huiyan_registry.grant.repository import GrantRepository
from huiyan_registry.grant.service import GrantService
from huiyan_registry.grant.turn import TurnCredentials
from huiyan_registry.link import endpoints as link_routes
from huiyan_registry.link.repository import LinkRepository
from huiyan_registry.link.service import LinkService
from huiyan_registry.look import endpoints as look_routes
from huiyan_registry.look.counts import WatchingCounts
from huiyan_registry.look.notice_repository import NoticeRepository
from huiyan_registry.look.notices import HouseholdNotices
from huiyan_registry.look.repository import LookRepository
from huiyan_registry.look.service import LookService
from huiyan_registry.measure import RequestMetrics
from huiyan_registry.onboarding.compose import add_onboarding
from huiyan_registry.outbox.reconcile import EnsureBuckets, Reconciler
from huiyan_registry.outbox.service import Outbox
from huiyan_registry.pages import endpoints as page_routes
from huiyan_registry.pages import health as health_routes
from huiyan_registry.pages.endpoints import Pages
from huiyan_registry.pages.headers import BodyLimit, SecurityHeaders
from huiyan_registry.presence.board import PresenceBoard
from huiyan_registry.register.compose import RegisterRoom, compose_register
from huiyan_registry.revocation.service import RevocationService
from huiyan_registry.session.cookie import SessionCookie
from huiyan_registry.session.guard import Guard, public_routes
from huiyan_registry.session.repository import SessionRepository
from huiyan_registry.session.service import Life
from huiyan_registry.settings import RegistrySettings
from huiyan_registry.sweeper import Sweeper

# Objects that may be made between two looks for garbage.
_YOUNG = 10_000
_NO_TELEMETRY: TelemetryConfig = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "auto_configure": False,
}


@dataclass(slots=True)
class Registry:
    """The joined parts that the outside (lifecycle, seed, tests) needs by name."""

    database: Database
    outbox: Outbox
    links: LinkService
    cameras: CameraService
    household_rights: HouseholdRights
    looks: LookService
    notices: HouseholdNotices
    counts: WatchingCounts
    presence: PresenceBoard
    workers: LiveWorkers
    hub: EventHub
    reconciler: Reconciler
    register: RegisterRoom
    keys: SigningKeys
    sweeper: Sweeper
    camera_mirror: KvMirror
    presence_mirror: KvMirror
    worker_mirror: KvMirror
    api: FastAPI
    asgi: App


def built_pages() -> Path | None:
    """The folder of the built pages, when the package huiyan_web is installed and built."""
    if importlib.util.find_spec("huiyan_web") is None:
        return None
    from huiyan_web import static_dir  # noqa: PLC0415 - an installation without pages is allowed

    return static_dir()


def compose_registry(
    settings: RegistrySettings,
    database: Database,
    bus: Bus,
    ensure: EnsureBuckets,
    *,
    health: Health,
    metrics: CollectorRegistry,
    clock: Clock,
    passwords: Passwords,
    pages: Path | None,
) -> Registry:
    """Join the parts; nothing runs yet."""
    towns = settings.town_list
    accounts, areas, cameras = AccountRepository(), AreaRepository(), CameraRepository()
    consents, looks, session_rows = ConsentRepository(), LookRepository(), SessionRepository()
    workers, hub = LiveWorkers(), EventHub(metrics)
    outbox = Outbox(database, bus, towns, clock, metrics)
    revocations = RevocationService(outbox, clock)

    def presence_changed(town: str, camera: str) -> None:
        online.presence_changed(town, camera)
        hub.tell(ChangeKind.PRESENCE, town, camera)

    presence = PresenceBoard(workers, presence_changed)
    online = OnlineByArea(presence.online)
    counts = WatchingCounts(
        database,
        looks,
        clock,
        towns,
        lambda town, camera, _: hub.tell(ChangeKind.VIEWERS, town, camera),
    )
    camera_room = compose_cameras(
        settings,
        database,
        cameras=cameras,
        areas=areas,
        consents=consents,
        revocations=revocations,
        outbox=outbox,
        presence=presence,
        viewers=counts,
        clock=clock,
    )
    camera_service = camera_room.service
    people = compose_people(
        settings,
        database,
        accounts=accounts,
        areas=areas,
        session_rows=session_rows,
        revocations=revocations,
        passwords=passwords,
        clock=clock,
    )
    sessions = people.sessions
    links = LinkService(
        database,
        links=LinkRepository(),
        accounts=accounts,
        areas=areas,
        consents=consents,
        sessions=sessions,
        throttle=people.throttle,
        clock=clock,
        towns=towns,
        life_s=settings.link_life_s,
        family=Life(settings.family_idle_s, settings.family_life_s),
    )
    keys = SigningKeys(settings.secrets_dir, towns, clock, settings.signing_key_life_s)
    relays = Relays(settings.relay_url, workers)
    turn_secret = settings.secret(settings.turn_secret_file) if settings.turn_url_list else ""
    grants = GrantService(
        database,
        grants=GrantRepository(),
        accounts=accounts,
        cameras=cameras,
        areas=areas,
        consents=consents,
        sessions=session_rows,
        looks=looks,
        revocations=revocations,
        keys=keys,
        relays=relays,
        turn=TurnCredentials(settings.turn_url_list, turn_secret),
        clock=clock,
    )
    register = compose_register(database, settings.secrets_dir, towns, clock, metrics)
    look_service = LookService(database, looks, NoticeRepository(), clock, metrics)
    notices = HouseholdNotices(
        database,
        NoticeRepository(),
        clock,
        towns,
        lambda name, town, home, content: hub.tell_household(
            ChangeKind(name), town, home, content.model_dump_json()
        ),
    )
    household_rights = compose_household_rights(
        database,
        accounts=accounts,
        areas=areas,
        cameras=cameras,
        camera_service=camera_service,
        consents=consents,
        sessions=session_rows,
        revocations=revocations,
        clock=clock,
    )

    def camera_row_changed(key: str, value: bytes | None) -> None:
        town, _, camera = key.partition(".")
        online.camera_changed(town, camera)
        hub.tell(ChangeKind.CAMERA if value is not None else ChangeKind.GONE, town, camera)

    camera_mirror = KvMirror(bus.key_value("cameras"), camera_row_changed, keep=False)
    api = FastAPI(
        title="Huiyan registry",
        version="1",
        description="Areas, cameras, people, links, grants and looks.",
        # Built into FastAPI and silent until the environment names an exporter: then paths and what
        # was sent would leave the service, whoever set that variable. Asked for with every request.
        telemetry=_NO_TELEMETRY,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        dependencies=[Depends(Guard(sessions, public_routes()))],
    )
    problems.install(api)
    cookie = SessionCookie(clock, secure=settings.secure)
    health_routes.add_routes(api, health)
    people.add_routes(api, cookie, settings.public_url)
    link_routes.add_routes(
        api,
        links,
        accounts=people.accounts,
        sessions=sessions,
        cookie=cookie,
        public_url=settings.public_url,
    )
    add_place_routes(
        api,
        database,
        accounts=accounts,
        areas=areas,
        cameras=cameras,
        camera_service=camera_service,
        revocations=revocations,
        presence=presence,
        online=online,
        clock=clock,
    )
    camera_room.add_routes(api)
    household_rights.add_routes(api)
    grant_routes.add_routes(api, grants)
    look_routes.add_routes(api, look_service)
    register.add_routes(api)
    event_routes.add_routes(api, EventService(hub, camera_service), sessions)
    add_onboarding(
        api,
        settings,
        database,
        bus,
        cameras=cameras,
        camera_service=camera_service,
        looks=looks,
        presence=presence,
        addresses=AddressRule(settings.networks),
        outbox=outbox,
        clock=clock,
        metrics=metrics,
    )
    page_routes.add_routes(api, Pages(pages))
    measured = RequestMetrics(ProblemMiddleware(BodyLimit(api)), metrics)
    asgi = SecurityHeaders(measured, relays.origins, secure=settings.secure)
    return Registry(
        database=database,
        outbox=outbox,
        links=links,
        cameras=camera_service,
        household_rights=household_rights,
        looks=look_service,
        notices=notices,
        counts=counts,
        presence=presence,
        workers=workers,
        hub=hub,
        reconciler=Reconciler(
            database,
            bus=bus,
            cameras=cameras,
            keys=keys,
            ensure=ensure,
            clock=clock,
            towns=towns,
            metrics=metrics,
        ),
        register=register,
        keys=keys,
        sweeper=Sweeper(
            database,
            cameras=camera_service,
            sessions=session_rows,
            steps=people.second_rows,
            clock=clock,
            towns=towns,
        ),
        camera_mirror=camera_mirror,
        presence_mirror=KvMirror(bus.key_value("presence"), presence.on_change, keep=False),
        worker_mirror=KvMirror(bus.key_value("workers"), workers.on_change),
        api=api,
        asgi=asgi,
    )


def bucket_keeper(bus: NatsBus, replicas: int) -> EnsureBuckets:
    """Creates what is missing; the name tells a recreated bucket and a new connection."""

    async def ensure() -> str:
        await ensure_buckets(bus.jetstream, replicas=replicas)
        return f"{await made_at(bus.jetstream, BUCKET)} {bus.generation}"

    return ensure


async def compose(lifecycle: Lifecycle) -> None:
    """Start the service; a stop that comes while it still waits for something is obeyed."""
    start = asyncio.create_task(_start(lifecycle))
    stop = asyncio.create_task(lifecycle.stopping.wait())
    await asyncio.wait({start, stop}, return_when=asyncio.FIRST_COMPLETED)
    stop.cancel()
    if start.done():
        start.result()
    else:
        start.cancel()
        await asyncio.wait({start})


async def _start(lifecycle: Lifecycle) -> None:
    """Wait for database and bus, join the parts, run them, serve."""
    settings = lifecycle.settings
    assert isinstance(settings, RegistrySettings)
    settings.check()
    database = Database(settings.database_url)
    lifecycle.on_close(database.close)
    await database.wait()
    password_file = settings.nats_password_file
    password = settings.secret(password_file) if password_file is not None else ""
    bus = await connect_bus(
        settings.nats_url,
        user=settings.nats_user,
        password=password,
        name="registry",
    )
    lifecycle.on_close(bus.close)
    registry = compose_registry(
        settings,
        database,
        bus,
        bucket_keeper(bus, settings.nats_replicas),
        health=lifecycle.health,
        metrics=lifecycle.metrics,
        clock=SystemClock(),
        passwords=await asyncio.to_thread(Passwords),
        pages=built_pages(),
    )
    lifecycle.health.add_readiness("database", lambda: database.reachable)
    await run_parts(lifecycle, registry, bus, settings.town_list)
    # What stands now stands for good, and there is much of it in a large county: the collector need
    # not go through it again and again, nor begin with every few requests.
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, 20, 20)
    lifecycle.serve(
        "http",
        registry.asgi,
        settings.http_host,
        settings.http_port,
        tls_cert=str(settings.tls_cert_file) if settings.tls_cert_file else None,
        tls_key=str(settings.tls_key_file) if settings.tls_key_file else None,
        trusted_proxies=settings.trusted_proxy_list,
    )


async def run_parts(lifecycle: Lifecycle, registry: Registry, bus: Bus, towns: list[str]) -> None:
    """Start the background work; returns when the bucket mirrors are read once."""
    lifecycle.background(registry.database.keep_watch(), "database watch")
    lifecycle.background(registry.reconciler.run(), "reconciler")
    mirrors = {
        "cameras": registry.camera_mirror,
        "presence": registry.presence_mirror,
        "workers": registry.worker_mirror,
    }
    for name, mirror in mirrors.items():
        lifecycle.background(mirror.run(), f"mirror {name}")
        lifecycle.health.add_readiness(name, _synced(mirror))
    lifecycle.health.add_readiness("reconciled", lambda: registry.reconciler.done)
    for town in towns:
        await _consume(lifecycle, registry, bus, town)
    for mirror in mirrors.values():
        await mirror.wait_synced()
    lifecycle.background(registry.outbox.run(), "outbox")
    lifecycle.background(registry.presence.run(), "presence")
    lifecycle.background(registry.counts.run(), "viewer counts")
    lifecycle.background(registry.notices.run(), "household notices")
    lifecycle.background(registry.sweeper.run(), "sweeper")
    lifecycle.background(registry.register.sealer.run(), "register sealer")
    lifecycle.background(registry.keys.run(bus), "signing keys")


def _synced(mirror: KvMirror) -> Callable[[], bool]:
    return lambda: mirror.synced


async def _consume(lifecycle: Lifecycle, registry: Registry, bus: Bus, town: str) -> None:
    for subject, handler, durable in (
        (subjects.view_started(town), registry.looks.on_started, f"registry-{town}-started"),
        (subjects.view_ended(town), registry.looks.on_ended, f"registry-{town}-ended"),
    ):
        reader = await bus.consume(subject, handler, durable=durable)
        lifecycle.on_close(reader.close)
