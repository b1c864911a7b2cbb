"""Camera credentials sealed to the town's ingest key (NaCl sealed box, X25519 + XSalsa20-Poly1305).

The registry can seal and cannot open; only the ingest that holds the private key can.
"""

import json
from pathlib import Path

from nacl.encoding import Base64Encoder
from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox
from pydantic import BaseModel


class CameraCredential(BaseModel):
    """A login at a camera; its repr shows neither part."""

    user: str
    password: str

    def __repr__(self) -> str:
        return "CameraCredential(***)"

    __str__ = __repr__


class SealError(Exception):
    """The box was not sealed to this key, or is damaged."""


def new_key_pair() -> tuple[str, str]:
    """Return (private, public), base64."""
    private = PrivateKey.generate()
    return (
        private.encode(Base64Encoder).decode(),
        private.public_key.encode(Base64Encoder).decode(),
    )


def seal(credential: CameraCredential, public_key: str) -> bytes:
    """Seal for the holder of `public_key` (base64)."""
    box = SealedBox(PublicKey(public_key.encode(), Base64Encoder))
    return bytes(box.encrypt(credential.model_dump_json().encode()))


def open_seal(sealed: bytes, private_key: str) -> CameraCredential:
    """Open with the base64 private key; SealError when it does not fit."""
    box = SealedBox(PrivateKey(private_key.encode(), Base64Encoder))
    try:
        return CameraCredential.model_validate(json.loads(box.decrypt(sealed)))
    except (CryptoError, ValueError) as error:
        raise SealError("the credential cannot be opened with this key") from error


def read_key(path: Path) -> str:
    """Read a base64 key file."""
    return path.read_text().strip()
