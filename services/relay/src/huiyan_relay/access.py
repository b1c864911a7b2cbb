"""Who may look, and until when: grants, revocations, contact with the bus."""

from collections.abc import Callable, Sequence
from enum import StrEnum

from google.protobuf.message import DecodeError
from huiyan.registry.v1.access_pb2 import Revocation
from huiyan_kit.clock import Clock
from huiyan_kit.errors import ErrorKind, HuiyanError
from huiyan_kit.grants import Grant, GrantVerifier
from huiyan_kit.revocations import RevocationList, Revoked

# Without contact for so long nobody but the household itself is served (contracts.md, Grants).
OUT_OF_TOUCH_S = 10.0


class EndReason(StrEnum):
    """Why a session or a view ended; the channel tells only its own four of them."""

    CLOSED = "closed"
    SWITCHED = "switched"
    REVOKED = "revoked"
    EXPIRED = "expired"
    LOST = "lost"
    MOVED = "moved"
    CAMERA_OFF = "camera_off"


class Access:
    """Decides on tokens and running sessions."""

    def __init__(
        self,
        verifier: GrantVerifier,
        towns: Sequence[str],
        clock: Clock,
        *,
        silent_for_s: Callable[[], float],
        synced: Callable[[], bool],
        on_change: Callable[[], None] = lambda: None,
    ) -> None:
        """`silent_for_s` is how long the bus has been away, `synced` whether all was read once."""
        self._verifier = verifier
        self._towns = frozenset(towns)
        self._clock = clock
        self._silent_for_s = silent_for_s
        self._synced = synced
        self._on_change = on_change
        self._revocations = RevocationList()

    def on_revocation(self, key: str, value: bytes | None) -> None:
        """Take a change of the bucket `revocations`, key `<town>.<kind>.<id>`."""
        parts = key.split(".")
        if len(parts) != 3:
            return
        if value is None:
            self._revocations.remove(*parts)
            return
        try:
            row = Revocation.FromString(value)
        except DecodeError:
            return
        entry = Revoked(row.revoked_at_ns / 1e9, row.reason, row.spare_own)
        self._revocations.add(parts[0], parts[1], parts[2], entry)
        self._on_change()

    def check(self, token: str) -> Grant:
        """The grant of a token that may be used now.

        HuiyanError UNAUTHENTICATED (no_grant, grant_bad, grant_expired), FORBIDDEN (foreign_town,
        grant_revoked), UNAVAILABLE (out_of_touch).
        """
        if not token:
            raise HuiyanError(
                ErrorKind.UNAUTHENTICATED, "缺少观看凭证", "No viewing grant", code="no_grant"
            )
        if not self._synced():
            raise self._out_of_touch()
        grant = self._verifier.verify(token)
        if grant.iss not in self._towns:
            raise _forbidden("foreign_town", "这里不负责这个乡镇", "This relay serves other towns")
        if self._revocations.why_void(grant) is not None:
            raise _forbidden("grant_revoked", "观看许可已撤回", "The grant was revoked")
        if not grant.own and self._silent_for_s() > OUT_OF_TOUCH_S:
            raise self._out_of_touch()
        return grant

    def require(self, grant: Grant, camera: str, stream: str, action: str = "live") -> None:
        """FORBIDDEN (not_granted, grant_revoked) unless the grant covers this."""
        view = grant.view_of(camera)
        if view is None or stream not in (*view.streams, "") or action not in view.actions:
            raise _forbidden("not_granted", "没有看这个画面的许可", "The grant does not cover this")
        if self.camera_void(grant, camera):
            raise _forbidden("grant_revoked", "观看许可已撤回", "The grant was revoked")

    def camera_void(self, grant: Grant, camera: str) -> bool:
        """True when this camera of the grant was revoked."""
        return self._revocations.why_camera_void(grant, camera) is not None

    def why_over(self, grant: Grant) -> EndReason | None:
        """Why a running session must end now, or None."""
        if self._revocations.why_void(grant) is not None:
            return EndReason.REVOKED
        if self._clock.utc_ns() / 1e9 >= grant.exp:
            return EndReason.EXPIRED
        if not grant.own and self._silent_for_s() > OUT_OF_TOUCH_S:
            return EndReason.MOVED
        return None

    @staticmethod
    def _out_of_touch() -> HuiyanError:
        return HuiyanError(
            ErrorKind.UNAVAILABLE,
            "和平台的联系断了，恢复后再看",
            "Out of touch with the platform",
            code="out_of_touch",
        )


def same_holder(one: Grant, other: Grant) -> bool:
    """True when both tokens are the same grant of the same login."""
    return (one.iss, one.jti, one.sub, one.sid) == (other.iss, other.jti, other.sub, other.sid)


def _forbidden(code: str, zh: str, en: str) -> HuiyanError:
    return HuiyanError(ErrorKind.FORBIDDEN, zh, en, code=code)
