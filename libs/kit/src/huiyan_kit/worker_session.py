"""Who is alive: a process renews its key in the bucket `workers`, readers use their own clock."""

import asyncio
import logging
import secrets
import time
from collections.abc import Callable

from google.protobuf.message import DecodeError
from huiyan.ingest.v1.camera_pb2 import WorkerSession

from huiyan_kit import subjects
from huiyan_kit.bus.api import KeyValue
from huiyan_kit.errors import HuiyanError

log = logging.getLogger(__name__)
RENEW_S = 1.0
BELIEVE_S = 3.0


def new_worker_id(service: str) -> str:
    """`<service>-<8 hex>`."""
    return f"{service}-{secrets.token_hex(4)}"


async def keep_session(
    bucket: KeyValue,
    towns: list[str],
    session: WorkerSession,
    load: Callable[[], int] = lambda: 0,
) -> None:
    """Renew until cancelled; an outage of the bus is waited out."""
    while True:
        session.load = load()
        try:
            for town in towns:
                key = subjects.key(town, session.worker)
                await bucket.put(key, session.SerializeToString())
        except HuiyanError:
            log.debug("session not renewed, the bus is away")
        await asyncio.sleep(RENEW_S)


class LiveWorkers:
    """Reads sessions: feed it the bucket's changes, ask whether a worker is believed to live."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._seen: dict[str, tuple[float, WorkerSession]] = {}

    def on_change(self, key: str, value: bytes | None) -> None:
        """Take a change of the bucket `workers`."""
        worker = key.partition(".")[2]
        if value is None:
            self._seen.pop(worker, None)
        else:
            try:
                self._seen[worker] = (self._monotonic(), WorkerSession.FromString(value))
            except DecodeError:
                log.warning("a worker session that cannot be read")

    def alive(self, worker: str) -> bool:
        """True when it renewed within the last 3 s."""
        seen = self._seen.get(worker)
        return seen is not None and self._monotonic() - seen[0] <= BELIEVE_S

    def gone(self, worker: str) -> bool:
        """True when it fell silent while others go on: a silent bus is no proof of death."""
        return not self.alive(worker) and any(self.alive(other) for other in self._seen)

    def of_service(self, service: str) -> list[WorkerSession]:
        """Living sessions of one service, in the order of their ids."""
        return [
            session
            for worker, (_, session) in sorted(self._seen.items())
            if session.service == service and self.alive(worker)
        ]
