"""Why a camera has no picture: one closed set of words, each with the presence state it means."""

from enum import StrEnum
from typing import TypeAlias

from huiyan.ingest.v1 import camera_pb2 as pb

State: TypeAlias = "pb.PresenceState.ValueType"


class Cause(StrEnum):
    """`Presence.cause` and `DemandReply.cause`; empty while all is well."""

    NONE = ""
    OPENING = "opening"
    SWITCHED_OFF = "switched_off"
    EXPIRED = "valid_until_passed"
    NO_UNITS = "no_units"
    TIMEOUT = "timeout"
    CONNECTION_REFUSED = "connection_refused"
    CONNECTION_CLOSED = "connection_closed"
    NO_ROUTE = "no_route"
    HOST_UNKNOWN = "host_unknown"
    LOGIN_REFUSED = "login_refused"
    CREDENTIAL_UNREADABLE = "credential_unreadable"
    NO_SUCH_PATH = "no_such_path"
    NO_SUCH_TRACK = "no_such_track"
    URL_FORBIDDEN = "url_forbidden"
    ADDRESS_FORBIDDEN = "address_forbidden"
    REDIRECT_FORBIDDEN = "redirect_forbidden"
    CAMERA_REFUSED = "camera_refused"
    SESSION_LIMIT = "session_limit"
    TRANSPORT_UNSUPPORTED = "transport_unsupported"
    CODEC_UNSUPPORTED = "codec_unsupported"
    NO_RTSP = "no_rtsp"
    NO_VIDEO = "no_video"


_STATES: dict[Cause, State] = {
    Cause.NONE: pb.PRESENCE_STATE_ONLINE,
    Cause.OPENING: pb.PRESENCE_STATE_CONNECTING,
    Cause.SWITCHED_OFF: pb.PRESENCE_STATE_OFF,
    Cause.EXPIRED: pb.PRESENCE_STATE_OFF,
    Cause.NO_UNITS: pb.PRESENCE_STATE_STALLED,
    Cause.TIMEOUT: pb.PRESENCE_STATE_UNREACHABLE,
    Cause.CONNECTION_REFUSED: pb.PRESENCE_STATE_UNREACHABLE,
    Cause.CONNECTION_CLOSED: pb.PRESENCE_STATE_UNREACHABLE,
    Cause.NO_ROUTE: pb.PRESENCE_STATE_UNREACHABLE,
    Cause.HOST_UNKNOWN: pb.PRESENCE_STATE_UNREACHABLE,
    Cause.LOGIN_REFUSED: pb.PRESENCE_STATE_UNAUTHORISED,
    Cause.CREDENTIAL_UNREADABLE: pb.PRESENCE_STATE_UNAUTHORISED,
    Cause.NO_SUCH_PATH: pb.PRESENCE_STATE_NOT_FOUND,
    Cause.NO_SUCH_TRACK: pb.PRESENCE_STATE_NOT_FOUND,
    Cause.URL_FORBIDDEN: pb.PRESENCE_STATE_REFUSED,
    Cause.ADDRESS_FORBIDDEN: pb.PRESENCE_STATE_REFUSED,
    Cause.REDIRECT_FORBIDDEN: pb.PRESENCE_STATE_REFUSED,
    Cause.CAMERA_REFUSED: pb.PRESENCE_STATE_REFUSED,
    Cause.SESSION_LIMIT: pb.PRESENCE_STATE_REFUSED,
    Cause.TRANSPORT_UNSUPPORTED: pb.PRESENCE_STATE_UNSUPPORTED,
    Cause.CODEC_UNSUPPORTED: pb.PRESENCE_STATE_UNSUPPORTED,
    Cause.NO_RTSP: pb.PRESENCE_STATE_GARBAGE,
    Cause.NO_VIDEO: pb.PRESENCE_STATE_GARBAGE,
}


def state_of(cause: Cause) -> State:
    """The presence state that a cause means."""
    return _STATES[cause]


class CameraError(Exception):
    """A camera could not be opened or went away; says why in one word and nothing else."""

    def __init__(self, cause: Cause) -> None:
        super().__init__(cause.value)
        self.cause = cause
