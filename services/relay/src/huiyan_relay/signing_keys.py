"""The registry's public keys, from the KV bucket `signing_keys`."""

import logging

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from huiyan.registry.v1.access_pb2 import SigningKey
from huiyan_kit.clock import Clock

log = logging.getLogger(__name__)


class SigningKeys:
    """Feed it the bucket's changes; `key_of` is what GrantVerifier asks."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._keys: dict[str, tuple[EllipticCurvePublicKey, int]] = {}

    def on_change(self, key: str, value: bytes | None) -> None:
        """Take a change of the bucket; what cannot be read is no key."""
        self._keys.pop(key, None)
        if value is None:
            return
        try:
            row = SigningKey.FromString(value)
            public = jwt.algorithms.ECAlgorithm.from_jwk(row.jwk)
        except (ValueError, jwt.InvalidKeyError):
            log.warning("a signing key cannot be read", extra={"key": key})
            return
        if isinstance(public, EllipticCurvePublicKey):
            self._keys[key] = (public, row.not_after_ns)

    def key_of(self, town: str, kid: str) -> EllipticCurvePublicKey | None:
        """The key, while it is valid (`not_after_ns` 0 = no end)."""
        held = self._keys.get(f"{town}.{kid}")
        if held is None or (held[1] and self._clock.utc_ns() > held[1]):
            return None
        return held[0]
