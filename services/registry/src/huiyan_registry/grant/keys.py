"""The towns' signing keys: ES256, one PEM file per town (0600), public halves to KV."""

import base64
import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from huiyan.registry.v1.access_pb2 import SigningKey
from huiyan_kit import subjects
from huiyan_kit.bus.api import Bus
from huiyan_kit.clock import Clock
from jwt.algorithms import ECAlgorithm

BUCKET = "signing_keys"
_PUBLISHED_FOR_NS = 400 * 86_400 * 1_000_000_000


@dataclass(frozen=True, slots=True)
class TownKey:
    """A private key and its id."""

    private: ec.EllipticCurvePrivateKey
    kid: str
    public_jwk: str

    def __repr__(self) -> str:
        return f"TownKey({self.kid})"


def _town_key(private: ec.EllipticCurvePrivateKey) -> TownKey:
    jwk = ECAlgorithm.to_jwk(private.public_key(), as_dict=True)
    canonical = {name: jwk[name] for name in ("crv", "kty", "x", "y")}
    text = json.dumps(canonical, sort_keys=True, separators=(",", ":"))
    # The thumbprint of RFC 7638 names the key; base64url fits a KV key token.
    digest = hashlib.sha256(text.encode()).digest()
    kid = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    return TownKey(private, kid, text)


def _load_or_make(path: Path) -> TownKey:
    try:
        loaded = load_pem_private_key(path.read_bytes(), password=None)
    except FileNotFoundError:
        loaded = ec.generate_private_key(ec.SECP256R1())
        pem = loaded.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        part = path.with_suffix(f".{os.getpid()}.part")
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(pem)
        try:
            # link() fails where another replica was first: then its key is the town's key.
            os.link(part, path)
        except FileExistsError:
            return _load_or_make(path)
        finally:
            part.unlink()
    if not isinstance(loaded, ec.EllipticCurvePrivateKey) or loaded.curve.name != "secp256r1":
        raise ValueError("a signing key is no P-256 key")
    return _town_key(loaded)


class SigningKeys:
    """One key per town, made at first start."""

    def __init__(self, folder: Path, towns: Sequence[str], clock: Clock) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._keys = {town: _load_or_make(folder / f"signing-{town}.pem") for town in towns}
        self._clock = clock

    def of(self, town: str) -> TownKey:
        """The key that signs the grants of `town`."""
        return self._keys[town]

    async def publish(self, bus: Bus) -> None:
        """Tell the relays the public halves. UNAVAILABLE without the bus."""
        bucket = bus.key_value(BUCKET)
        for town, key in self._keys.items():
            message = SigningKey(
                kid=key.kid,
                jwk=key.public_jwk,
                not_after_ns=self._clock.utc_ns() + _PUBLISHED_FOR_NS,
            )
            await bucket.put(subjects.key(town, key.kid), message.SerializeToString())
