"""The refusals that several features share."""

from collections.abc import Sequence

from huiyan_kit.errors import ErrorKind, HuiyanError


class IncompleteError(HuiyanError):
    """CONFLICT `incomplete`: a step that needs something first. `missing`: machine words, told in
    the problem's member of that name (RFC 9457, section 3.2)."""

    def __init__(self, missing: Sequence[str], zh: str, en: str) -> None:
        super().__init__(ErrorKind.CONFLICT, zh, en, code="incomplete")
        self.missing = list(missing)


def not_found(zh: str, en: str) -> HuiyanError:
    """Absent, or not for this caller to know of: the same answer."""
    return HuiyanError(ErrorKind.NOT_FOUND, zh, en)


def no_such_camera() -> HuiyanError:
    """No such camera, for this caller."""
    return not_found("没有这路摄像机", "No such camera")


def forbidden(zh: str, en: str, code: str = "forbidden") -> HuiyanError:
    """The caller is known and may not do this."""
    return HuiyanError(ErrorKind.FORBIDDEN, zh, en, code=code)


def invalid(zh: str, en: str, code: str = "invalid") -> HuiyanError:
    """The content is refused (422)."""
    return HuiyanError(ErrorKind.INVALID, zh, en, code=code)
