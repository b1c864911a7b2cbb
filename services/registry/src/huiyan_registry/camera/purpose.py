"""What a camera is for (rules.md P2), and how long its recordings are kept (P4)."""

from enum import StrEnum

from huiyan_registry.camera.placement import LegalClass, SiteKind
from huiyan_registry.grant.purpose import check_words
from huiyan_registry.refusals import invalid


class CameraPurpose(StrEnum):
    """What the camera was hung for; `other` must be written out."""

    TRAFFIC = "traffic"
    ORDER = "order"
    SCHOOL = "school"
    FLOOD = "flood"
    FIRE = "fire"
    GEOHAZARD = "geohazard"
    BURNING = "burning"
    HOME = "home"
    OTHER = "other"


PURPOSE_WORDS: dict[CameraPurpose, tuple[str, str]] = {
    CameraPurpose.TRAFFIC: ("道路通行", "Road traffic"),
    CameraPurpose.ORDER: ("公共场所秩序", "Order in a public place"),
    CameraPurpose.SCHOOL: ("学生上下学", "The way of pupils to school"),
    CameraPurpose.FLOOD: ("防汛看水位", "Water levels and floods"),
    CameraPurpose.FIRE: ("森林防火", "Forest fires"),
    CameraPurpose.GEOHAZARD: ("地质灾害监测", "Landslides and other geological hazards"),
    CameraPurpose.BURNING: ("秸秆禁烧", "Burning of straw"),
    CameraPurpose.HOME: ("照看家里", "Looking after one's home"),
    CameraPurpose.OTHER: ("其他", "Other"),
}
_BY_SITE: dict[SiteKind, CameraPurpose] = {
    SiteKind.ROAD: CameraPurpose.TRAFFIC,
    SiteKind.SCHOOL: CameraPurpose.SCHOOL,
    SiteKind.GEOHAZARD: CameraPurpose.GEOHAZARD,
    SiteKind.RESERVOIR: CameraPurpose.FLOOD,
    SiteKind.FOREST_FIRE: CameraPurpose.FIRE,
    SiteKind.THERMAL: CameraPurpose.FIRE,
    SiteKind.STRAW_BURNING: CameraPurpose.BURNING,
}


def usual_purpose(site: SiteKind, legal_class: LegalClass) -> CameraPurpose:
    """What such a camera is for when nobody says otherwise."""
    if legal_class is LegalClass.HOUSEHOLD:
        return CameraPurpose.HOME
    return _BY_SITE.get(site, CameraPurpose.ORDER)


def check_camera_purpose(code: CameraPurpose, text: str) -> None:
    """INVALID `purpose` for "安全" alone, or an `other` that is not written out."""
    check_words(text, needed=code is CameraPurpose.OTHER)


class RetentionClass(StrEnum):
    """How long what is recorded is kept."""

    DAYS_3 = "days_3"
    DAYS_7 = "days_7"
    DAYS_30 = "days_30"
    DAYS_90 = "days_90"

    @property
    def days(self) -> int:
        """In days."""
        return int(self.value.removeprefix("days_"))


class RetentionRule:
    """Public places keep at least `public_days` (Order 799: 30; elsewhere perhaps 3)."""

    def __init__(self, public_days: int) -> None:
        self._public_days = public_days

    def usual(self, legal_class: LegalClass) -> RetentionClass:
        """The class of a camera of which nobody says otherwise."""
        if legal_class is LegalClass.HOUSEHOLD:
            return RetentionClass.DAYS_7
        fitting = [one for one in RetentionClass if one.days >= self._public_days]
        return fitting[0] if fitting else RetentionClass.DAYS_90

    def check(self, wanted: RetentionClass, legal_class: LegalClass) -> None:
        """INVALID `retention` when a public place would keep too little; households choose."""
        if legal_class is not LegalClass.HOUSEHOLD and wanted.days < self._public_days:
            raise invalid(
                f"公共场所的录像至少保存 {self._public_days} 天",
                f"Recordings of public places are kept at least {self._public_days} days",
                "retention",
            )
