"""The chain itself: canonical bytes of a row, its hash, a head and its signature. No I/O.

    hash = SHA-256(previous hash ‖ canonical row)

A canonical row is UTF-8 JSON (RFC 8259) with sorted names and no spaces, times as ISO 8601 in UTC
with six digits of seconds. The table's name stands in it as `source`; what is NULL is left out, so
that a column which a later version adds does not change the hash of older rows.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)

_COORDINATE_BYTES = 32
_ES256 = ec.ECDSA(hashes.SHA256())


def genesis(town: str) -> bytes:
    """What stands before the first row: no two towns begin alike."""
    return hashlib.sha256(f"huiyan register of {town}".encode()).digest()


def time_text(instant: datetime) -> str:
    """UTC with microseconds, `2026-11-22T19:00:00.000001Z`."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def members(source: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as the chain sees it: JSON values, nothing that is NULL, and where it stands."""
    told = {
        name: time_text(value) if isinstance(value, datetime) else value
        for name, value in row.items()
        if value is not None
    }
    return told | {"source": source}


def canonical(told: Mapping[str, Any]) -> bytes:
    """The bytes that are hashed. ValueError for what JSON cannot hold."""
    text = json.dumps(
        told, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return text.encode()


def linked(previous: bytes, told: Mapping[str, Any]) -> bytes:
    """The hash up to this row."""
    return hashlib.sha256(previous + canonical(told)).digest()


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a town's chain at one moment. `signature` is r ‖ s (RFC 7518, 3.4), `previous`
    the place of the head before it, 0 for the first."""

    town: str
    seq: int
    previous: int
    hash: bytes
    sealed_at: datetime
    kid: str
    signature: bytes = b""

    def statement(self) -> bytes:
        """What is signed: the head's members as canonical JSON, marked with their purpose."""
        return canonical(
            {
                "hash": self.hash.hex(),
                "kid": self.kid,
                "previous": self.previous,
                "sealed_at": time_text(self.sealed_at),
                "seq": self.seq,
                "town": self.town,
                "typ": "huiyan-register-head",
            }
        )

    def as_json(self) -> dict[str, Any]:
        """As routes, files and exports write it."""
        return {
            "town": self.town,
            "seq": self.seq,
            "previous": self.previous,
            "hash": self.hash.hex(),
            "sealed_at": time_text(self.sealed_at),
            "kid": self.kid,
            "signature": base64.urlsafe_b64encode(self.signature).rstrip(b"=").decode(),
        }

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> "Head":
        """ValueError when it is none."""
        try:
            signature = str(told["signature"])
            return cls(
                town=str(told["town"]),
                seq=int(told["seq"]),
                previous=int(told["previous"]),
                hash=bytes.fromhex(told["hash"]),
                sealed_at=datetime.fromisoformat(told["sealed_at"]),
                kid=str(told["kid"]),
                signature=base64.b64decode(
                    signature + "=" * (-len(signature) % 4), altchars=b"-_", validate=True
                ),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError("this is no head of a register") from error


def sign(head: Head, private: ec.EllipticCurvePrivateKey) -> bytes:
    """ES256 over the head's statement."""
    r, s = decode_dss_signature(private.sign(head.statement(), _ES256))
    return r.to_bytes(_COORDINATE_BYTES, "big") + s.to_bytes(_COORDINATE_BYTES, "big")


def is_signed(head: Head, keys: Mapping[str, ec.EllipticCurvePublicKey]) -> bool:
    """True when one of these keys (by kid) has signed exactly this head."""
    public = keys.get(head.kid)
    if public is None or len(head.signature) != 2 * _COORDINATE_BYTES:
        return False
    r, s = head.signature[:_COORDINATE_BYTES], head.signature[_COORDINATE_BYTES:]
    encoded = encode_dss_signature(int.from_bytes(r, "big"), int.from_bytes(s, "big"))
    try:
        public.verify(encoded, head.statement(), _ES256)
    except InvalidSignature:
        return False
    return True
