"""What a household's owner may let a relative do."""

from enum import StrEnum


class Right(StrEnum):
    """One right of a relative within one household; an owner has all of them."""

    LIVE = "live"
    PLAYBACK = "playback"
    ALARMS = "alarms"
    TALK = "talk"
    PTZ = "ptz"


ALL_RIGHTS = frozenset(Right)
# An invitation that says nothing gives only this (data minimisation, PIPL 6).
FIRST_RIGHTS = frozenset({Right.LIVE, Right.ALARMS})
WORDS: dict[Right, tuple[str, str]] = {
    Right.LIVE: ("看画面", "live picture"),
    Right.PLAYBACK: ("看录像", "recordings"),
    Right.ALARMS: ("收提醒", "alarms"),
    Right.TALK: ("喊话", "talk"),
    Right.PTZ: ("转动镜头", "move the camera"),
}


def in_order(rights: frozenset[Right]) -> list[Right]:
    """As screens list them."""
    return [right for right in Right if right in rights]
