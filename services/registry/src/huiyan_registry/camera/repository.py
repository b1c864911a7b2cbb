"""Reads and writes cameras."""

from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import datetime

from sqlalchemy import ARRAY, ColumnElement, Text, bindparam, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from huiyan_registry.account.roles import Viewer
from huiyan_registry.area.codes import prefix_of
from huiyan_registry.area.figures import Sight
from huiyan_registry.area.repository import lineage_of
from huiyan_registry.camera.search import wanted_grams
from huiyan_registry.camera.tables import Camera


def _listed_for(viewer: Viewer) -> ColumnElement[bool]:
    """The cameras that this viewer may know of."""
    return Sight.of(viewer).cameras()


def _containing(query: str) -> str:
    """A pattern of LIKE for every name with this text in it."""
    literally = query.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{literally}%"


# Built once: it is asked with every grant.
_HELD = (
    select(Camera)
    .where(Camera.town == bindparam("town"), Camera.id.in_(bindparam("cameras", expanding=True)))
    .order_by(Camera.id)
    .with_for_update(read=True)
)


class CameraRepository:
    """Queries about cameras; the caller owns the transaction."""

    async def get(self, session: AsyncSession, viewer: Viewer, camera: str) -> Camera | None:
        """One camera that the viewer may know of; a retired one is gone."""
        found: Camera | None = await session.scalar(
            select(Camera).where(
                Camera.town == viewer.town,
                Camera.id == camera,
                Camera.state != "retired",
                _listed_for(viewer),
            )
        )
        return found

    async def lock(self, session: AsyncSession, town: str, camera: str) -> Camera | None:
        """One camera, to be changed."""
        found: Camera | None = await session.scalar(
            select(Camera)
            .where(Camera.town == town, Camera.id == camera)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        return found

    async def hold(
        self, session: AsyncSession, town: str, cameras: Iterable[str]
    ) -> dict[str, Camera]:
        """Several cameras, kept from changing until this transaction ends."""
        rows = await session.scalars(_HELD, {"town": town, "cameras": list(cameras)})
        return {row.id: row for row in rows}

    async def page(
        self,
        session: AsyncSession,
        viewer: Viewer,
        *,
        area: str | None,
        query: str,
        limit: int,
        after: int,
    ) -> Sequence[Camera]:
        """Cameras in display order, at most `limit`, beyond number `after`."""
        wanted = (
            select(Camera)
            .where(
                Camera.town == viewer.town,
                Camera.state != "retired",
                Camera.number > after,
                _listed_for(viewer),
            )
            .order_by(Camera.number)
            .limit(limit)
        )
        sight, codes = Sight.of(viewer), tuple[str, ...]()
        if area is not None:
            codes = (area, *(await lineage_of(session, viewer.town)).inherited(area))
            sight = Sight.within(codes)
            wanted = wanted.where(sight.cameras())
        if query and sight.is_small:
            wanted = wanted.where(
                Camera.name_grams.contains(wanted_grams(query)),
                Camera.name.icontains(query, autoescape=True),
            )
        elif query:
            # Through the owner's function, which alone may use the index of names (0008).
            named = func.camera_search(
                viewer.town,
                literal(wanted_grams(query), ARRAY(Text())),
                _containing(query),
                literal([f"{prefix_of(code)}%" for code in codes] or None, ARRAY(Text())),
                after,
                limit,
            )
            wanted = wanted.where(Camera.id.in_(list(await session.scalars(select(named)))))
        return (await session.scalars(wanted)).all()

    async def all_listed(self, session: AsyncSession, viewer: Viewer) -> Sequence[Camera]:
        """Every camera that the viewer may know of."""
        rows = await session.scalars(
            select(Camera).where(
                Camera.town == viewer.town, Camera.state != "retired", _listed_for(viewer)
            )
        )
        return rows.all()

    async def of_town(self, session: AsyncSession, town: str) -> AsyncIterator[Camera]:
        """Every camera that is not retired, some hundred in memory at a time."""
        wanted = select(Camera).where(Camera.town == town, Camera.state != "retired")
        rows = await session.stream_scalars(wanted.execution_options(yield_per=500))
        async for row in rows:
            yield row

    async def named(
        self, session: AsyncSession, town: str, cameras: Iterable[str]
    ) -> Sequence[Camera]:
        """These cameras."""
        wanted = select(Camera).where(Camera.town == town, Camera.id.in_(list(cameras)))
        return (await session.scalars(wanted)).all()

    async def lock_household(
        self, session: AsyncSession, town: str, household: str
    ) -> Sequence[Camera]:
        """The cameras of a household, to be changed."""
        rows = await session.scalars(
            select(Camera)
            .where(Camera.town == town, Camera.household == household, Camera.state != "retired")
            .order_by(Camera.id)
            .with_for_update()
        )
        return rows.all()

    async def lock_due_on(
        self, session: AsyncSession, town: str, now: datetime
    ) -> Sequence[Camera]:
        """Cameras whose time of being off is over, to be changed."""
        rows = await session.scalars(
            select(Camera)
            .where(Camera.town == town, Camera.off, Camera.off_until <= now)
            .order_by(Camera.id)
            .with_for_update(skip_locked=True)
        )
        return rows.all()

    async def next_number(self, session: AsyncSession, town: str) -> int:
        """The next display number; numbers are given one at a time per town."""
        await session.execute(
            select(func.pg_advisory_xact_lock(func.hashtext("camera_number"), func.hashtext(town)))
        )
        highest = await session.scalar(select(func.max(Camera.number)).where(Camera.town == town))
        return (highest or 0) + 1
