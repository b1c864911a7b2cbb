"""The relay process: bus, servers, drain."""

from huiyan_kit.bus.nats import connect_bus
from huiyan_kit.clock import SystemClock
from huiyan_kit.lifecycle import Lifecycle

from huiyan_relay.relay import Relay
from huiyan_relay.settings import RelaySettings


async def compose(lifecycle: Lifecycle) -> None:
    """Put the relay together inside a process."""
    settings = lifecycle.settings
    assert isinstance(settings, RelaySettings)
    password = settings.secret(settings.nats_password_file) if settings.nats_user else ""
    bus = await connect_bus(
        settings.nats_url, user=settings.nats_user, password=password, name="relay"
    )
    lifecycle.on_close(bus.close)
    relay = Relay(settings, bus, SystemClock(), lifecycle.metrics)
    lifecycle.on_close(relay.drain)
    certificate, key = settings.tls_cert_file, settings.tls_key_file
    port = lifecycle.serve(
        "http",
        relay.app,
        settings.http_host,
        settings.http_port,
        tls_cert=str(certificate) if certificate else None,
        tls_key=str(key) if key else None,
    )
    scheme = "https" if certificate else "http"
    url = settings.public_url or f"{scheme}://{settings.http_host}:{port}"
    for name, job in relay.jobs(url).items():
        lifecycle.background(job, name)
    lifecycle.background(_say_moved(lifecycle, relay), "drain notice")
    lifecycle.health.add_readiness("synced", lambda: relay.synced)
    lifecycle.health.add_readiness("bus", lambda: bus.silent_for_s == 0)


async def _say_moved(lifecycle: Lifecycle, relay: Relay) -> None:
    """At SIGTERM tell pages before the servers close their channels."""
    await lifecycle.stopping.wait()
    lifecycle.health.draining = True
    relay.sessions.tell_moved()
