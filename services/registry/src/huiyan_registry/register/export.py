"""The register as NDJSON: what `huiyan register verify` reads (form: register/verify.py)."""

import json
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, any_, bindparam, exists, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from huiyan_registry.database.connection import Database
from huiyan_registry.database.row_scope import EVERYTHING
from huiyan_registry.register.chain import Head, genesis, members, time_text
from huiyan_registry.register.keys import RegisterKeys
from huiyan_registry.register.repository import SOURCES, ChainRepository, head_of, table_of
from huiyan_registry.register.tables import RegisterHead, RegisterLink, UnsealedRow

_PAGE = 1000


class RegisterExport:
    """Writes a town's chain, all of it or from head to head."""

    def __init__(self, database: Database, chain: ChainRepository, keys: RegisterKeys) -> None:
        self._database = database
        self._chain = chain
        self._keys = keys

    async def lines(
        self, town: str, since: datetime | None = None, until: datetime | None = None
    ) -> AsyncIterator[str]:
        """One JSON object a line, all of one moment. UNAVAILABLE when the database goes away.

        A part begins behind the last head before `since` and ends with the last one before `until`.
        """
        async with self._database.transaction(EVERYTHING, one_moment=True) as session:
            before = await _last_head_before(session, town, since) if since else None
            yield _line({"type": "key", "jwk": self._keys.public(town)})
            yield _line(_opening(town, before, until))
            if before is not None:
                yield _line({"type": "head", **before.as_json()})
            last = 0 if before is None else before.seq
            stop = await _last_head_before(session, town, until) if until else None
            end = (0 if stop is None else stop.seq) if until else None
            heads = _Heads(self._chain, session, town, last)
            while page := await _links_after(session, town, last, end):
                for line in await self._page(session, town, page):
                    yield _line(line)
                    last = line["seq"]
                    for head in await heads.up_to(last):
                        yield _line({"type": "head", **head.as_json()})
            for head in await heads.up_to(end):
                # Heads whose rows are gone still speak.
                yield _line({"type": "head", **head.as_json()})
            if since is None and until is None:
                async for told in _outside_the_chain(session, town):
                    yield _line(told)
            yield _line({"type": "end", "last": last})

    async def _page(
        self, session: AsyncSession, town: str, links: Sequence[RegisterLink]
    ) -> list[dict[str, Any]]:
        rows: dict[tuple[str, str], Mapping[str, Any]] = {}
        for source in SOURCES:
            ids = [link.row for link in links if link.source == source]
            table = table_of(source)
            wanted = bindparam(None, ids, type_=ARRAY(table.c.id.type))
            found = await session.execute(
                select(*table.c).where(table.c.town == town, table.c.id == any_(wanted))
            )
            rows |= {(source, row["id"]): dict(row) for row in found.mappings()}
        return [
            {
                "type": "row",
                "seq": link.seq,
                "source": link.source,
                "row": link.row,
                "hash": link.hash.hex(),
                "members": members(link.source, row)
                if (row := rows.get((link.source, link.row))) is not None
                else None,
            }
            for link in links
        ]


class _Heads:
    """Heads in order, a page at a time."""

    def __init__(
        self, chain: ChainRepository, session: AsyncSession, town: str, after: int
    ) -> None:
        self._chain, self._session, self._town = chain, session, town
        self._read = after
        self._next: deque[Head] = deque()
        self._more = True

    async def up_to(self, seq: int | None) -> list[Head]:
        """Those that were not given yet; None gives all."""
        given: list[Head] = []
        while True:
            if not self._next and self._more:
                page = await self._chain.heads_after(self._session, self._town, self._read, _PAGE)
                self._next.extend(page)
                self._more = len(page) == _PAGE
                self._read = page[-1].seq if page else self._read
            if not self._next or (seq is not None and self._next[0].seq > seq):
                return given
            given.append(self._next.popleft())


def _line(told: Mapping[str, Any]) -> str:
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")) + "\n"


def _opening(town: str, before: Head | None, until: datetime | None) -> dict[str, Any]:
    return {
        "type": "register",
        "town": town,
        "first": 1 if before is None else before.seq + 1,
        "previous": (genesis(town) if before is None else before.hash).hex(),
        "until": None if until is None else time_text(until),
    }


async def _last_head_before(session: AsyncSession, town: str, moment: datetime) -> Head | None:
    row = await session.scalar(
        select(RegisterHead)
        .where(RegisterHead.town == town, RegisterHead.sealed_at < moment)
        .order_by(RegisterHead.seq.desc())
        .limit(1)
    )
    return None if row is None else head_of(row)


async def _links_after(
    session: AsyncSession, town: str, after: int, end: int | None
) -> Sequence[RegisterLink]:
    wanted = select(RegisterLink).where(RegisterLink.town == town, RegisterLink.seq > after)
    if end is not None:
        wanted = wanted.where(RegisterLink.seq <= end)
    rows = (await session.scalars(wanted.order_by(RegisterLink.seq).limit(_PAGE))).all()
    for row in rows:
        session.expunge(row)
    return rows


async def _outside_the_chain(session: AsyncSession, town: str) -> AsyncIterator[dict[str, Any]]:
    """Rows that neither have a link nor wait for one, and waiting ones that are gone."""
    for source, (entity, _) in SOURCES.items():
        table = table_of(source)
        linked = exists().where(
            RegisterLink.town == entity.town,
            RegisterLink.source == source,
            RegisterLink.row == entity.id,
        )
        waits = exists().where(
            UnsealedRow.town == entity.town,
            UnsealedRow.source == source,
            UnsealedRow.row == entity.id,
        )
        stray = await session.execute(
            select(*table.c).where(table.c.town == town, ~linked, ~waits).limit(1)
        )
        for row in stray.mappings():
            yield {"type": "unlinked", "members": members(source, dict(row))}
        gone = await session.execute(
            select(UnsealedRow.row)
            .outerjoin(entity, and_(entity.town == UnsealedRow.town, entity.id == UnsealedRow.row))
            .where(
                UnsealedRow.town == town,
                UnsealedRow.source == source,
                entity.id.is_(None),
            )
            .limit(1)
        )
        for lost in gone.scalars():
            yield {"type": "unsealed_missing", "source": source, "row": lost}
