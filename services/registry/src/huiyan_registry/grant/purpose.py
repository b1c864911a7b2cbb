"""Why staff look (rules.md P2, P6)."""

import re
from enum import StrEnum

from huiyan_registry.refusals import invalid


class PurposeCode(StrEnum):
    """The purposes that are known; `other` must be written out."""

    PATROL = "patrol"
    ALARM = "alarm"
    SEARCH = "search"
    DISPUTE = "dispute"
    FLOOD = "flood"
    FIRE = "fire"
    MAINTENANCE = "maintenance"
    OTHER = "other"


WORDS: dict[PurposeCode, str] = {
    PurposeCode.PATROL: "日常巡看",
    PurposeCode.ALARM: "核实告警",
    PurposeCode.SEARCH: "找人找物",
    PurposeCode.DISPUTE: "调解纠纷",
    PurposeCode.FLOOD: "防汛",
    PurposeCode.FIRE: "防火",
    PurposeCode.MAINTENANCE: "维护检修",
    PurposeCode.OTHER: "其他",
}
_EMPTY_WORDS = frozenset(
    {"安全", "为了安全", "安全起见", "安全需要", "公共安全", "治安", "safety", "security", "safe"}
)
_BLANK = re.compile(r"[\W_]+")


def check_purpose(code: PurposeCode, text: str) -> None:
    """INVALID `purpose` when `other` is not written out, or the words say nothing ("安全")."""
    said = _BLANK.sub("", text).lower()
    if said in _EMPTY_WORDS:
        raise invalid(
            "“安全”说不清因由，请写具体的事", "“Safety” is no purpose; write what for", "purpose"
        )
    if code is PurposeCode.OTHER and len(said) < 2:
        raise invalid("选“其他”要写明因由", "Write the purpose out for “other”", "purpose")
