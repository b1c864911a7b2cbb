"""Viewing grants: JWT ES256 (RFC 7519, RFC 7518), signed by the registry, verified anywhere."""

from collections.abc import Callable
from enum import StrEnum

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import (
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
)
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from huiyan_kit.clock import Clock
from huiyan_kit.errors import ErrorKind, HuiyanError

LIFE_S = 300
MOST_VIEWS = 64
_AUDIENCE = "huiyan-view"


class GrantKind(StrEnum):
    """What the grant is for: one picture, a wall, or an operator's probe."""

    VIEW = "view"
    WALL = "wall"
    PROBE = "probe"


class View(BaseModel):
    """One camera of a grant: streams of `main`, `sub`; actions of `live`, `snapshot`, `audio`."""

    model_config = ConfigDict(frozen=True)

    camera: str
    streams: tuple[str, ...] = ("main", "sub")
    actions: tuple[str, ...] = ("live", "snapshot")


class Grant(BaseModel):
    """The claims of a viewing grant; times in seconds since 1970 UTC."""

    model_config = ConfigDict(frozen=True)

    iss: str = Field(description="Town that signs and owns the cameras.")
    sub: str = Field(description="Principal.")
    sid: str = Field(description="Login session.")
    jti: str = Field(description="Grant id; a renewal keeps it.")
    iat: int
    exp: int
    kind: GrantKind
    views: tuple[View, ...] = Field(max_length=MOST_VIEWS)
    own: bool = Field(default=False, description="The viewer belongs to the cameras' household.")

    def view_of(self, camera: str) -> View | None:
        """The part of the grant that covers `camera`."""
        return next((view for view in self.views if view.camera == camera), None)

    def allows(self, camera: str, stream: str, action: str = "live") -> bool:
        """True when this camera, stream and action are all named."""
        view = self.view_of(camera)
        return view is not None and stream in view.streams and action in view.actions


def sign_grant(grant: Grant, private_key: EllipticCurvePrivateKey, kid: str) -> str:
    """Return the compact JWT."""
    claims = grant.model_dump(mode="json") | {"aud": _AUDIENCE}
    return jwt.encode(claims, private_key, algorithm="ES256", headers={"kid": kid})


def _refused(code: str, zh: str, en: str) -> HuiyanError:
    return HuiyanError(ErrorKind.UNAUTHENTICATED, zh, en, code=code)


class GrantVerifier:
    """Checks signature, life and shape. Revocation is the caller's next question."""

    def __init__(
        self, key_of: Callable[[str, str], EllipticCurvePublicKey | None], clock: Clock
    ) -> None:
        """`key_of(town, kid)` gives the public key or None."""
        self._key_of = key_of
        self._clock = clock

    def verify(self, token: str) -> Grant:
        """Return the claims, or raise HuiyanError UNAUTHENTICATED (grant_bad, grant_expired)."""
        try:
            header = jwt.get_unverified_header(token)
            claimed = jwt.decode(token, options={"verify_signature": False})
            key = self._key_of(str(claimed.get("iss", "")), str(header.get("kid", "")))
            if key is None:
                raise _refused("grant_bad", "观看凭证不认识，请重新打开", "Unknown grant key")
            claims = jwt.decode(
                token,
                key,
                algorithms=["ES256"],
                audience=_AUDIENCE,
                options={
                    "require": ["exp", "iat", "jti", "sub"],
                    "verify_exp": False,
                    "verify_iat": False,
                },
            )
            grant = Grant.model_validate(claims)
        except (jwt.InvalidTokenError, ValidationError) as error:
            raise _refused("grant_bad", "观看凭证不对，请重新打开", "Bad grant") from error
        now_s = self._clock.utc_ns() / 1e9
        if now_s >= grant.exp:
            raise _refused("grant_expired", "观看凭证到期了，请重新打开", "The grant has expired")
        if grant.exp - grant.iat > LIFE_S or grant.iat > now_s + 60:
            raise _refused("grant_bad", "观看凭证不对，请重新打开", "Bad grant")
        return grant
