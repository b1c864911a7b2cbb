"""Shows camera rows as their viewer may know them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from huiyan_kit.clock import Clock
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from huiyan_registry.account.roles import Viewer
from huiyan_registry.area.codes import Level, level_of
from huiyan_registry.area.tables import Area
from huiyan_registry.camera.datum import Datum, Point, to_wgs84
from huiyan_registry.camera.facts import facts_of, is_off
from huiyan_registry.camera.life import LifeState, steps_for
from huiyan_registry.camera.notice import notice_url
from huiyan_registry.camera.placement import LegalClass, SiteKind
from huiyan_registry.camera.purpose import CameraPurpose, RetentionClass
from huiyan_registry.camera.schemas import (
    CameraView,
    Location,
    MaskPoint,
    MaskView,
    May,
    PurposeOf,
    SignageView,
)
from huiyan_registry.camera.tables import Camera
from huiyan_registry.consent.repository import ConsentRepository
from huiyan_registry.decision import CameraFacts, decide
from huiyan_registry.presence.board import PresenceBoard
from huiyan_registry.times import utc


class ViewerCounts(Protocol):
    """How many grants are watching each camera."""

    def of(self, town: str, camera: str) -> int:
        """For one camera."""


class CameraViews:
    """Views with presence, viewers and the decision about the picture."""

    def __init__(
        self,
        *,
        consents: ConsentRepository,
        presence: PresenceBoard,
        viewers: ViewerCounts,
        public_url: str,
        clock: Clock,
    ) -> None:
        self._consents = consents
        self._presence = presence
        self._viewers = viewers
        self._public_url = public_url
        self._clock = clock

    async def of(
        self, session: AsyncSession, viewer: Viewer, rows: Sequence[Camera]
    ) -> list[CameraView]:
        """One view of each row, in order; the queries do not grow with the rows."""
        now = utc(self._clock)
        facts = await facts_of(session, self._consents, viewer, rows, now)
        codes = {code for row in rows for code in (row.area, row.area[:12])}
        names = await _names(session, viewer.town, codes)
        return [self._show(row, viewer, facts[row.id], names, now) for row in rows]

    def _show(
        self,
        row: Camera,
        viewer: Viewer,
        facts: CameraFacts,
        names: Mapping[str, str],
        now: datetime,
    ) -> CameraView:
        decision = decide(viewer, facts, now)
        presence = self._presence.view(row.town, row.id)
        if is_off(row, now):
            presence = presence.model_copy(update={"state": "off", "cause": None})
        life = LifeState(row.state)
        roles = {role.name for role in viewer.roles if role.covers_area(row.area)}
        return CameraView(
            id=row.id,
            name=row.name,
            area=row.area,
            area_name=names.get(row.area[:12], row.area),
            group_name=names.get(row.area) if level_of(row.area) is Level.GROUP else None,
            household=row.household,
            legal_class=LegalClass(row.legal_class),
            site_kind=SiteKind(row.site_kind),
            state=row.state,
            life=life,
            allowed_next=list(steps_for(life, roles)),
            number=row.number,
            gb_id=row.gb_id,
            purpose=PurposeOf(code=CameraPurpose(row.purpose_code), text=row.purpose_text),
            retention_class=RetentionClass(row.retention_class),
            location=_location(row),
            signage=_signage(row, self._public_url),
            mask=_mask(row),
            off_until=row.off_until if is_off(row, now) else None,
            presence=presence,
            viewers=self._viewers.of(row.town, row.id),
            may=May(
                live=decision.allowed,
                reason=decision.reason,
                hint=decision.hint or None,
                hint_en=decision.hint_en or None,
            ),
        )


def place_at(row: Camera, given: Location) -> None:
    """Keep a location in WGS-84 (to a centimetre), with the datum in which it was read."""
    point = to_wgs84(Point(given.lat, given.lon), given.datum)
    row.lat, row.lon, row.datum = round(point.lat, 7), round(point.lon, 7), given.datum.value


async def _names(session: AsyncSession, town: str, codes: Iterable[str]) -> dict[str, str]:
    rows = await session.execute(
        select(Area.code, Area.name).where(Area.town == town, Area.code.in_(list(codes)))
    )
    return {row.code: row.name for row in rows}


def _location(row: Camera) -> Location | None:
    if row.lat is None or row.lon is None or row.datum is None:
        return None
    return Location(lat=row.lat, lon=row.lon, datum=Datum(row.datum))


def _signage(row: Camera, public_url: str) -> SignageView | None:
    if row.notice_code is None:
        return None
    return SignageView(
        posted_on=row.sign_posted_on,
        photo=row.sign_photo_at is not None,
        notice_url=notice_url(public_url, row.notice_code),
    )


def _mask(row: Camera) -> MaskView | None:
    if not row.mask:
        return None
    polygons = [[MaskPoint(x=x, y=y) for x, y in polygon] for polygon in row.mask]
    return MaskView(polygons=polygons, applied=row.mask_applied)
