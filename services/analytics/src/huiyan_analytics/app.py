"""Composition root of analytics: a thin room. Nothing is analysed yet."""

import logging

from huiyan_kit.bus.nats import connect_bus
from huiyan_kit.lifecycle import Lifecycle
from prometheus_client import Gauge

from huiyan_analytics.settings import AnalyticsSettings

log = logging.getLogger(__name__)
# What this room can do. The list grows with the code that does it.
CAPABILITIES: tuple[str, ...] = ()


async def compose(lifecycle: Lifecycle, settings: AnalyticsSettings) -> None:
    """Connect to the bus with the room's own user, and say what it can do: nothing so far."""
    Gauge(
        "huiyan_capabilities",
        "How many things this room can do; 0 = it is only here",
        registry=lifecycle.metrics,
    ).set(len(CAPABILITIES))
    bus = await connect_bus(
        settings.nats_url,
        user=settings.nats_user,
        password=settings.secret(settings.nats_password_file),
        name="analytics",
    )
    lifecycle.on_close(bus.close)
    lifecycle.health.add_readiness("bus", lambda: bus.silent_for_s == 0.0)
    log.warning(
        "还没有分析：这个房间现在只连总线，不看画面、不报警 / Nothing is analysed yet",
        extra={"capabilities": list(CAPABILITIES)},
    )
