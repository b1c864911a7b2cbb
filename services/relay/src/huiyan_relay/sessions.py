"""All sessions of the process: limits, the sweep that ends them, and the drain."""

import asyncio
import logging
from collections import Counter
from typing import Protocol

from huiyan_kit.clock import Clock
from huiyan_kit.errors import ErrorKind, HuiyanError
from huiyan_kit.grants import Grant

from huiyan_relay.access import EndReason
from huiyan_relay.metrics import RelayMetrics
from huiyan_relay.open_rate import OpenRate
from huiyan_relay.session import WhepSession
from huiyan_relay.tile_status import TileState

log = logging.getLogger(__name__)
SWEEP_EVERY_S = 0.5


class Watching(Protocol):
    """A session of any kind: WHEP or a fallback."""

    id: str
    kind: str
    grant: Grant

    def check(self) -> None:
        """End what may no longer go on."""

    def end(self, reason: EndReason) -> None:
        """Stop at once; idempotent."""

    def tile_states(self) -> list[TileState]:
        """What its tiles show."""

    def tell_moved(self) -> None:
        """Ask its page to go elsewhere."""


class Sessions:
    """Who watches. Ended sessions leave at once; their connections close in the background."""

    def __init__(
        self,
        clock: Clock,
        metrics: RelayMetrics,
        *,
        most: int,
        most_per_principal: int,
        connect_timeout_s: float,
    ) -> None:
        self._clock = clock
        self._metrics = metrics
        self._most = most
        self._most_per_principal = most_per_principal
        self._connect_timeout_s = connect_timeout_s
        self._sessions: dict[str, Watching] = {}
        self._rate = OpenRate(clock.monotonic)
        self._closing: set[asyncio.Task[None]] = set()
        self._look = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()
        self.draining = False

    def __len__(self) -> int:
        return len(self._sessions)

    def require_room(self, grant: Grant) -> None:
        """UNAVAILABLE (too_many, draining) or TOO_MANY (too_many_sessions, too_fast)
        when there is none."""
        if self.draining:
            raise HuiyanError(
                ErrorKind.UNAVAILABLE,
                "这台服务器正在重启，请稍后再试",
                "This relay is about to restart; try again",
                code="draining",
            )
        if len(self._sessions) >= self._most:
            raise HuiyanError(
                ErrorKind.UNAVAILABLE,
                "看的人太多了，请过一会儿再看，或者先关掉别的画面",
                "Too many viewers; close another picture or try again later",
                code="too_many",
            )
        own = sum(session.grant.sub == grant.sub for session in self._sessions.values())
        if own >= self._most_per_principal:
            raise HuiyanError(
                ErrorKind.TOO_MANY,
                "您打开的画面太多了，请先关掉几个",
                "You have too many pictures open; close some first",
                code="too_many_sessions",
            )
        if not self._rate.allow(grant.sub):
            raise HuiyanError(
                ErrorKind.TOO_MANY,
                "打开得太频繁了，请稍等几秒",
                "Too many new pictures; wait some seconds",
                code="too_fast",
            )

    def add(self, session: Watching) -> None:
        """Begin to watch over it."""
        self._sessions[session.id] = session
        self._empty.clear()
        self._metrics.sessions.labels(session.kind).inc()

    def whep(self, session_id: str) -> WhepSession:
        """A running WHEP session, or NOT_FOUND (no_session)."""
        session = self._sessions.get(session_id)
        if not isinstance(session, WhepSession):
            raise HuiyanError(
                ErrorKind.NOT_FOUND, "画面已经关闭", "There is no such session", code="no_session"
            )
        return session

    def remove(self, session: Watching) -> None:
        """It has ended."""
        if self._sessions.pop(session.id, None) is not None:
            self._metrics.sessions.labels(session.kind).dec()
        if not self._sessions:
            self._empty.set()
        if isinstance(session, WhepSession):
            task = asyncio.create_task(session.peer.close(), name="close peer")
            self._closing.add(task)
            task.add_done_callback(self._closed)

    def _closed(self, task: asyncio.Task[None]) -> None:
        self._closing.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.warning("a connection did not close well", exc_info=error)

    def look_now(self) -> None:
        """Something that ends sessions may have changed."""
        self._look.set()

    async def sweep(self) -> None:
        """Check every session twice a second, and at once after a revocation; until cancelled."""
        while True:
            try:
                async with asyncio.timeout(SWEEP_EVERY_S):
                    await self._look.wait()
            except TimeoutError:
                self._count_tiles()
            self._look.clear()
            self.check_all()

    def check_all(self) -> None:
        """Check every session once; one that fails is ended, the others go on."""
        now = self._clock.monotonic()
        for session in list(self._sessions.values()):
            try:
                session.check()
                if (
                    isinstance(session, WhepSession)
                    and not session.connected
                    and now - session.created_at > self._connect_timeout_s
                ):
                    session.end(EndReason.LOST)
            except Exception:
                log.exception("a session could not be checked, so it ends")
                session.end(EndReason.LOST)

    def _count_tiles(self) -> None:
        counted = Counter(
            state for session in self._sessions.values() for state in session.tile_states()
        )
        for state in TileState:
            self._metrics.tiles.labels(state.value).set(counted[state])

    def end_all(self, reason: EndReason) -> None:
        """End every session."""
        for session in list(self._sessions.values()):
            session.end(reason)

    def tell_moved(self) -> None:
        """Ask every page to go elsewhere; pictures go on meanwhile."""
        self.draining = True
        for session in list(self._sessions.values()):
            session.tell_moved()

    async def wait_empty(self, timeout_s: float) -> None:
        """Return once the last session has left, or after so long."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._empty.wait()
        except TimeoutError:
            log.info("viewers are still here", extra={"sessions": len(self._sessions)})

    async def close(self) -> None:
        """End all and wait for their connections."""
        self.end_all(EndReason.MOVED)
        if self._closing:
            await asyncio.wait(list(self._closing), timeout=5)
