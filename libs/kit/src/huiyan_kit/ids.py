"""Identifiers that are safe as subject tokens, keys and file names."""

import re
import secrets

TOKEN = re.compile(r"^[A-Za-z0-9_-]+$")
_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"


def new_id(prefix: str) -> str:
    """Return `<prefix>_` and 16 random base32 characters (80 bits)."""
    return prefix + "_" + "".join(secrets.choice(_ALPHABET) for _ in range(16))


def check_token(text: str) -> str:
    """Return `text` when it may stand in a subject or key, else raise ValueError."""
    if not TOKEN.fullmatch(text):
        raise ValueError("not a token of ^[A-Za-z0-9_-]+$")
    return text
