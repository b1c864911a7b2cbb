"""Asks the matrix's questions: each from the same state, for what one changes is undone."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable
from typing import Any

from huiyan_registry.database.connection import Database, keep_to
from huiyan_registry.database.row_scope import RowScope
from huiyan_testing.expected_table import Cell
from matrix_bodies import Question
from matrix_town import MatrixTown, Stand
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

EVENTS = "GET /api/v1/events"
EXPORT = "GET /api/v1/register/export"
_WHY = ("GET /api/v1/cameras/{camera}/why", "POST /api/v1/decisions/explain")
# Cameras of one's own village that a list may offer to look at.
_OFFERED = ("closed", "home", "masked", "off", "road")


@contextlib.asynccontextmanager
async def undone(database: Database) -> AsyncIterator[None]:
    """What is committed meanwhile is rolled back at the end: each `transaction()` becomes a
    savepoint of one transaction that never commits."""
    async with database._callers.connect() as connection:
        outer = await connection.begin()
        sessions = async_sessionmaker(
            connection, join_transaction_mode="create_savepoint", expire_on_commit=False
        )

        @contextlib.asynccontextmanager
        async def transaction(rows: RowScope) -> AsyncIterator[AsyncSession]:
            async with sessions() as session, session.begin():
                await keep_to(session, rows)
                yield session

        database.transaction = transaction
        try:
            yield
        finally:
            del database.transaction
            await outer.rollback()


async def red_cells(town: MatrixTown, cells: Iterable[Cell]) -> dict[str, str]:
    """`row · who @ place` of every cell whose answer is another one, and what was answered."""
    red: dict[str, str] = {}
    for cell in cells:
        stand = town.stands[cell.who, cell.place]
        got = await answer_of(town, cell, stand)
        if got != cell.answer:
            red[str(cell)] = f"expected {cell.answer}, got {got}"
    return red


async def answer_of(town: MatrixTown, cell: Cell, stand: Stand) -> str:
    """Status and code as the table writes them; nothing of it stays."""
    town.believe_relay()
    # An export reads in a transaction of its own kind, which cannot be part of another one.
    whole = cell.route == EXPORT
    async with contextlib.nullcontext() if whole else undone(town.world.registry.database):
        return await _answer(town, cell.route, cell.variant, stand)


async def _answer(town: MatrixTown, route: str, variant: str, stand: Stand) -> str:
    asked = Question(town, route, variant)
    if route == EVENTS:
        return await _begins(town, stand)
    try:
        async with asyncio.timeout(20):
            answer = await stand.visitor.call(asked.method, asked.path, **asked.content)
    except Exception as error:  # the transport hands on what the server would answer by 500
        return f"500 {type(error).__name__} {error}"[:200]
    if "problem+json" in answer.headers.get("content-type", ""):
        return f"{answer.status_code} {answer.json()['code']}"
    return f"{answer.status_code} {_told(town, route, variant, answer)}".strip()


def _told(town: MatrixTown, route: str, variant: str, answer: Any) -> str:
    """What the table says of an answer beside its status."""
    if variant == "may look":
        offered = {one["id"] for one in answer.json()["items"] if one["may"]["live"]}
        names = [name for name in _OFFERED if town.ids[name] in offered]
        return f"({' '.join(names)})"
    if route in _WHY:
        return str(answer.json()["reason"] or "allowed")
    if route.endswith("/import"):
        return "wrong" if answer.json()["errors"] else "fits"
    if route.startswith("GET") and "{" not in route:
        return town.villages_named(answer.text)
    return ""


async def _begins(town: MatrixTown, stand: Stand) -> str:
    """The status of a stream that goes on for ever: only its beginning is waited for."""
    begun: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    sent = stand.visitor.http.build_request("GET", "/api/v1/events").headers
    if stand.visitor.bearer:
        sent["Authorization"] = f"Bearer {stand.visitor.bearer}"
    headers = [(name.lower(), value) for name, value in sent.raw]
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET",
        "scheme": "http", "path": "/api/v1/events", "raw_path": b"/api/v1/events",
        "query_string": b"", "root_path": "", "headers": headers,
        "client": ("192.0.2.1", 1), "server": ("test", 80),
    }  # fmt: skip

    async def receive() -> dict[str, Any]:
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start" and not begun.done():
            begun.set_result(message["status"])

    task = asyncio.create_task(town.world.registry.asgi(scope, receive, send))
    try:
        async with asyncio.timeout(5):
            await asyncio.wait({task, begun}, return_when=asyncio.FIRST_COMPLETED)
        return str(begun.result())
    finally:
        task.cancel()
        await asyncio.wait({task})
