"""The second port of every service: probes and metrics, for the operator only."""

import contextlib
import hmac
import socket
from collections.abc import Awaitable, Callable, Iterator, Sequence

import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from huiyan_kit.health import Health

Endpoint = Callable[[Request], Awaitable[Response]]


def internal_app(health: Health, metrics: CollectorRegistry, token: str = "") -> Starlette:
    """GET /health/live, /health/ready, /metrics; with a token, metrics need it as Bearer."""

    async def live(_: Request) -> Response:
        return JSONResponse({"live": health.live}, status_code=200 if health.live else 503)

    async def ready(_: Request) -> Response:
        return JSONResponse(health.readiness(), status_code=200 if health.ready else 503)

    async def show_metrics(request: Request) -> Response:
        given = request.headers.get("authorization", "")
        if token and not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
            return Response(status_code=401, headers={"WWW-Authenticate": "Bearer"})
        return Response(generate_latest(metrics), media_type=CONTENT_TYPE_LATEST)

    return Starlette(
        routes=[
            Route("/health/live", live),
            Route("/health/ready", ready),
            Route("/metrics", show_metrics),
        ]
    )


def bind(host: str, port: int) -> socket.socket:
    """A listening TCP socket; port 0 takes any free one. OSError when it is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(1024)
    listener.setblocking(False)
    return listener


def http_server(
    app: Callable[..., object],
    *,
    tls_cert: str | None = None,
    tls_key: str | None = None,
    trusted_proxies: Sequence[str] = (),
) -> uvicorn.Server:
    """A uvicorn server that leaves signals and logs to us; serve it with `serve(sockets=[…])`.

    X-Forwarded-For and -Proto are believed from `trusted_proxies` (addresses, CIDR) only; uvicorn's
    own default would believe whoever is on this machine.
    """
    return _QuietServer(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="off",
            proxy_headers=bool(trusted_proxies),
            forwarded_allow_ips=list(trusted_proxies),
            timeout_graceful_shutdown=3,
            ssl_certfile=tls_cert,
            ssl_keyfile=tls_key,
            ws_max_size=256 * 1024,
        )
    )


class _QuietServer(uvicorn.Server):
    """Signals belong to the lifecycle, not to each HTTP server."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
