"""What a person of the staff lacks before pictures. Pure."""

from datetime import datetime

from huiyan_registry.account.roles import STAFF, WATCHERS, Viewer
from huiyan_registry.account.schemas import StaffState
from huiyan_registry.staff.periods import is_due


def staff_state(
    viewer: Viewer, now: datetime, *, second_factor_missing: bool = False
) -> StaffState | None:
    """None for who is no staff. Roles that see no pictures lack neither vetting nor training nor
    agreement."""
    if not viewer.has(*STAFF):
        return None
    until = viewer.agreement_until
    bound = until is not None and now < until
    needed = {"vetting": viewer.vetted, "training": viewer.trained, "agreement": bound}
    missing = [name for name, there in needed.items() if not there and viewer.has(*WATCHERS)]
    if second_factor_missing:
        missing.append("second_factor")
    return StaffState(
        vetted=viewer.vetted,
        trained=viewer.trained,
        agreement_until=until,
        agreement_due=is_due(until, now),
        missing=missing,
    )
