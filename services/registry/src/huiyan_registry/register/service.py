"""What auditors and households learn of the register."""

from collections.abc import AsyncIterator
from datetime import datetime

from huiyan_registry.account.roles import RoleName
from huiyan_registry.area.codes import covers
from huiyan_registry.database.connection import Database
from huiyan_registry.grant.purpose import WORDS, PurposeCode
from huiyan_registry.refusals import forbidden, not_found
from huiyan_registry.register.export import RegisterExport
from huiyan_registry.register.keys import RegisterKeys
from huiyan_registry.register.reading import RegisterReader, RowFilter, SealedRow
from huiyan_registry.register.repository import ChainRepository
from huiyan_registry.register.schemas import (
    Heads,
    HeadView,
    Receipt,
    RegisterJwk,
    RegisterJwks,
    RegisterPage,
    RegisterRow,
    SealedLook,
)
from huiyan_registry.register.sealer import Sealer
from huiyan_registry.session.caller import Caller

_PAGE = 100
_MOST_HEADS = 1000


class RegisterService:
    """Reads only; the sealer writes."""

    def __init__(
        self,
        database: Database,
        *,
        chain: ChainRepository,
        reader: RegisterReader,
        export: RegisterExport,
        keys: RegisterKeys,
        sealer: Sealer,
    ) -> None:
        self._database = database
        self._chain = chain
        self._reader = reader
        self._export = export
        self._keys = keys
        self._sealer = sealer

    async def page(self, caller: Caller, asked: RowFilter) -> RegisterPage:
        """Sealed rows of the auditor's areas. FORBIDDEN for other roles."""
        areas = _audited(caller)
        async with self._database.transaction(caller.rows) as session:
            rows = await self._reader.page(session, caller.town, areas, asked, _PAGE + 1)
        shown = rows[:_PAGE]
        return RegisterPage(
            items=[_shown(row) for row in shown],
            next=shown[-1].seq if len(rows) > _PAGE else None,
        )

    async def heads(self, caller: Caller, after: int) -> Heads:
        """Signed heads: they hold no person's information. FORBIDDEN for others than auditors."""
        _audited(caller)
        async with self._database.transaction(caller.rows) as session:
            heads = await self._chain.heads_after(session, caller.town, after, _MOST_HEADS)
        return Heads(
            items=[HeadView.of(head) for head in heads],
            next=heads[-1].seq if len(heads) == _MOST_HEADS else None,
        )

    async def receipt(self, caller: Caller, household: str) -> Receipt:
        """NOT_FOUND unless the caller belongs to this household."""
        if not caller.viewer.in_household(household):
            raise not_found("没有这户", "No such household")
        async with self._database.transaction(caller.rows) as session:
            row = await self._reader.newest_of(session, caller.town, household)
            if row is None:
                head = await self._chain.last_head(session, caller.town)
            else:
                head = await self._chain.head_from(session, caller.town, row.seq)
        return Receipt(
            household=household,
            look=None
            if row is None
            else SealedLook.at_place(row.entry.id, row.seq, row.entry.at, row.hash),
            head=None if head is None else HeadView.of(head),
        )

    async def export(
        self, caller: Caller, since: datetime | None, until: datetime | None
    ) -> AsyncIterator[str]:
        """The chain as NDJSON. FORBIDDEN unless the caller audits the whole town: a chain cannot
        be shown in part."""
        if not any(covers(area, caller.town) for area in _audited(caller)):
            raise forbidden(
                "只有管全镇的审计员能导出登记簿",
                "Only an auditor of the whole town exports the register",
                "scope",
            )
        await self._sealer.seal(caller.town)
        return self._export.lines(caller.town, since, until)

    def keys(self, caller: Caller) -> RegisterJwks:
        """The town's public keys."""
        return RegisterJwks(keys=[RegisterJwk.model_validate(self._keys.public(caller.town))])


def _audited(caller: Caller) -> list[str]:
    caller.require(RoleName.AUDITOR)
    return [
        area for role in caller.viewer.roles if role.name is RoleName.AUDITOR for area in role.areas
    ]


def _shown(row: SealedRow) -> RegisterRow:
    entry = row.entry
    purpose = None
    if entry.purpose_code is not None:
        word = WORDS[PurposeCode(entry.purpose_code)]
        purpose = f"{word}：{entry.purpose_text}" if entry.purpose_text else word
    return RegisterRow(
        seq=row.seq,
        at=entry.at,
        principal=entry.principal,
        who=entry.who,
        role=entry.role,
        place=entry.place,
        own=entry.own,
        camera=entry.camera,
        camera_name=entry.camera_name,
        household=entry.household,
        purpose=purpose,
        first_frame_at=row.first_frame_at,
        last_frame_at=row.last_frame_at,
        hash=row.hash.hex(),
    )
