"""Time-based one-time codes (RFC 6238 over RFC 4226): SHA-1, 6 digits, 30 s. Pure."""

import base64
import hmac
import secrets
import struct
from urllib.parse import quote, urlencode

STEP_S = 30
DIGITS = 6
_SECRET_BYTES = 20  # RFC 4226, R6: 160 bits
_DRIFT = (0, -1, 1)


def new_secret() -> bytes:
    """160 random bits."""
    return secrets.token_bytes(_SECRET_BYTES)


def code_at(secret: bytes, step: int, digits: int = DIGITS) -> str:
    """HOTP of a counter (RFC 4226, 5.3)."""
    mac = hmac.digest(secret, struct.pack(">Q", step), "sha1")
    offset = mac[-1] & 0x0F
    number = struct.unpack_from(">I", mac, offset)[0] & 0x7FFF_FFFF
    return str(number % 10**digits).zfill(digits)


def step_of(utc_s: float) -> int:
    """The time step of an instant."""
    return int(utc_s // STEP_S)


def matching_step(secret: bytes, code: str, utc_s: float, last_step: int) -> int | None:
    """The step, now or one beside it, whose code this is, if it lies after `last_step`: a code is
    good once (RFC 6238, 5.2). Every candidate is compared, whichever fits."""
    now, found = step_of(utc_s), None
    for drift in _DRIFT:
        step = now + drift
        fits = hmac.compare_digest(code_at(secret, step).encode(), code.encode())
        if fits and step > last_step and found is None:
            found = step
    return found


def base32(secret: bytes) -> str:
    """As people type it into an app."""
    return base64.b32encode(secret).decode().rstrip("=")


def uri_of(secret: bytes, account: str, issuer: str) -> str:
    """`otpauth://` for a QR code (the Key URI Format of authenticator apps)."""
    label = quote(f"{issuer}:{account}", safe="")
    query = urlencode({"secret": base32(secret), "issuer": issuer}, quote_via=quote)
    return f"otpauth://totp/{label}?{query}"
