"""What every route of the relay does with a request: Bearer, body limit, content type, ids."""

from huiyan_kit.errors import ErrorKind, HuiyanError
from huiyan_kit.ids import TOKEN
from starlette.requests import Request

MAX_SDP_BYTES = 256 * 1024
_MOST_TOKEN = 16 * 1024


def bearer(request: Request) -> str:
    """The Bearer token, or an empty text."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or len(token) > _MOST_TOKEN:
        return ""
    return token.strip()


def require_content_type(request: Request, wanted: str) -> None:
    """UNSUPPORTED_MEDIA unless the body is of this type."""
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if given != wanted:
        raise HuiyanError(
            ErrorKind.UNSUPPORTED_MEDIA, "请求的格式不对", f"The body must be {wanted}"
        )


async def read_body(request: Request, most: int) -> bytes:
    """The body, or TOO_LARGE; no more than `most` bytes are kept."""
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > most:
            raise HuiyanError(ErrorKind.TOO_LARGE, "请求太大", f"At most {most} bytes")
        parts.append(part)
    return b"".join(parts)


def camera_of(text: str) -> str:
    """A camera id that may stand in a subject, or NOT_FOUND."""
    if not TOKEN.fullmatch(text) or len(text) > 64:
        raise no_camera()
    return text


def no_camera() -> HuiyanError:
    """There is no such camera."""
    return HuiyanError(
        ErrorKind.NOT_FOUND, "没有这个摄像头", "There is no such camera", code="no_camera"
    )
