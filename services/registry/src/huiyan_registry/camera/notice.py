"""The public notice of a sign: what anybody who stands before a camera may know (rules.md P3)."""

import secrets
from collections.abc import Sequence
from datetime import date

from pydantic import BaseModel, Field
from sqlalchemy import select

from huiyan_registry.area.tables import Area
from huiyan_registry.camera.placement import LegalClass
from huiyan_registry.camera.purpose import PURPOSE_WORDS, CameraPurpose, RetentionClass
from huiyan_registry.camera.tables import Camera
from huiyan_registry.database.connection import Database
from huiyan_registry.database.row_scope import EVERYTHING
from huiyan_registry.refusals import not_found

# 12 characters of 32: 60 bits; none that the eye takes for another.
_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
CODE_LENGTH = 12


def new_notice_code(legal_class: LegalClass) -> str | None:
    """A code that nobody guesses; a household's camera has no public notice."""
    if legal_class is LegalClass.HOUSEHOLD:
        return None
    return "".join(secrets.choice(_ALPHABET) for _ in range(CODE_LENGTH))


def notice_url(origin: str, code: str) -> str:
    """The address in a sign's QR code."""
    return f"{origin.rstrip('/')}/n/{code}"


class NoticeView(BaseModel):
    """What a sign says."""

    place: str
    purpose: str
    purpose_en: str
    operator: str
    contact: str
    retention_days: int = Field(description="Recordings are kept at least so many days.")
    posted_on: date | None


class NoticeService:
    """Notices of the towns that this process serves."""

    def __init__(
        self, database: Database, towns: Sequence[str], *, operator: str, contact: str
    ) -> None:
        self._database = database
        self._towns = list(towns)
        self._operator = operator
        self._contact = contact

    async def notice(self, code: str) -> NoticeView:
        """The notice of one sign. NOT_FOUND for a code that is none, or a camera that is gone."""
        async with self._database.transaction(EVERYTHING) as session:
            row = await session.scalar(
                select(Camera).where(
                    Camera.town.in_(self._towns),
                    Camera.notice_code == code,
                    Camera.state != "retired",
                )
            )
            if row is None:
                raise not_found("没有这块告示牌", "No such sign")
            codes = (row.town, row.area[:12], row.area)
            found = await session.execute(
                select(Area.code, Area.name).where(Area.town == row.town, Area.code.in_(codes))
            )
            names = {one.code: one.name for one in found}
        places = dict.fromkeys(names.get(area, "") for area in codes)
        purpose, purpose_en = PURPOSE_WORDS[CameraPurpose(row.purpose_code)]
        if row.purpose_code == CameraPurpose.OTHER:
            purpose = purpose_en = row.purpose_text
        elif row.purpose_text:
            purpose = f"{purpose}（{row.purpose_text}）"
        centre = f"{names.get(row.town, row.town)}综治中心"
        return NoticeView(
            place=" ".join(one for one in (*places, row.name) if one),
            purpose=purpose,
            purpose_en=purpose_en,
            operator=self._operator or centre,
            contact=self._contact or f"请到{self._operator or centre}当面询问",
            retention_days=RetentionClass(row.retention_class).days,
            posted_on=row.sign_posted_on,
        )
