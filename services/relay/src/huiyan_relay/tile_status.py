"""What a viewer is told about a tile: a pure rule over everything that is known."""

from dataclasses import dataclass
from enum import StrEnum

from huiyan.ingest.v1.camera_pb2 import Presence, PresenceState


class TileState(StrEnum):
    """States of the session channel (contracts.md)."""

    LIVE = "live"
    WAITING = "waiting"
    STALLED = "stalled"
    OFFLINE = "offline"
    REFUSED = "refused"
    UNSUPPORTED = "unsupported"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class TileStatus:
    """A state and its cause: a presence state, a machine word for `unsupported`, or None."""

    state: TileState
    cause: str | None = None


_OF_PRESENCE = {
    PresenceState.PRESENCE_STATE_OFF: TileState.OFFLINE,
    PresenceState.PRESENCE_STATE_CONNECTING: TileState.WAITING,
    PresenceState.PRESENCE_STATE_ONLINE: TileState.WAITING,
    PresenceState.PRESENCE_STATE_STALLED: TileState.STALLED,
    PresenceState.PRESENCE_STATE_UNREACHABLE: TileState.OFFLINE,
    PresenceState.PRESENCE_STATE_UNAUTHORISED: TileState.OFFLINE,
    PresenceState.PRESENCE_STATE_NOT_FOUND: TileState.OFFLINE,
    PresenceState.PRESENCE_STATE_REFUSED: TileState.OFFLINE,
    PresenceState.PRESENCE_STATE_UNSUPPORTED: TileState.UNSUPPORTED,
    PresenceState.PRESENCE_STATE_GARBAGE: TileState.OFFLINE,
}
_NO_PICTURE = (TileState.OFFLINE, TileState.UNSUPPORTED)


def presence_word(state: PresenceState.ValueType) -> str | None:
    """`online`, `unreachable`, …; None for UNSPECIFIED."""
    if state == PresenceState.PRESENCE_STATE_UNSPECIFIED:
        return None
    return PresenceState.Name(state).removeprefix("PRESENCE_STATE_").lower()


def status_of_picture(
    *,
    flowing: bool,
    had_units: bool,
    bus_silent: bool,
    reply_state: PresenceState.ValueType,
    presence: Presence | None,
) -> TileStatus:
    """The status of a tile whose grant is good. What arrives counts most, then what ingest
    answered to our demand, then presence."""
    if flowing and not bus_silent:
        return TileStatus(TileState.LIVE)
    if bus_silent:
        return TileStatus(TileState.WAITING)
    told = reply_state or (presence.state if presence is not None else reply_state)
    if told:
        state = _OF_PRESENCE.get(told, TileState.WAITING)
        if state is TileState.WAITING and had_units:
            state = TileState.STALLED
        online = told == PresenceState.PRESENCE_STATE_ONLINE
        return TileStatus(state, None if online else presence_word(told))
    return TileStatus(TileState.WAITING, "unreachable" if presence is None else None)


def picture_is_impossible(presence: Presence | None) -> str | None:
    """The presence state that makes a look useless right now, or None when one should try."""
    if presence is None:
        return None
    state = _OF_PRESENCE.get(presence.state, TileState.WAITING)
    return presence_word(presence.state) if state in _NO_PICTURE else None
