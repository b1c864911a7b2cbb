"""A registry's signing key, and viewing grants made with it."""

from __future__ import annotations

import time
from dataclasses import dataclass

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from huiyan.registry.v1.access_pb2 import SigningKey
from huiyan_kit.bus.api import Bus
from huiyan_kit.grants import Grant, GrantKind, View, sign_grant
from huiyan_kit.ids import new_id

KID = "k1"
TOWN = "510799101000"


@dataclass
class GrantSigner:
    """The registry's key, and grants made with it."""

    private: ec.EllipticCurvePrivateKey

    async def publish(self, bus: Bus, town: str = TOWN) -> None:
        jwk = jwt.algorithms.ECAlgorithm.to_jwk(self.private.public_key())
        key = SigningKey(kid=KID, jwk=jwk)
        await bus.key_value("signing_keys").put(f"{town}.{KID}", key.SerializeToString())

    def grant(self, *cameras: str, **claims: object) -> Grant:
        now = int(time.time())
        views = tuple(View(camera=camera) for camera in cameras)
        defaults: dict[str, object] = {
            "iss": TOWN,
            "sub": "prn_a",
            "sid": "s1",
            "jti": new_id("grt"),
            "iat": now,
            "exp": now + 120,
            "kind": GrantKind.VIEW,
            "views": views,
        }
        return Grant.model_validate(defaults | claims)

    def sign(self, grant: Grant) -> str:
        return sign_grant(grant, self.private, KID)

    def token(self, *cameras: str, **claims: object) -> str:
        return self.sign(self.grant(*cameras, **claims))
