"""Accounts as their administrators see them."""

from collections.abc import Mapping, Sequence

from huiyan_kit.clock import Clock
from sqlalchemy.ext.asyncio import AsyncSession

from huiyan_registry.account.account_repository import PeopleRepository, role_of
from huiyan_registry.account.administration_schemas import AccountView, HeldRole
from huiyan_registry.account.giving import commands
from huiyan_registry.account.repository import holds
from huiyan_registry.account.roles import RoleName, Viewer
from huiyan_registry.account.schemas import RoomName
from huiyan_registry.account.staff_state import staff_state
from huiyan_registry.account.tables import Principal, RoleAssignment
from huiyan_registry.database.connection import beyond
from huiyan_registry.session.second_repository import SecondRepository
from huiyan_registry.times import utc


class AccountViews:
    """Joins what the list shows, in a fixed number of queries."""

    def __init__(self, people: PeopleRepository, seconds: SecondRepository, clock: Clock) -> None:
        self._people = people
        self._seconds = seconds
        self._clock = clock

    async def of(
        self, session: AsyncSession, viewer: Viewer, rows: Sequence[Principal]
    ) -> list[AccountView]:
        """In the order of `rows`."""
        town, ids, now = viewer.town, [row.id for row in rows], utc(self._clock)
        async with beyond(session, viewer.rows):
            # An account is shown with all its roles: by them one knows whose it is.
            assigned = await self._people.roles(session, town, ids)
        seen = await self._people.last_seen(session, town, ids)
        methods = await self._seconds.methods_of(session, town, ids)
        codes = {one.area for held in assigned.values() for one in held if one.area is not None}
        names = await self._people.area_names(session, town, codes)
        rooms = await self._people.rooms(session, town, {row.room for row in rows if row.room})
        views = []
        for row in rows:
            held = assigned.get(row.id, [])
            roles = tuple(role_of(one) for one in held)
            room = rooms.get(row.room or "")
            as_viewer = Viewer(
                town=town,
                principal=row.id,
                roles=roles,
                agreement_until=row.agreement_valid_until,
                vetted=holds(row.vetted_at, row.vetted_until, now),
                trained=holds(row.trained_at, row.trained_until, now),
            )
            views.append(
                AccountView(
                    id=row.id,
                    account=row.account or "",
                    name=row.name,
                    room=RoomName(id=room.id, name=room.name, area=room.area) if room else None,
                    roles=held_roles(held, names),
                    disabled=row.disabled_at is not None,
                    must_change_password=row.must_change_password,
                    second_factor=methods.get(row.id, []),
                    staff=staff_state(as_viewer, now),
                    created_at=row.created_at,
                    last_seen_at=seen.get(row.id),
                    may_change=row.id != viewer.principal and commands(viewer, roles),
                )
            )
        return views


def held_roles(held: Sequence[RoleAssignment], names: Mapping[str, str]) -> list[HeldRole]:
    """Roles with the names of their areas."""
    return [
        HeldRole(
            id=one.id,
            role=RoleName(one.role),
            area=one.area or "",
            area_name=names.get(one.area or "", ""),
            since=one.created_at,
        )
        for one in held
    ]
