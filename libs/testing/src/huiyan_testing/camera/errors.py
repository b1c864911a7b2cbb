"""Errors of the camera simulator."""


class CameraSimError(Exception):
    """Base of everything the simulator raises on purpose."""


class RtspSyntaxError(CameraSimError):
    """The peer sent bytes that are not RTSP 1.0 (RFC 2326) or exceed the size limits."""


class RouteError(CameraSimError):
    """The URL path names no camera of this farm; `str()` says which part is wrong."""


class StampError(CameraSimError):
    """A NAL unit carries our UUID but its content is truncated."""


class ClipError(CameraSimError):
    """A cached clip cannot be read."""


class NotDrawnYetError(CameraSimError):
    """The camera's clip is still being drawn: ask again."""
