"""Public keys and heads that a verifier holds already: never taken from what is verified."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from jwt import InvalidKeyError
from jwt.algorithms import ECAlgorithm

from huiyan_registry.register.chain import Head
from huiyan_registry.town_key import kid_of, load_key

Keys = dict[str, ec.EllipticCurvePublicKey]


def read_keys(path: Path) -> Keys:
    """Public keys of a file: PEM, a JWK, or a JWK set as GET /api/v1/keys/register answers.
    ValueError when it holds none. A key is known by its thumbprint, whatever the file calls it."""
    text = path.read_text("utf-8")
    if text.lstrip().startswith("-----"):
        if "PRIVATE" in text:
            return _by_kid([load_key(path).private.public_key()])
        return _by_kid([load_pem_public_key(text.encode())])
    told = json.loads(text)
    listed = told.get("keys", [told]) if isinstance(told, dict) else []
    try:
        return _by_kid([ECAlgorithm.from_jwk(one) for one in listed])
    except InvalidKeyError as error:
        raise ValueError(f"{path.name} holds no public key") from error


def _by_kid(keys: Iterable[Any]) -> Keys:
    found = {kid_of(key): key for key in keys if isinstance(key, ec.EllipticCurvePublicKey)}
    if not found:
        raise ValueError("there is no public P-256 key")
    return found


def read_heads(path: Path) -> list[Head]:
    """Heads of a file: one, a list, an answer of /register/heads or of /register/receipts, or a
    line each. ValueError when it holds none."""
    text = path.read_text("utf-8")
    try:
        told = json.loads(text)
    except json.JSONDecodeError:
        told = [json.loads(line) for line in text.splitlines() if line.strip()]
    if isinstance(told, dict):
        told = told.get("items") or told.get("head") or told
    heads = [Head.from_json(one) for one in (told if isinstance(told, list) else [told])]
    if not heads:
        raise ValueError(f"{path.name} holds no head")
    return heads
