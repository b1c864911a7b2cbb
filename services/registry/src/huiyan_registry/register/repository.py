"""Queries of the chain; the caller owns the transaction. Nothing here changes or removes a link."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    String,
    Table,
    and_,
    any_,
    bindparam,
    delete,
    func,
    insert,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT, BYTEA
from sqlalchemy.ext.asyncio import AsyncSession

from huiyan_registry.look.tables import RegisterEntry, ViewEvent
from huiyan_registry.register.chain import Head
from huiyan_registry.register.tables import RegisterHead, RegisterLink, UnsealedRow

# What is chained, and the column that tells when a row was written.
SOURCES: dict[str, tuple[Any, Any]] = {
    "access_register": (RegisterEntry, RegisterEntry.at),
    "view_event": (ViewEvent, ViewEvent.recorded_at),
}


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A row of one of the tables, every column of it."""

    source: str
    id: str
    at: datetime
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Link:
    """A place in the chain."""

    seq: int
    source: str
    row: str
    hash: bytes


def table_of(source: str) -> Table:
    """The table that a source names."""
    table = SOURCES[source][0].__table__
    assert isinstance(table, Table)
    return table


def head_of(row: RegisterHead) -> Head:
    """As the chain knows it."""
    return Head(
        town=row.town,
        seq=row.seq,
        previous=row.previous,
        hash=row.hash,
        sealed_at=row.sealed_at,
        kid=row.kid,
        signature=row.signature,
    )


class ChainRepository:
    """Links, heads and the queue of one town at a time."""

    async def lock(self, session: AsyncSession, town: str) -> None:
        """One sealer per town over all processes, until this transaction ends."""
        await session.execute(
            select(func.pg_advisory_xact_lock(func.hashtext("register"), func.hashtext(town)))
        )

    async def forget_linked(self, session: AsyncSession, town: str) -> None:
        """Drop queue rows of what has a link already."""
        linked = select(RegisterLink.seq).where(
            RegisterLink.town == UnsealedRow.town,
            RegisterLink.source == UnsealedRow.source,
            RegisterLink.row == UnsealedRow.row,
        )
        await session.execute(delete(UnsealedRow).where(UnsealedRow.town == town, linked.exists()))

    async def waiting(self, session: AsyncSession, town: str, limit: int) -> list[SourceRow]:
        """Committed rows that have no link, oldest first: at most `limit` of each source."""
        found: list[SourceRow] = []
        for source, (entity, at) in SOURCES.items():
            table = table_of(source)
            rows = await session.execute(
                select(*table.c)
                .join(
                    UnsealedRow,
                    and_(UnsealedRow.town == entity.town, UnsealedRow.row == entity.id),
                )
                .where(UnsealedRow.town == town, UnsealedRow.source == source)
                .order_by(at, entity.id)
                .limit(limit)
            )
            found += [
                SourceRow(source, row["id"], row[at.key], dict(row)) for row in rows.mappings()
            ]
        return sorted(found, key=lambda row: (row.at, row.source, row.id))

    async def last_link(self, session: AsyncSession, town: str) -> Link | None:
        """The end of the chain."""
        row = await session.scalar(
            select(RegisterLink)
            .where(RegisterLink.town == town)
            .order_by(RegisterLink.seq.desc())
            .limit(1)
        )
        return None if row is None else Link(row.seq, row.source, row.row, row.hash)

    async def last_head(self, session: AsyncSession, town: str) -> Head | None:
        """The newest head."""
        row = await session.scalar(
            select(RegisterHead)
            .where(RegisterHead.town == town)
            .order_by(RegisterHead.seq.desc())
            .limit(1)
        )
        return None if row is None else head_of(row)

    async def head_from(self, session: AsyncSession, town: str, seq: int) -> Head | None:
        """The first head that covers this place."""
        row = await session.scalar(
            select(RegisterHead)
            .where(RegisterHead.town == town, RegisterHead.seq >= seq)
            .order_by(RegisterHead.seq)
            .limit(1)
        )
        return None if row is None else head_of(row)

    async def heads_after(
        self, session: AsyncSession, town: str, after: int, limit: int
    ) -> list[Head]:
        """Heads in their order."""
        rows = await session.scalars(
            select(RegisterHead)
            .where(RegisterHead.town == town, RegisterHead.seq > after)
            .order_by(RegisterHead.seq)
            .limit(limit)
        )
        return [head_of(row) for row in rows]

    async def add_links(self, session: AsyncSession, town: str, links: Sequence[Link]) -> None:
        """Append to the chain: one statement, whatever their number."""
        texts, columns = ARRAY(String()), ("seq", "source", "row", "hash")
        arrays = [
            bindparam(None, [link.seq for link in links], type_=ARRAY(BIGINT())),
            bindparam(None, [link.source for link in links], type_=texts),
            bindparam(None, [link.row for link in links], type_=texts),
            bindparam(None, [link.hash for link in links], type_=ARRAY(BYTEA())),
        ]
        rows = func.unnest(*arrays).table_valued(*columns).render_derived()
        await session.execute(
            insert(RegisterLink).from_select(
                ["town", *columns], select(bindparam(None, town), *rows.c)
            )
        )

    def add_head(self, session: AsyncSession, head: Head) -> None:
        """Keep a signed head."""
        session.add(
            RegisterHead(
                town=head.town,
                seq=head.seq,
                previous=head.previous,
                hash=head.hash,
                sealed_at=head.sealed_at,
                kid=head.kid,
                signature=head.signature,
            )
        )

    async def leave_queue(
        self, session: AsyncSession, town: str, rows: Sequence[SourceRow]
    ) -> None:
        """Remove what was chained just now."""
        for source in SOURCES:
            ids = [row.id for row in rows if row.source == source]
            if ids:
                await session.execute(
                    delete(UnsealedRow).where(
                        UnsealedRow.town == town, UnsealedRow.source == source, _among(ids)
                    )
                )


def _among(ids: Sequence[str]) -> ColumnElement[bool]:
    """One array instead of a parameter for each id."""
    return UnsealedRow.row == any_(bindparam(None, list(ids), type_=ARRAY(String())))
