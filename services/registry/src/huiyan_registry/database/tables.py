"""Every table, so that migrations and tests see the whole schema."""

from huiyan_registry.account import tables as account
from huiyan_registry.area import tables as area
from huiyan_registry.break_glass import tables as break_glass
from huiyan_registry.camera import tables as camera
from huiyan_registry.consent import tables as consent
from huiyan_registry.database.base import Base
from huiyan_registry.grant import tables as grant
from huiyan_registry.link import tables as link
from huiyan_registry.look import tables as look
from huiyan_registry.onboarding import tables as onboarding
from huiyan_registry.outbox import tables as outbox
from huiyan_registry.register import tables as register
from huiyan_registry.revocation import tables as revocation
from huiyan_registry.session import tables as session
from huiyan_registry.staff import tables as staff

FEATURES = (
    area,
    account,
    session,
    staff,
    link,
    camera,
    consent,
    break_glass,
    grant,
    revocation,
    look,
    onboarding,
    outbox,
    register,
)
metadata = Base.metadata
