"""Finds people of the staff for who asks why they may look, or what they looked at."""

from typing import Annotated

from fastapi import FastAPI, Query
from huiyan_kit.errors import ErrorKind

from huiyan_registry.account.account_repository import AccountSearch, PeopleRepository
from huiyan_registry.account.account_views import held_roles
from huiyan_registry.account.administration_schemas import FoundPeople, FoundPerson
from huiyan_registry.account.roles import RoleName
from huiyan_registry.database.connection import Database
from huiyan_registry.problems import documented
from huiyan_registry.session.caller import Caller, CurrentCaller

# Those who read the register, and those who explain decisions.
FINDERS = (RoleName.ADMINISTRATOR, RoleName.AUDITOR)


class PeopleFinder:
    """In the towns that this process serves. Names and roles only: no papers, no logins."""

    def __init__(self, database: Database, people: PeopleRepository) -> None:
        self._database = database
        self._people = people

    async def found(self, caller: Caller, search: AccountSearch) -> FoundPeople:
        """One page of those who have, or had, a role within the caller's areas: who left is in
        the register too."""
        caller.require(*FINDERS)
        areas = {
            code for role in caller.viewer.roles if role.name in FINDERS for code in role.areas
        }
        async with self._database.transaction(caller.rows) as session:
            rows = await self._people.of_areas(session, caller.town, areas, search)
            assigned = await self._people.roles(session, caller.town, [row.id for row in rows])
            codes = {one.area for held in assigned.values() for one in held if one.area}
            names = await self._people.area_names(session, caller.town, codes)
        items = [
            FoundPerson(
                id=row.id,
                account=row.account or "",
                name=row.name,
                roles=held_roles(assigned.get(row.id, []), names),
            )
            for row in rows
        ]
        full = len(rows) == search.limit
        return FoundPeople(items=items, next=rows[-1].account if full and rows else None)


def add_routes(app: FastAPI, finder: PeopleFinder) -> None:
    """GET /api/v1/people."""

    @app.get(
        "/api/v1/people",
        responses=documented(ErrorKind.FORBIDDEN, ErrorKind.INVALID),
        tags=["account"],
    )
    async def find_people(
        caller: CurrentCaller,
        *,
        q: Annotated[str, Query(max_length=60)] = "",
        after: Annotated[str, Query(max_length=40)] = "",
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> FoundPeople:
        """Find people of the staff by name or account, to ask what they looked at, and why."""
        return await finder.found(caller, AccountSearch(text=q, after=after, limit=limit))
