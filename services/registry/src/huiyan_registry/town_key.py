"""ES256 keys of a town: one PEM file each (0600), named by the thumbprint of the public half."""

import base64
import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from jwt.algorithms import ECAlgorithm


@dataclass(frozen=True, slots=True)
class TownKey:
    """A private key and its id."""

    private: ec.EllipticCurvePrivateKey
    kid: str
    public_jwk: str

    def __repr__(self) -> str:
        return f"TownKey({self.kid})"


def jwk_text(public: ec.EllipticCurvePublicKey) -> str:
    """The public JWK as RFC 7638 writes it: required members only, sorted, no spaces."""
    jwk = ECAlgorithm.to_jwk(public, as_dict=True)
    return json.dumps(
        {name: jwk[name] for name in ("crv", "kty", "x", "y")},
        sort_keys=True,
        separators=(",", ":"),
    )


def kid_of(public: ec.EllipticCurvePublicKey) -> str:
    """The thumbprint of RFC 7638 names a key; base64url fits a KV key token."""
    digest = hashlib.sha256(jwk_text(public).encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def town_key(private: ec.EllipticCurvePrivateKey) -> TownKey:
    """The key with its id."""
    public = private.public_key()
    return TownKey(private, kid_of(public), jwk_text(public))


def load_key(path: Path) -> TownKey:
    """The key of a PEM file. FileNotFoundError; ValueError when it holds no P-256 key."""
    loaded = load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(loaded, ec.EllipticCurvePrivateKey) or loaded.curve.name != "secp256r1":
        raise ValueError("a signing key is no P-256 key")
    return town_key(loaded)


def load_or_make_key(path: Path) -> TownKey:
    """The key of the file; made when there is none. OSError in a folder that cannot be written."""
    try:
        return load_key(path)
    except FileNotFoundError:
        made = ec.generate_private_key(ec.SECP256R1())
    pem = made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)
        file.flush()
        os.fsync(descriptor)
    try:
        # link() fails where another replica was first: then its key is the town's key.
        os.link(part, path)
    except FileExistsError:
        return load_key(path)
    finally:
        part.unlink()
    return town_key(made)
