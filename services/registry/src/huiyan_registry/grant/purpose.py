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
WORDS_EN: dict[PurposeCode, str] = {
    PurposeCode.PATROL: "patrol",
    PurposeCode.ALARM: "check an alarm",
    PurposeCode.SEARCH: "search for a person or thing",
    PurposeCode.DISPUTE: "settle a dispute",
    PurposeCode.FLOOD: "flood watch",
    PurposeCode.FIRE: "fire watch",
    PurposeCode.MAINTENANCE: "maintenance",
    PurposeCode.OTHER: "other",
}
_EMPTY_WORDS = frozenset(
    {"安全", "为了安全", "安全起见", "安全需要", "公共安全", "治安", "safety", "security", "safe"}
)
_KNOWN = frozenset(code.value for code in PurposeCode)
_BLANK = re.compile(r"[\W_]+")


def check_purpose(code: PurposeCode, text: str) -> None:
    """INVALID `purpose` when `other` is not written out, or the words say nothing ("安全")."""
    check_words(text, needed=code is PurposeCode.OTHER)


def check_words(text: str, *, needed: bool) -> None:
    """The same for any purpose; `needed` when no code says what it is."""
    said = _BLANK.sub("", text).lower()
    if said in _EMPTY_WORDS:
        raise invalid(
            "“安全”说不清因由，请写具体的事", "“Safety” is no purpose; write what for", "purpose"
        )
    if needed and len(said) < 2:
        raise invalid("选“其他”要写明因由", "Write the purpose out for “other”", "purpose")


def said_of(code: str) -> tuple[str, str]:
    """A purpose's name in Chinese and English; an unknown code is its own name."""
    if code not in _KNOWN:
        return code, code
    return WORDS[PurposeCode(code)], WORDS_EN[PurposeCode(code)]
