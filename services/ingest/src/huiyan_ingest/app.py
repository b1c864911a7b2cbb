"""The composition root of ingest."""

import functools
import time

import av.logging
from huiyan.ingest.v1 import camera_pb2 as pb
from huiyan_kit.bus.api import Bus
from huiyan_kit.bus.mirror import KvMirror
from huiyan_kit.bus.nats import NatsBus
from huiyan_kit.clock import SystemClock
from huiyan_kit.lifecycle import Lifecycle
from huiyan_kit.worker_session import keep_session, new_worker_id

from huiyan_ingest.address_guard import AddressGuard
from huiyan_ingest.assignment import StaticAssignment
from huiyan_ingest.camera import Camera, CameraPolicy, CameraPorts
from huiyan_ingest.credentials import CredentialOpener
from huiyan_ingest.fleet import Fleet
from huiyan_ingest.handoff import Handoff
from huiyan_ingest.metrics import IngestMetrics
from huiyan_ingest.native_source import NativeSource
from huiyan_ingest.probe import probe_camera
from huiyan_ingest.publisher import Publisher
from huiyan_ingest.pull import PullLimits, PullPorts
from huiyan_ingest.pyav_source import PyavSource, ReadLimits
from huiyan_ingest.settings import IngestSettings
from huiyan_ingest.source import OpenSource
from huiyan_ingest.still import StillMaker

SERVICE = "ingest"


async def compose(lifecycle: Lifecycle) -> None:
    """Connect to the bus and run the cameras of our towns."""
    settings = lifecycle.settings
    if not isinstance(settings, IngestSettings):
        raise TypeError("ingest needs IngestSettings")
    bus = NatsBus()
    await bus.connect(
        settings.nats_url,
        user=settings.nats_user,
        password=settings.secret(settings.nats_password_file),
        name=SERVICE,
    )
    lifecycle.on_close(bus.close)
    await compose_on_bus(lifecycle, settings, bus)


async def compose_on_bus(lifecycle: Lifecycle, settings: IngestSettings, bus: Bus) -> Fleet:
    """All but the connection; tests bring their own bus."""
    # libavformat's own messages may hold the URL with the password.
    av.logging.set_level(None)
    metrics = IngestMetrics(lifecycle.metrics)
    handoff = Handoff(metrics)
    publisher = Publisher(bus, metrics)
    stills = StillMaker()
    worker = new_worker_id(SERVICE)
    ports = CameraPorts(
        bus=bus,
        presence=bus.key_value("presence"),
        publisher=publisher,
        pulls=_pull_ports(settings, handoff, metrics),
        credentials=CredentialOpener(settings.secret(settings.key_file)),
        stills=stills,
        clock=SystemClock(),
        metrics=metrics,
        worker=worker,
        policy=_policy(settings),
    )
    assignment = StaticAssignment(settings.max_cameras, settings.reach_list)
    fleet = Fleet(functools.partial(Camera, ports=ports), assignment, metrics)
    rows = bus.key_value("cameras")
    mirrors = [KvMirror(rows, fleet.on_row, f"{town}.>") for town in settings.town_list]
    lifecycle.health.add_readiness("camera_rows", lambda: all(mirror.synced for mirror in mirrors))
    lifecycle.on_close(stills.close)
    lifecycle.on_close(fleet.close)
    lifecycle.background(handoff.run(), "hand-off")
    lifecycle.background(publisher.run(), "publisher")
    lifecycle.background(fleet.count(), "gauges")
    for mirror in mirrors:
        lifecycle.background(mirror.run(), "camera rows")
    session = pb.WorkerSession(worker=worker, service=SERVICE, started_at_ns=time.time_ns())
    lifecycle.background(
        keep_session(bus.key_value("workers"), settings.town_list, session, lambda: len(fleet)),
        "worker session",
    )
    return fleet


def _pull_ports(settings: IngestSettings, handoff: Handoff, metrics: IngestMetrics) -> PullPorts:
    return PullPorts(
        guard=AddressGuard(settings.camera_network_list, allow_loopback=settings.profile == "demo"),
        probe=probe_camera,
        open_source=_open_source(settings, handoff, metrics),
        # Our own client refuses a redirect by itself; libavformat would follow it.
        asks_first=settings.source == "pyav",
        clock=SystemClock(),
        metrics=metrics,
        limits=PullLimits(
            open_timeout_s=settings.open_timeout_s,
            stall_after_s=settings.stall_after_s,
            reopen_after_s=settings.reopen_after_s,
            backoff_first_s=settings.backoff_first_s,
            backoff_most_s=settings.backoff_most_s,
        ),
    )


def _open_source(settings: IngestSettings, handoff: Handoff, metrics: IngestMetrics) -> OpenSource:
    open_s, read_s = settings.open_timeout_s, settings.reopen_after_s
    if settings.source == "native":
        return functools.partial(NativeSource, open_s=open_s, read_s=read_s)
    limits = ReadLimits(open_s=open_s, read_s=read_s)
    return functools.partial(PyavSource, handoff=handoff, limits=limits, metrics=metrics)


def _policy(settings: IngestSettings) -> CameraPolicy:
    return CameraPolicy(
        warm_streams=("main", "sub") if settings.warm_streams == "both" else ("main",),
        probe_every_s=settings.probe_every_s,
        presence_every_s=settings.presence_every_s,
        demand_lives_s=settings.demand_lives_s,
        first_keyframe_wait_s=settings.first_keyframe_wait_s,
    )
