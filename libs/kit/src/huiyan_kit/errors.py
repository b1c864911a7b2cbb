"""One closed set of error kinds, mapped once to HTTP (RFC 9457 problem+json)."""

from enum import StrEnum

from pydantic import BaseModel


class ErrorKind(StrEnum):
    """Every way in which a request can fail."""

    BAD_REQUEST = "bad_request"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    PRECONDITION = "precondition"
    METHOD = "method"
    NOT_ACCEPTABLE = "not_acceptable"
    UNSUPPORTED_MEDIA = "unsupported_media"
    TOO_LARGE = "too_large"
    INVALID = "invalid"
    TOO_MANY = "too_many"
    UNAVAILABLE = "unavailable"
    TIMEOUT = "timeout"
    INTERNAL = "internal"


HTTP_STATUS: dict[ErrorKind, int] = {
    ErrorKind.BAD_REQUEST: 400,
    ErrorKind.UNAUTHENTICATED: 401,
    ErrorKind.FORBIDDEN: 403,
    ErrorKind.NOT_FOUND: 404,
    ErrorKind.METHOD: 405,
    ErrorKind.NOT_ACCEPTABLE: 406,
    ErrorKind.CONFLICT: 409,
    ErrorKind.PRECONDITION: 412,
    ErrorKind.TOO_LARGE: 413,
    ErrorKind.UNSUPPORTED_MEDIA: 415,
    ErrorKind.INVALID: 422,
    ErrorKind.TOO_MANY: 429,
    ErrorKind.INTERNAL: 500,
    ErrorKind.UNAVAILABLE: 503,
    ErrorKind.TIMEOUT: 504,
}

TITLES: dict[ErrorKind, tuple[str, str]] = {
    ErrorKind.BAD_REQUEST: ("请求不对", "Bad request"),
    ErrorKind.UNAUTHENTICATED: ("请先登录", "Not logged in"),
    ErrorKind.FORBIDDEN: ("没有权限", "Not allowed"),
    ErrorKind.NOT_FOUND: ("没有找到", "Not found"),
    ErrorKind.METHOD: ("不能这样访问", "Method not allowed"),
    ErrorKind.NOT_ACCEPTABLE: ("您的设备放不了这种画面", "Nothing here that your player can show"),
    ErrorKind.CONFLICT: ("和现有的冲突", "Conflict"),
    ErrorKind.PRECONDITION: ("内容已经变了，请重试", "It has changed; try again"),
    ErrorKind.TOO_LARGE: ("内容太大", "Too large"),
    ErrorKind.UNSUPPORTED_MEDIA: ("格式不支持", "Unsupported format"),
    ErrorKind.INVALID: ("填写的内容不对", "Invalid content"),
    ErrorKind.TOO_MANY: ("太频繁了，请稍后再试", "Too many requests"),
    ErrorKind.INTERNAL: ("平台出毛病了", "Our fault"),
    ErrorKind.UNAVAILABLE: ("暂时不可用，请稍后再试", "Temporarily unavailable"),
    ErrorKind.TIMEOUT: ("等得太久，没有回音", "Timed out"),
}


class HuiyanError(Exception):
    """The only exception that crosses a room's border on purpose.

    `zh` and `en` are one sentence each for the person at the screen; `code` is a stable machine
    word (default: the kind). None of them may hold a credential or a token.
    """

    def __init__(self, kind: ErrorKind, zh: str, en: str, *, code: str = "") -> None:
        super().__init__(f"{kind}: {en}")
        self.kind = kind
        self.zh = zh
        self.en = en
        self.code = code or kind.value

    @property
    def status(self) -> int:
        """The HTTP status of this kind."""
        return HTTP_STATUS[self.kind]


class Problem(BaseModel):
    """The body of an error answer, `application/problem+json` (RFC 9457) in two languages."""

    type: str = "about:blank"
    title: str
    title_en: str
    status: int
    detail: str
    detail_en: str
    code: str
    trace: str = ""

    @classmethod
    def of(cls, error: HuiyanError, *, trace: str = "") -> "Problem":
        """Describe `error` for a client."""
        title, title_en = TITLES[error.kind]
        return cls(
            title=title,
            title_en=title_en,
            status=error.status,
            detail=error.zh,
            detail_en=error.en,
            code=error.code,
            trace=trace,
        )
