"""Transactions on PostgreSQL; a database that is away is one clear error, not a stack trace."""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator

from huiyan_kit.backoff import Backoff
from huiyan_kit.errors import ErrorKind, HuiyanError
from sqlalchemy import event, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import (
    DBAPIError,
    InterfaceError,
    InvalidatePoolError,
    OperationalError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)

from huiyan_registry.database.row_scope import EVERYTHING, RowScope

log = logging.getLogger(__name__)
_CONNECT_S = 3.0
_COMMAND_S = 8.0
_SEEN_S = 15.0
# character_not_in_repertoire, untranslatable_character: PostgreSQL keeps no NUL in a text.
_NO_TEXT = frozenset({"22021", "22P05"})
# PostgreSQL takes it before any query only.
_ONE_MOMENT = text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
# For the transaction only, so that a connection of the pool forgets it (one round trip).
_KEEP_TO = text(
    "SELECT set_config('huiyan.rows', :rows, true), set_config('huiyan.town', :town, true), "
    "set_config('huiyan.principal', :principal, true), set_config('huiyan.areas', :areas, true), "
    "set_config('huiyan.households', :households, true)"
)


def database_away() -> HuiyanError:
    """The error of every route while the database is away."""
    return HuiyanError(
        ErrorKind.UNAVAILABLE,
        "数据库暂时不通，请稍后再试",
        "The database is away; try again soon",
        code="database_away",
    )


def unwritable() -> HuiyanError:
    """The error of a request whose text no database can hold."""
    return HuiyanError(
        ErrorKind.INVALID,
        "内容里有不能用的字符",
        "The text holds a character that cannot be used",
        code="bad_text",
    )


class Database:
    """A pool of connections. Whoever writes opens `transaction()`; nobody commits by hand."""

    def __init__(self, url: str, *, pool_size: int = 8) -> None:
        # Two pools: the system's connections may touch everything from their first moment, and each
        # request is spared a statement; a caller's never were such a connection.
        self._system = _engine(url, pool_size, EVERYTHING)
        self._callers = _engine(url, pool_size, None)
        self._system_sessions = async_sessionmaker(self._system, expire_on_commit=False)
        self._caller_sessions = async_sessionmaker(self._callers, expire_on_commit=False)
        self._seen_at = float("-inf")

    @contextlib.asynccontextmanager
    async def transaction(
        self, rows: RowScope, *, one_moment: bool = False
    ) -> AsyncIterator[AsyncSession]:
        """Commit at the end, roll back on any error. `rows`: the caller's (`caller.rows`), or
        EVERYTHING for the system's own work. With `one_moment` it only reads, and everything of
        the moment of its first query. HuiyanError UNAVAILABLE `database_away`, INVALID
        `bad_text` for a NUL in what somebody sent."""
        system = rows == EVERYTHING
        sessions = self._system_sessions if system else self._caller_sessions
        try:
            async with sessions() as session, session.begin():
                if one_moment:
                    await session.execute(_ONE_MOMENT)
                if not system:
                    await keep_to(session, rows)
                yield session
        except (OSError, PoolTimeout, InterfaceError, OperationalError) as error:
            # TimeoutError is an OSError: a command that hangs counts as away.
            log.warning("database away: %s", type(error).__name__)
            raise database_away() from error
        except DBAPIError as error:
            if error.connection_invalidated or _server_stops(error):
                log.warning("database connection lost")
                raise database_away() from error
            if _sqlstate(error) in _NO_TEXT:
                raise unwritable() from error
            raise
        self._seen_at = time.monotonic()

    @property
    def reachable(self) -> bool:
        """True when a transaction succeeded within the last 15 s."""
        return time.monotonic() - self._seen_at < _SEEN_S

    async def ping(self) -> None:
        """Raise UNAVAILABLE when nobody answers."""
        async with self.transaction(EVERYTHING) as session:
            await session.execute(text("SELECT 1"))

    async def wait(self) -> None:
        """Return when the database is there and has our tables."""
        backoff = Backoff(0.1, 3.0)
        while True:
            try:
                async with self.transaction(EVERYTHING) as session:
                    found = await session.scalar(text("SELECT to_regclass('alembic_version')"))
                if found is not None:
                    return
                log.warning("the database has no tables yet: run `huiyan_registry migrate`")
            except HuiyanError:
                log.debug("waiting for the database")
            await asyncio.sleep(backoff.next_s())

    async def keep_watch(self, interval_s: float = 5.0) -> None:
        """Keep `reachable` honest while nobody asks anything; runs until cancelled."""
        while True:
            with contextlib.suppress(HuiyanError):
                await self.ping()
            await asyncio.sleep(interval_s)

    async def close(self) -> None:
        """Close every connection."""
        await self._system.dispose()
        await self._callers.dispose()


def _engine(url: str, pool_size: int, rows: RowScope | None) -> AsyncEngine:
    """A pool whose connections begin with these rows; without, with none."""
    settings = {} if rows is None else {"huiyan.rows": rows.rows}
    engine = create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=_CONNECT_S,
        hide_parameters=True,
        connect_args={
            "timeout": _CONNECT_S,
            "command_timeout": _COMMAND_S,
            "server_settings": settings,
        },
    )
    event.listen(engine.sync_engine, "checkout", _check_open)
    return engine


async def keep_to(session: AsyncSession, rows: RowScope) -> None:
    """From here on the running transaction touches these rows and no others."""
    await session.execute(_KEEP_TO, rows.settings())


@contextlib.asynccontextmanager
async def beyond(session: AsyncSession, rows: RowScope) -> AsyncIterator[None]:
    """Everything for a moment, within a transaction that keeps to `rows`: what must be unique or
    counted in the whole town, or be told about somebody whose other rows are not the caller's.

    An error needs no way back: the transaction is lost with it.
    """
    await keep_to(session, EVERYTHING)
    yield
    await keep_to(session, rows)


def _check_open(connection: DBAPIConnection, *_: object) -> None:
    """A connection that the server has closed is not handed out, nor is any other of its time.

    asyncpg has seen the end of the socket by then; asking the server first (`pool_pre_ping`) would
    cost three round trips for each transaction.
    """
    if connection.driver_connection.is_closed():
        raise InvalidatePoolError


def _sqlstate(error: DBAPIError) -> str:
    return str(getattr(error.orig, "sqlstate", None) or getattr(error.orig, "pgcode", None) or "")


def _server_stops(error: DBAPIError) -> bool:
    """No connection to be had: SQLSTATE classes 08 (connection), 28 (login), 3D (no such database),
    53 (out of resources), 57P (shutdown, failover); PostgreSQL, appendix A."""
    return _sqlstate(error).startswith(("08", "28", "3D", "53", "57P"))
