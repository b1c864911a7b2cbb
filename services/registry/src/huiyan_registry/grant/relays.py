"""Which relay a viewer is sent to."""

from huiyan_kit.errors import ErrorKind, HuiyanError
from huiyan_kit.worker_session import LiveWorkers

from huiyan_registry.grant.schemas import RelayUrls


def _websocket(base: str) -> str:
    return "ws" + base.removeprefix("http")


class Relays:
    """The configured public address, or the least loaded relay that lives."""

    def __init__(self, configured: str, workers: LiveWorkers) -> None:
        self._configured = configured.rstrip("/")
        self._workers = workers

    def urls(self) -> RelayUrls:
        """UNAVAILABLE `no_relay` when there is none."""
        base = self._configured
        if not base:
            living = [relay for relay in self._workers.of_service("relay") if relay.url]
            if not living:
                raise HuiyanError(
                    ErrorKind.UNAVAILABLE,
                    "转发服务还没准备好，请稍后再试",
                    "No relay is there yet; try again soon",
                    code="no_relay",
                )
            base = min(living, key=lambda relay: relay.load).url.rstrip("/")
        socket = _websocket(base)
        return RelayUrls(
            whep=f"{base}/whep",
            channel=f"{socket}/channel",
            media=f"{socket}/media",
            snapshot=f"{base}/snapshot",
        )

    def origins(self) -> list[str]:
        """Origins that the pages must be allowed to call."""
        bases = [self._configured] if self._configured else []
        bases += [relay.url.rstrip("/") for relay in self._workers.of_service("relay") if relay.url]
        found: list[str] = []
        for base in dict.fromkeys(bases):
            scheme, _, rest = base.partition("://")
            if scheme in ("http", "https") and rest:
                origin = f"{scheme}://{rest.split('/')[0]}"
                found += [origin, _websocket(origin)]
        return found
