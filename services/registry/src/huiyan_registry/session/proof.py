"""`Huiyan-Proof`: a compact JWS ES256 by the session's device key (in the manner of RFC 9449)."""

from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from huiyan_kit.errors import ErrorKind, HuiyanError
from jwt.algorithms import ECAlgorithm

from huiyan_registry.refusals import invalid

HEADER = "Huiyan-Proof"
WINDOW_S = 60
_TYPE = "huiyan-proof"
_LONGEST_JTI = 128


def _refused() -> HuiyanError:
    return HuiyanError(
        ErrorKind.UNAUTHENTICATED,
        "这次登录只认原来那台设备，请用家里发的新链接重新进",
        "This session belongs to another device; come in again by a new link",
        code="device_proof",
    )


def public_jwk(jwk: dict[str, Any]) -> dict[str, str]:
    """Just the public members of a P-256 JWK (RFC 7518, 6.2). HuiyanError INVALID."""
    if jwk.get("kty") != "EC" or jwk.get("crv") != "P-256" or "d" in jwk:
        raise invalid("设备钥匙不对", "The device key must be a public P-256 JWK")
    kept = {name: str(jwk.get(name, "")) for name in ("kty", "crv", "x", "y")}
    try:
        _key(kept)
    except (jwt.InvalidKeyError, ValueError) as error:
        raise invalid("设备钥匙不对", "The device key must be a public P-256 JWK") from error
    return kept


def _key(jwk: dict[str, str]) -> EllipticCurvePublicKey:
    key = ECAlgorithm.from_jwk(jwk)
    if not isinstance(key, EllipticCurvePublicKey):
        raise jwt.InvalidKeyError("not a public key")
    return key


def check_proof(proof: str, jwk: dict[str, str], method: str, path: str, now_s: float) -> str:
    """Return the proof's `jti`, which must not have been used. UNAUTHENTICATED `device_proof`."""
    try:
        if jwt.get_unverified_header(proof).get("typ") != _TYPE:
            raise _refused()
        claims = jwt.decode(
            proof,
            _key(jwk),
            algorithms=["ES256"],
            options={"verify_iat": False, "require": ["htm", "htu", "iat", "jti"]},
        )
    except (jwt.InvalidTokenError, ValueError) as error:
        raise _refused() from error
    jti, issued = claims["jti"], claims["iat"]
    if (
        claims["htm"] != method
        or claims["htu"] != path
        or not isinstance(issued, int | float)
        or abs(now_s - issued) > WINDOW_S
        or not isinstance(jti, str)
        or not 1 <= len(jti) <= _LONGEST_JTI
    ):
        raise _refused()
    return jti


def replayed() -> HuiyanError:
    """The same answer as for a wrong proof."""
    return _refused()
