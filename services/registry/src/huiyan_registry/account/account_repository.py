"""Reads accounts of the staff as their administrators see them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, false, func, not_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from huiyan_registry.account.giving import MAY_GIVE, administers
from huiyan_registry.account.roles import Role, RoleName, Viewer
from huiyan_registry.account.tables import Principal, RoleAssignment
from huiyan_registry.area.codes import prefix_of
from huiyan_registry.area.tables import Area, Room
from huiyan_registry.session.tables import LoginSession


@dataclass(frozen=True, slots=True)
class AccountSearch:
    """What a list of accounts is narrowed to."""

    text: str = ""
    role: RoleName | None = None
    area: str | None = None
    after: str = ""
    limit: int = 50


_OF_PRINCIPAL = (
    RoleAssignment.town == Principal.town,
    RoleAssignment.principal == Principal.id,
)


def role_of(row: RoleAssignment) -> Role:
    """An assignment as a role."""
    return Role(RoleName(row.role), area=row.area, household=row.household)


class PeopleRepository:
    """Queries about accounts; the caller owns the transaction."""

    async def listed(
        self,
        session: AsyncSession,
        viewer: Viewer,
        search: AccountSearch,
        *,
        also: ColumnElement[bool] | None = None,
    ) -> list[Principal]:
        """Accounts within what the viewer may give, by account name."""
        wanted = [
            not_(_assigned(RoleAssignment.household.is_not(None))),
            or_(*_within(viewer)),
        ]
        if also is not None:
            wanted.append(also)
        if search.role is not None:
            wanted.append(_assigned(RoleAssignment.role == search.role.value))
        if search.area is not None:
            wanted.append(_assigned(_in_areas([search.area])))
        return await self._page(session, viewer.town, search, wanted)

    async def of_areas(
        self, session: AsyncSession, town: str, areas: Iterable[str], search: AccountSearch
    ) -> list[Principal]:
        """Accounts that have, or once had, a role within these areas, by account name."""
        held = exists(select(RoleAssignment.id).where(*_OF_PRINCIPAL, _in_areas(areas)))
        return await self._page(session, town, search, [held])

    async def _page(
        self,
        session: AsyncSession,
        town: str,
        search: AccountSearch,
        also: Iterable[ColumnElement[bool]],
    ) -> list[Principal]:
        wanted = [
            Principal.town == town,
            Principal.account.is_not(None),
            Principal.account > search.after,
            *also,
        ]
        if search.text:
            pattern = f"%{_literally(search.text)}%"
            wanted.append(
                or_(
                    Principal.name.ilike(pattern, escape="\\"),
                    Principal.account.ilike(pattern, escape="\\"),
                )
            )
        found = await session.scalars(
            select(Principal).where(*wanted).order_by(Principal.account).limit(search.limit)
        )
        return list(found)

    async def roles(
        self, session: AsyncSession, town: str, principals: Iterable[str]
    ) -> dict[str, list[RoleAssignment]]:
        """The roles that these people have now."""
        rows = await session.scalars(
            select(RoleAssignment)
            .where(
                RoleAssignment.town == town,
                RoleAssignment.principal.in_(list(principals)),
                RoleAssignment.ended_at.is_(None),
            )
            .order_by(RoleAssignment.created_at, RoleAssignment.id)
        )
        found: dict[str, list[RoleAssignment]] = {}
        for row in rows:
            found.setdefault(row.principal, []).append(row)
        return found

    async def last_seen(
        self, session: AsyncSession, town: str, principals: Iterable[str]
    ) -> dict[str, datetime]:
        """When each of these people was last logged in."""
        rows = await session.execute(
            select(LoginSession.principal, func.max(LoginSession.last_seen_at))
            .where(LoginSession.town == town, LoginSession.principal.in_(list(principals)))
            .group_by(LoginSession.principal)
        )
        return {row[0]: row[1] for row in rows}

    async def area_names(
        self, session: AsyncSession, town: str, codes: Iterable[str]
    ) -> dict[str, str]:
        """The names of areas."""
        rows = await session.execute(
            select(Area.code, Area.name).where(Area.town == town, Area.code.in_(set(codes)))
        )
        return {row.code: row.name for row in rows}

    async def open_area(self, session: AsyncSession, town: str, code: str, now: datetime) -> bool:
        """True when there is such an area today."""
        found = await session.scalar(
            select(Area.code).where(
                Area.town == town,
                Area.code == code,
                or_(Area.valid_to.is_(None), Area.valid_to > now),
            )
        )
        return found is not None

    async def rooms(
        self, session: AsyncSession, town: str, rooms: Iterable[str]
    ) -> dict[str, Room]:
        """Monitor rooms by id."""
        rows = await session.scalars(select(Room).where(Room.town == town, Room.id.in_(set(rooms))))
        return {row.id: row for row in rows}


def _within(viewer: Viewer) -> list[ColumnElement[bool]]:
    reach: list[ColumnElement[bool]] = [
        _assigned(
            and_(
                RoleAssignment.role.in_([name.value for name in MAY_GIVE[role.name]]),
                _in_areas(role.areas),
            )
        )
        for role in viewer.roles
        if role.areas and MAY_GIVE[role.name]
    ]
    if administers(viewer, viewer.town):
        reach.append(not_(_assigned(RoleAssignment.ended_at.is_(None))))
    return reach or [false()]


def _assigned(what: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists(
        select(RoleAssignment.id).where(*_OF_PRINCIPAL, RoleAssignment.ended_at.is_(None), what)
    )


def _in_areas(codes: Iterable[str]) -> ColumnElement[bool]:
    # Ranges, as everywhere: below a row rule (0008) LIKE reaches neither index nor statistics.
    prefixes = [prefix_of(code) for code in codes]
    return or_(*(RoleAssignment.area.between(one, one.ljust(15, "9")) for one in prefixes))


def _literally(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
