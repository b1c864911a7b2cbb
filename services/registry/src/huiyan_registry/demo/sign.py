"""The sign of a simulated public camera: a picture of what would hang there."""

import io
from datetime import datetime

import segno

from huiyan_registry.camera.notice import new_notice_code, notice_url
from huiyan_registry.camera.photo import clean_photo
from huiyan_registry.camera.placement import LegalClass
from huiyan_registry.camera.tables import Camera, SignPhoto

_BLUE, _WHITE = "#14418b", "#ffffff"


def is_signed(row: Camera) -> bool:
    """True when nothing is missing; a household's camera needs no sign."""
    return row.household is not None or row.sign_photo_at is not None


def post_sign(row: Camera, public_url: str, by: str, now: datetime) -> SignPhoto:
    """Give a public camera its sign as an installer would: code, day and photo (rules.md P3)."""
    row.notice_code = row.notice_code or new_notice_code(LegalClass(row.legal_class)) or ""
    photo = clean_photo(_picture(notice_url(public_url, row.notice_code)))
    row.sign_posted_on, row.sign_photo_at = now.date(), now
    return SignPhoto(
        town=row.town,
        camera=row.id,
        media_type=photo.media_type,
        content=photo.content,
        width=photo.width,
        height=photo.height,
        taken_in_by=by,
        taken_in_at=now,
    )


def _picture(url: str) -> bytes:
    """A blue plate with the code of the public notice, PNG."""
    out = io.BytesIO()
    code = segno.make(url, error="m", micro=False)
    code.save(out, kind="png", scale=8, border=6, dark=_WHITE, light=_BLUE)
    return out.getvalue()
