"""Where a camera may hang (rules.md P1, P2), and what it watches."""

from enum import StrEnum

from huiyan_kit.errors import HuiyanError

from huiyan_registry.refusals import invalid


class LegalClass(StrEnum):
    """Drives the defaults of sharing (rules.md section 1)."""

    GOV_PUBLIC = "gov_public"
    SITE_PUBLIC = "site_public"
    OTHER_PUBLIC = "other_public"
    HOUSEHOLD = "household"


class SiteKind(StrEnum):
    """What is watched."""

    ROAD = "road"
    SQUARE = "square"
    MARKET = "market"
    OFFICE = "office"
    SCHOOL = "school"
    GEOHAZARD = "geohazard"
    RESERVOIR = "reservoir"
    FOREST_FIRE = "forest_fire"
    THERMAL = "thermal"
    STRAW_BURNING = "straw_burning"
    COURTYARD = "courtyard"
    OTHER = "other"


class Placement(StrEnum):
    """What the installer attests. The second half is prohibited (P1)."""

    ROADSIDE = "roadside"
    PUBLIC_OUTDOOR = "public_outdoor"
    PUBLIC_INDOOR = "public_indoor"
    COURTYARD = "courtyard"
    GATE = "gate"
    LIVING_ROOM = "living_room"
    FIELD = "field"
    WATERSIDE = "waterside"
    HILLTOP = "hilltop"
    GUEST_ROOM = "guest_room"
    DORMITORY = "dormitory"
    BATHROOM = "bathroom"
    TOILET = "toilet"
    CHANGING_ROOM = "changing_room"
    NURSING_ROOM = "nursing_room"
    FITTING_ROOM = "fitting_room"


PROHIBITED = frozenset(
    {
        Placement.GUEST_ROOM,
        Placement.DORMITORY,
        Placement.BATHROOM,
        Placement.TOILET,
        Placement.CHANGING_ROOM,
        Placement.NURSING_ROOM,
        Placement.FITTING_ROOM,
    }
)


def check_placement(placement: Placement) -> None:
    """INVALID `placement_prohibited` where nobody may hang a camera."""
    if placement in PROHIBITED:
        raise _prohibited()


def _prohibited() -> HuiyanError:
    return invalid(
        "这种地方依法不能装摄像机（客房、宿舍、浴室、厕所、更衣室、母婴室、试衣间）",
        "The law forbids cameras in such places",
        "placement_prohibited",
    )
