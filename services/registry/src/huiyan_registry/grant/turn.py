"""Short-lived TURN credentials (draft-uberti-behave-turn-rest-00)."""

import base64
import hashlib
import hmac
from collections.abc import Sequence

from huiyan_registry.grant.schemas import IceServer

_LIFE_S = 3600


class TurnCredentials:
    """username = expiry ":" name, credential = base64(HMAC-SHA1(secret, username))."""

    def __init__(self, urls: Sequence[str], secret: str) -> None:
        self._urls = list(urls)
        self._secret = secret

    def servers(self, name: str, now_s: float) -> list[IceServer]:
        """ICE servers for one viewer; empty when no TURN is configured."""
        if not self._urls:
            return []
        username = f"{int(now_s) + _LIFE_S}:{name}"
        # SHA-1 is what TURN servers compute here; HMAC does not need its collision resistance.
        mac = hmac.new(self._secret.encode(), username.encode(), hashlib.sha1)
        return [
            IceServer(
                urls=self._urls,
                username=username,
                credential=base64.b64encode(mac.digest()).decode(),
            )
        ]
