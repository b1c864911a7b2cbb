"""Makes and spends one-time links. Looking at a link changes nothing; only the exchange does."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from huiyan_kit.clock import Clock
from huiyan_kit.errors import HuiyanError
from huiyan_kit.ids import new_id
from sqlalchemy.ext.asyncio import AsyncSession

from huiyan_registry.account.repository import AccountRepository
from huiyan_registry.account.roles import Role, RoleName
from huiyan_registry.account.tables import Principal
from huiyan_registry.account.throttle import LoginThrottle
from huiyan_registry.area.repository import AreaRepository
from huiyan_registry.consent.repository import ConsentRepository
from huiyan_registry.consent.scopes import ConsentScope
from huiyan_registry.database.connection import Database
from huiyan_registry.database.row_scope import EVERYTHING
from huiyan_registry.link.repository import LinkRepository
from huiyan_registry.link.schemas import Exchange, NewLink, PendingLink
from huiyan_registry.link.tables import OneTimeLink
from huiyan_registry.member.rights import ALL_RIGHTS, FIRST_RIGHTS, Right, in_order
from huiyan_registry.refusals import forbidden, not_found
from huiyan_registry.session.caller import Caller
from huiyan_registry.session.proof import public_jwk
from huiyan_registry.session.service import Life, OpenedSession, SessionService
from huiyan_registry.times import utc

# Codes are 128 random bits: throttling only keeps noise away, so all codes share one name.
_THROTTLED_AS = "link"


@dataclass(frozen=True, slots=True)
class MadeLink:
    """A new link's code, told once."""

    id: str
    code: str
    expires_at: datetime

    def __repr__(self) -> str:
        return "MadeLink(***)"


def _hash(code: str) -> bytes:
    return hashlib.sha256(code.encode()).digest()


def _used() -> HuiyanError:
    return forbidden(
        "这个链接已经用过了。请户主在“谁能看”里重新发一个",
        "This link was used already; ask the household's owner for a new one",
        "link_used",
    )


def _expired() -> HuiyanError:
    return forbidden(
        "这个链接过期了。请户主在“谁能看”里重新发一个",
        "This link has expired; ask the household's owner for a new one",
        "link_expired",
    )


def _withdrawn() -> HuiyanError:
    return forbidden(
        "户主收回了这个链接。要看，请户主在“谁能看”里重新发一个",
        "The owner took this link back; ask for a new one",
        "link_withdrawn",
    )


def _unknown() -> HuiyanError:
    return forbidden(
        "这个链接不对。请户主在“谁能看”里重新发一个",
        "This link is not known; ask the household's owner for a new one",
        "link_unknown",
    )


def _closed_to_relatives() -> HuiyanError:
    return forbidden(
        "“家里人看”已经收回了。要请新的人，先在“谁能看”里打开它",
        "“Family may look” was taken back; switch it on before you invite somebody",
        "no_consent",
    )


def add_link(
    session: AsyncSession,
    town: str,
    household: str,
    role: RoleName,
    *,
    name: str,
    relation: str,
    now: datetime,
    life: timedelta,
    created_by: str | None = None,
    principal: str | None = None,
    rights: frozenset[Right] = FIRST_RIGHTS,
) -> MadeLink:
    """A link in the running transaction; with `principal` it lets that person in again."""
    code = secrets.token_urlsafe(16)
    link = OneTimeLink(
        town=town,
        id=new_id("lnk"),
        code_hash=_hash(code),
        household=household,
        role=role.value,
        name=name,
        relation=relation,
        rights=in_order(ALL_RIGHTS if role is RoleName.HOUSEHOLD_OWNER else rights),
        principal=principal,
        created_by=created_by,
        created_at=now,
        expires_at=now + life,
    )
    session.add(link)
    return MadeLink(link.id, code, link.expires_at)


class LinkService:
    """Family links of the towns that this process serves."""

    def __init__(
        self,
        database: Database,
        *,
        links: LinkRepository,
        accounts: AccountRepository,
        areas: AreaRepository,
        consents: ConsentRepository,
        sessions: SessionService,
        throttle: LoginThrottle,
        clock: Clock,
        towns: Sequence[str],
        life_s: int,
        family: Life,
    ) -> None:
        self._database = database
        self._links = links
        self._accounts = accounts
        self._areas = areas
        self._consents = consents
        self._sessions = sessions
        self._throttle = throttle
        self._clock = clock
        self._towns = list(towns)
        self._life = timedelta(seconds=life_s)
        self._family = family

    async def make(self, caller: Caller, new: NewLink) -> MadeLink:
        """By the household's owner for a relative, unless the home took back that relatives may
        look (FORBIDDEN `no_consent`); by an operator for the first owner only."""
        async with self._database.transaction(caller.rows) as session:
            home = await self._areas.household(session, caller.town, new.household)
            if home is None or not caller.viewer.sees(home.group, home.id):
                raise not_found("没有这户", "No such household")
            role = RoleName.RELATIVE
            if not caller.viewer.in_household(home.id, RoleName.HOUSEHOLD_OWNER):
                # Whoever installs must not be able to slip into somebody's home.
                taken = await self._links.owner_of(session, caller.town, home.id) is not None
                if taken or not _installs(caller, home.group):
                    raise forbidden("只有户主能发链接", "Only the household's owner may invite")
                role = RoleName.HOUSEHOLD_OWNER
            elif await self._consents.taken_back(
                session, caller.town, home.id, ConsentScope.RELATIVES
            ):
                raise _closed_to_relatives()
            return add_link(
                session,
                caller.town,
                home.id,
                role,
                name=new.name,
                relation=new.relation,
                now=utc(self._clock),
                life=self._life,
                created_by=caller.principal,
                rights=FIRST_RIGHTS if new.rights is None else frozenset(new.rights),
            )

    async def pending(self, caller: Caller, household: str) -> list[PendingLink]:
        """Invitations that nobody has used, newest first. For owners, and installers of the
        area."""
        async with self._database.transaction(caller.rows) as session:
            await self._check_inviter(session, caller, household)
            rows = await self._links.pending(session, caller.town, household, utc(self._clock))
        return [PendingLink.model_validate(row, from_attributes=True) for row in rows]

    async def withdraw(self, caller: Caller, link: str) -> None:
        """An invitation is taken back; one that was used is NOT_FOUND: remove the member."""
        async with self._database.transaction(caller.rows) as session:
            row = await self._links.lock_pending(session, caller.town, link, utc(self._clock))
            if row is None:
                raise not_found("没有这个邀请", "No such invitation")
            await self._check_inviter(session, caller, row.household)
            row.withdrawn_at = utc(self._clock)

    async def _check_inviter(self, session: AsyncSession, caller: Caller, household: str) -> None:
        home = await self._areas.household(session, caller.town, household)
        if home is None or not caller.viewer.sees(home.group, home.id):
            raise not_found("没有这户", "No such household")
        owner = caller.viewer.in_household(home.id, RoleName.HOUSEHOLD_OWNER)
        if not owner and not _installs(caller, home.group):
            raise forbidden("只有户主能管链接", "Only the household's owner may see links")

    async def exchange(self, given: Exchange, address: str) -> OpenedSession:
        """Spend the code for a session. FORBIDDEN `link_used`, `link_expired`, `link_unknown`."""
        self._throttle.check(_THROTTLED_AS, address)
        jwk = public_jwk(given.device_key) if given.device_key is not None else None
        now = utc(self._clock)
        async with self._database.transaction(EVERYTHING) as session:
            link = await self._links.spend(session, self._towns, _hash(given.code), now)
            if link is None:
                await self._refuse(session, given.code, address)
                raise _unknown()
            principal = await self._enter(session, link, now)
            opened = self._sessions.open(
                session,
                principal,
                self._family,
                device_jwk=jwk,
                device_name=given.device_name,
            )
            link.used_session = opened.id
        return opened

    async def _refuse(self, session: AsyncSession, code: str, address: str) -> None:
        known = await self._links.find(session, self._towns, _hash(code))
        if known is not None and known.used_at is None and known.withdrawn_at is not None:
            raise _withdrawn()
        if known is not None:
            raise _used() if known.used_at is not None else _expired()
        self._throttle.failed(_THROTTLED_AS, address)

    async def _enter(self, session: AsyncSession, link: OneTimeLink, now: datetime) -> Principal:
        if link.principal is not None:
            principal = await self._accounts.get(session, link.town, link.principal)
            if principal is None or principal.disabled_at is not None:
                raise _unknown()
            return principal
        principal = self._accounts.add(session, link.town, link.name, now)
        await session.flush()
        rights = frozenset(Right(one) for one in link.rights)
        role = Role(RoleName(link.role), household=link.household, rights=rights)
        self._accounts.assign(session, principal, role, now, relation=link.relation)
        link.principal = principal.id
        await session.flush()
        return principal


def _installs(caller: Caller, group: str) -> bool:
    """Operators and installers of the area; a room administrator invites nobody."""
    return any(
        role.name in (RoleName.OPERATOR, RoleName.INSTALLER) and role.covers_area(group)
        for role in caller.viewer.roles
    )
