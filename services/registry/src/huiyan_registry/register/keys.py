"""The keys that sign heads: one file per town, apart from the keys of grants and from the data."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from huiyan_registry.town_key import TownKey, load_or_make_key


def register_key_file(folder: Path, town: str) -> Path:
    """Where a town's key lies."""
    return folder / f"register-{town}.pem"


class RegisterKeys:
    """Made at first start. It is not rotated: a head must be checkable for as long as rows are
    kept, and an auditor holds the public half."""

    def __init__(self, folder: Path, towns: Sequence[str]) -> None:
        """OSError when a key is missing and the folder cannot be written (a mounted secret)."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._keys = {town: load_or_make_key(register_key_file(folder, town)) for town in towns}

    def of(self, town: str) -> TownKey:
        """The key of `town`."""
        return self._keys[town]

    def public(self, town: str) -> dict[str, Any]:
        """Its public half as a JWK (RFC 7517)."""
        key = self._keys[town]
        jwk: dict[str, Any] = json.loads(key.public_jwk)
        return jwk | {"kid": key.kid, "alg": "ES256", "use": "sig"}
