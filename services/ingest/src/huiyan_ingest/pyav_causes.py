"""What libavformat's errors mean. Their texts hold the URL with the password: only the class of
an exception and its errno ever leave the reader thread."""

import errno

import av.error

from huiyan_ingest.causes import Cause

_BY_ERRNO = {
    errno.ECONNREFUSED: Cause.CONNECTION_REFUSED,
    errno.ECONNRESET: Cause.CONNECTION_CLOSED,
    errno.EPIPE: Cause.CONNECTION_CLOSED,
    errno.EIO: Cause.CONNECTION_CLOSED,
    errno.ETIMEDOUT: Cause.TIMEOUT,
    errno.EAGAIN: Cause.TIMEOUT,
    errno.EHOSTUNREACH: Cause.NO_ROUTE,
    errno.ENETUNREACH: Cause.NO_ROUTE,
    errno.ENETDOWN: Cause.NO_ROUTE,
    errno.EPROTONOSUPPORT: Cause.TRANSPORT_UNSUPPORTED,
}


def cause_of_os_error(error: OSError) -> Cause:
    """Why a connection could not be made or went away."""
    if isinstance(error, TimeoutError):
        return Cause.TIMEOUT
    return _BY_ERRNO.get(error.errno or 0, Cause.CONNECTION_CLOSED)


def cause_of_open_error(error: Exception, *, timed_out: bool) -> Cause:
    """Why `av.open` failed. libavformat reports silence as invalid data, so the caller says
    whether its time was up."""
    match error:
        case av.error.HTTPUnauthorizedError() | av.error.HTTPForbiddenError():
            return Cause.LOGIN_REFUSED
        case av.error.HTTPNotFoundError():
            return Cause.NO_SUCH_PATH
        case av.error.HTTPClientError() | av.error.HTTPServerError():
            return Cause.CAMERA_REFUSED
        case av.error.ExitError():
            return Cause.TIMEOUT
        case av.error.EOFError():
            return Cause.CONNECTION_CLOSED
        case av.error.InvalidDataError():
            return Cause.TIMEOUT if timed_out else Cause.NO_RTSP
        case OSError():
            return cause_of_os_error(error)
    return Cause.NO_RTSP


def cause_of_read_error(error: Exception) -> Cause:
    """Why a running stream ended."""
    if isinstance(error, (av.error.ExitError, TimeoutError)):
        return Cause.NO_UNITS
    if isinstance(error, av.error.InvalidDataError):
        return Cause.NO_VIDEO
    return Cause.CONNECTION_CLOSED
