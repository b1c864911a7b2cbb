"""Imports and exports cameras by the hundred thousand: all of a file, or nothing of it."""

import asyncio
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from huiyan_kit.clock import Clock
from huiyan_kit.errors import HuiyanError
from huiyan_kit.ids import new_id
from sqlalchemy import insert, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from huiyan_registry.area.repository import AreaRepository
from huiyan_registry.area.tables import Household
from huiyan_registry.camera import bulk_columns as of
from huiyan_registry.camera.addresses import AddressRule, host_of, split_url
from huiyan_registry.camera.bulk_plan import Places, Wanted, plan_change, plan_new
from huiyan_registry.camera.notice import new_notice_code
from huiyan_registry.camera.placement import LegalClass
from huiyan_registry.camera.purpose import RetentionRule
from huiyan_registry.camera.repository import CameraRepository
from huiyan_registry.camera.row import BUCKET, key_of, row_of
from huiyan_registry.camera.search import grams
from huiyan_registry.camera.service import Sealer
from huiyan_registry.camera.tables import Camera
from huiyan_registry.database.connection import Database, beyond
from huiyan_registry.database.row_scope import EVERYTHING, RowScope
from huiyan_registry.importing.reading import read_table
from huiyan_registry.importing.schemas import ImportReport, LineError, Row
from huiyan_registry.outbox.tables import OutboxMessage
from huiyan_registry.revocation.service import write_revocation
from huiyan_registry.times import utc

_BATCH = 1000
_MANY = 500
_STATISTICS = text("SELECT refresh_statistics()")
_T = TypeVar("_T")
# Most addresses: nothing of them would change, and splitting each costs more than all else.
_AS_STORED = re.compile(r"rtsps?://[a-z0-9.:-]+/[^@\s#]*\Z")
_HELD_NAMES = (
    "id",
    "name",
    "area",
    "household",
    "legal_class",
    "site_kind",
    "placement",
    "state",
    "main_url",
    "sub_url",
    "purpose_code",
    "purpose_text",
    "retention_class",
    "lat",
    "lon",
    "datum",
    "gb_id",
)
_HELD = tuple(getattr(Camera, name) for name in _HELD_NAMES)


@dataclass(frozen=True, slots=True)
class Importer:
    """Who imports: town, principal, the prefixes of the area codes it answers for, and the rows
    that it may touch."""

    town: str
    principal: str
    mine: tuple[str, ...]
    rows: RowScope


@dataclass(slots=True)
class _Plan:
    """What a file wants, once every line was understood."""

    added: list[Wanted]
    changed: list[tuple[str, Wanted]]
    unchanged: int
    errors: list[LineError]


class CameraImport:
    """Reads a table, checks every line, and applies all of them in one transaction."""

    def __init__(
        self,
        database: Database,
        *,
        cameras: CameraRepository,
        areas: AreaRepository,
        addresses: AddressRule,
        sealer: Sealer,
        retention: RetentionRule,
        clock: Clock,
    ) -> None:
        self._database = database
        self._cameras = cameras
        self._areas = areas
        self._addresses = addresses
        self._sealer = sealer
        self._retention = retention
        self._clock = clock

    async def run(
        self, who: Importer, body: bytes, content_type: str, *, dry_run: bool
    ) -> ImportReport:
        """Lines that name a known camera (by id, or by its main address) change it, the others
        add one. UNSUPPORTED_MEDIA, TOO_LARGE, UNAVAILABLE; everything else is in the report."""
        table = await asyncio.to_thread(read_table, body, content_type, of.COLUMNS)
        async with self._database.transaction(who.rows) as session:
            places = await self._places(session, who)
        plan = _Plan([], [], 0, list(table.errors))
        for rows in _batches(table.rows):
            # A device is one camera of the town: that it hangs in a foreign area refuses the line.
            async with self._database.transaction(EVERYTHING) as session:
                held = await _held(session, who.town, rows)
            _plan(rows, places, held, plan)
        count = len(table.rows)
        table.rows.clear()
        _check_twice(plan)
        await self._check_addresses(plan)
        if not plan.errors and not dry_run and (plan.added or plan.changed):
            await self._apply(who, plan)
            await self._refresh_statistics(len(plan.added) + len(plan.changed))
        return ImportReport.of(
            dry_run=dry_run,
            rows=count,
            added=len(plan.added),
            changed=len(plan.changed),
            unchanged=plan.unchanged,
            errors=plan.errors,
        )

    async def _places(self, session: AsyncSession, who: Importer) -> Places:
        valid = await self._areas.valid(session, who.town, utc(self._clock))
        homes = await session.execute(
            select(Household.id, Household.group).where(Household.town == who.town)
        )
        return Places(
            areas=frozenset(valid),
            homes={row.id: row.group for row in homes},
            mine=who.mine,
            retention=self._retention,
        )

    async def _check_addresses(self, plan: _Plan) -> None:
        """Each host once: a file names few, or literal addresses."""
        answers: dict[str, HuiyanError | None] = {}
        for wanted in (*plan.added, *(one for _, one in plan.changed)):
            for column in (of.MAIN_URL, of.SUB_URL):
                url = wanted.facts.get(column.key)
                if not url:
                    continue
                host = host_of(url)
                if host not in answers:
                    answers[host] = await self._refusal(url)
                if (refusal := answers[host]) is not None:
                    row = Row(wanted.line, {})
                    plan.errors.append(row.error(column, refusal.zh, refusal.en))

    async def _refusal(self, url: str) -> HuiyanError | None:
        try:
            await self._addresses.check(url)
        except HuiyanError as error:
            return error
        return None

    async def _apply(self, who: Importer, plan: _Plan) -> None:
        now = utc(self._clock)
        async with self._database.transaction(who.rows) as session:
            async with beyond(session, who.rows):
                # Numbers are the town's.
                number = await self._cameras.next_number(session, who.town)
            for batch in _batches(plan.added):
                made = await asyncio.to_thread(self._rows, who, batch, number, now)
                number += len(batch)
                await session.execute(insert(Camera), [row for row, _ in made])
                told = [message for _, message in made if message is not None]
                if told:
                    await session.execute(insert(OutboxMessage), told)
            for some in _batches(plan.changed):
                await self._change(session, who, some, now)

    async def _refresh_statistics(self, changed: int) -> None:
        """The planner would believe in the table of before, until autovacuum comes round."""
        if changed >= _MANY:
            async with self._database.transaction(EVERYTHING) as session:
                await session.execute(_STATISTICS)

    def _rows(
        self, who: Importer, batch: Sequence[Wanted], number: int, now: datetime
    ) -> list[tuple[dict[str, Any], dict[str, Any] | None]]:
        """Rows of the tables `camera` and `outbox`. Sealing is most of the work: in a thread."""
        made = []
        for offset, wanted in enumerate(batch):
            facts = wanted.facts
            values: dict[str, Any] = {
                "lat": None,
                "lon": None,
                "datum": None,
                "gb_id": None,
                **facts,
                "town": who.town,
                "id": new_id("cam"),
                "rev": 1,
                "number": number + offset,
                "name_grams": grams(facts["name"]),
                # An imported draft is attested by who sets it up on the spot.
                "placement_attested_by": who.principal if facts["state"] != "draft" else None,
                "placement_attested_at": now,
                "reach": "direct",
                "credential": self._sealer.seal(wanted.login),
                "max_rtsp_sessions": 0,
                "uplink_kbps": 0,
                "warm": False,
                "simulated": False,
                "off": False,
                "mask_applied": False,
                "notice_code": new_notice_code(LegalClass(facts["legal_class"])),
                "created_at": now,
                "updated_at": now,
            }
            row = Camera(**values)
            value = row_of(row)
            message = _message(who.town, key_of(row), value, now) if value is not None else None
            made.append((values, message))
        return made

    async def _change(
        self,
        session: AsyncSession,
        who: Importer,
        some: Sequence[tuple[str, Wanted]],
        now: datetime,
    ) -> None:
        rows = await session.scalars(
            select(Camera)
            .where(Camera.town == who.town, Camera.id.in_([camera for camera, _ in some]))
            .order_by(Camera.id)
            .with_for_update()
        )
        by_id = {row.id: row for row in rows}
        for camera, wanted in some:
            row = by_id[camera]
            before = {host_of(url) for url in (row.main_url, row.sub_url) if url}
            if wanted.facts.get("area", row.area) != row.area:
                # Other rooms are responsible now: those that still look must ask anew.
                await write_revocation(
                    session, who.town, "camera", row.id, "administrator", now=now, spare_own=True
                )
            for name, value in wanted.facts.items():
                setattr(row, name, value)
            if "placement" in wanted.facts:
                row.placement_attested_by, row.placement_attested_at = who.principal, now
            row.name_grams = grams(row.name)
            if {"main_url", "sub_url"} & set(wanted.facts):
                row.live_check_at = None
            after = {host_of(url) for url in (row.main_url, row.sub_url) if url}
            if wanted.login is not None:
                row.credential = self._sealer.seal(wanted.login)
            elif not after <= before:
                # A new host never gets the old login.
                row.credential = b""
            row.rev += 1
            row.updated_at = now
            session.add(OutboxMessage(**_message(who.town, key_of(row), row_of(row), now)))
        await session.flush()
        session.expunge_all()


def _message(town: str, key: str, value: bytes | None, now: datetime) -> dict[str, Any]:
    return {"town": town, "bucket": BUCKET, "key": key, "value": value, "created_at": now}


def _batches(items: Sequence[_T]) -> Iterator[Sequence[_T]]:
    for start in range(0, len(items), _BATCH):
        yield items[start : start + _BATCH]


async def _held(
    session: AsyncSession, town: str, rows: Sequence[Row]
) -> dict[str, Mapping[str, Any]]:
    """The known cameras that these lines mean, by id and by main address."""
    named = [row.cells["id"] for row in rows if row.cells.get("id")]
    urls = {url for row in rows if (url := _main_url(row))}
    found = await session.execute(
        select(*_HELD).where(
            Camera.town == town,
            Camera.state != "retired",
            or_(Camera.id.in_(named), Camera.main_url.in_(urls)),
        )
    )
    held: dict[str, Mapping[str, Any]] = {}
    for row in found:
        facts = dict(zip(_HELD_NAMES, row, strict=True))
        held[row.id] = held[row.main_url] = facts
    return held


def _main_url(row: Row) -> str:
    """As it is stored; empty for none, or for one that `plan_new` will refuse."""
    text = row.cells.get("main_url", "")
    if _AS_STORED.match(text):
        return text
    try:
        return split_url(text)[0]
    except HuiyanError:
        return ""


def _plan(
    rows: Sequence[Row], places: Places, held: Mapping[str, Mapping[str, Any]], plan: _Plan
) -> None:
    for row in rows:
        camera = row.cells.get("id", "")
        known = held.get(camera or _main_url(row))
        if camera and known is None:
            plan.errors.append(row.error(of.ID, "没有这路摄像机", "No such camera"))
            continue
        wanted = plan_new(row, places) if known is None else plan_change(row, places, known)
        if isinstance(wanted, LineError):
            plan.errors.append(wanted)
        elif known is None:
            plan.added.append(wanted)
        elif wanted.facts or wanted.login is not None:
            plan.changed.append((known["id"], wanted))
        else:
            plan.unchanged += 1


def _check_twice(plan: _Plan) -> None:
    """One camera stands in one line."""
    seen: set[str] = set()
    marks = [(one, one.facts["main_url"]) for one in plan.added]
    marks += [(one, camera) for camera, one in plan.changed]
    for wanted, mark in marks:
        if mark in seen:
            row = Row(wanted.line, {})
            plan.errors.append(
                row.error(None, "这路摄像机在表里出现了两次", "The camera stands in two lines")
            )
        seen.add(mark)
