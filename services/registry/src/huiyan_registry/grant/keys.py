"""The towns' signing keys: ES256, rotated, public halves to KV before they sign."""

import asyncio
import logging
from collections.abc import Sequence
from pathlib import Path

from huiyan.registry.v1.access_pb2 import SigningKey
from huiyan_kit import subjects
from huiyan_kit.bus.api import Bus
from huiyan_kit.clock import Clock
from huiyan_kit.errors import HuiyanError

from huiyan_registry.grant.key_ring import KeyRing
from huiyan_registry.town_key import TownKey

log = logging.getLogger(__name__)
BUCKET = "signing_keys"
KEY_LIFE_S = 7 * 86_400
_NS = 1_000_000_000
_PUBLISHED_FOR_NS = 400 * 86_400 * _NS
_EVERY_S = 10.0


class SigningKeys:
    """A ring of keys per town, its first key made at first start."""

    def __init__(
        self, folder: Path, towns: Sequence[str], clock: Clock, life_s: int = KEY_LIFE_S
    ) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._rings = {town: KeyRing(folder, town, life_s * _NS) for town in towns}
        self._clock = clock
        self._told: set[tuple[str, str, int]] = set()

    def of(self, town: str) -> TownKey:
        """The key that signs the grants of `town`."""
        return self._rings[town].active

    async def publish(self, bus: Bus) -> None:
        """Tell the relays the public halves, take back those whose last token has expired.
        UNAVAILABLE without the bus."""
        bucket, now_ns = bus.key_value(BUCKET), self._clock.utc_ns()
        for town, ring in self._rings.items():
            for key in (ring.active, ring.next):
                if key is not None:
                    row = SigningKey(
                        kid=key.kid, jwk=key.public_jwk, not_after_ns=now_ns + _PUBLISHED_FOR_NS
                    )
                    await bucket.put(subjects.key(town, key.kid), row.SerializeToString())
            if ring.next is not None:
                ring.published(ring.next.kid, now_ns)
            for old in list(ring.old):
                name = subjects.key(town, old.kid)
                if old.until_ns <= now_ns:
                    await bucket.delete(name)
                    ring.forgotten(old.kid, now_ns)
                else:
                    row = SigningKey(kid=old.kid, jwk=old.jwk, not_after_ns=old.until_ns)
                    await bucket.put(name, row.SerializeToString())
        self._told = self._to_tell(now_ns)

    async def turn(self, bus: Bus) -> None:
        """Rotate what is due, and publish when something changed. UNAVAILABLE without the bus."""
        now_ns = self._clock.utc_ns()
        for ring in self._rings.values():
            ring.turn(now_ns)
        if self._to_tell(now_ns) != self._told:
            await self.publish(bus)

    async def run(self, bus: Bus) -> None:
        """Turn until cancelled; while the bus is away the old key goes on signing."""
        while True:
            try:
                await self.turn(bus)
            except HuiyanError:
                log.debug("new signing keys wait for the bus")
            except OSError:
                log.warning("signing keys cannot be rotated in their folder")
            await asyncio.sleep(_EVERY_S)

    def _to_tell(self, now_ns: int) -> set[tuple[str, str, int]]:
        told: set[tuple[str, str, int]] = set()
        for town, ring in self._rings.items():
            told |= {(town, key.kid, 0) for key in (ring.active, ring.next) if key is not None}
            told |= {(town, old.kid, -1 if old.until_ns <= now_ns else 1) for old in ring.old}
        return told


def rotate_keys(folder: Path, towns: Sequence[str], clock: Clock) -> list[dict[str, str]]:
    """Make each town's next key now; registries publish it and change over some ten minutes
    later. OSError in a folder that cannot be written."""
    made = []
    for town in towns:
        ring = KeyRing(folder, town, KEY_LIFE_S * _NS)
        signs, comes = ring.active.kid, ring.begin(clock.utc_ns()).kid
        made.append({"town": town, "signs": signs, "next": comes})
    return made
