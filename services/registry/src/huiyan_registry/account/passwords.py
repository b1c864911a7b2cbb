"""Passwords (argon2id, RFC 9106) and machine keys."""

import asyncio
import hashlib
import hmac
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from huiyan_registry.refusals import invalid

# Argon2 takes 64 MiB and a core for some 50 ms: more at once would starve the service.
_AT_ONCE = 2
_SHORTEST, _FEWEST_SIGNS = 10, 5
# No letters that look alike: people type these.
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


class Passwords:
    """Hashes and checks off the event loop; a missing account costs as much as a wrong password."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._turn = asyncio.Semaphore(_AT_ONCE)
        self._nobodys = self._hasher.hash(secrets.token_hex(16))

    async def hash(self, password: str) -> str:
        """The encoded argon2id hash."""
        async with self._turn:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def matches(self, encoded: str | None, password: str) -> bool:
        """True when it fits; None (no such account) is compared too, and never fits."""
        async with self._turn:
            right = await asyncio.to_thread(self._verify, encoded or self._nobodys, password)
        return right and encoded is not None

    def _verify(self, encoded: str, password: str) -> bool:
        try:
            return self._hasher.verify(encoded, password)
        except (VerificationError, InvalidHashError):
            return False


def check_password(new: str, *, old: str, account: str) -> None:
    """HuiyanError INVALID `password_weak` for what is guessed at once (NIST SP 800-63B, 5.1.1.2:
    length counts, rules about signs do not)."""
    plain = new.casefold()
    if len(new) < _SHORTEST or len(set(plain)) < _FEWEST_SIGNS:
        raise invalid(
            "新密码至少 10 位，不能总是同几个字",
            "A new password has at least 10 characters, not the same few again and again",
            "password_weak",
        )
    if new == old or (account and account.casefold() in plain):
        raise invalid(
            "新密码不能和旧密码一样，也不能含账号",
            "A new password is neither the old one nor made of the account's name",
            "password_weak",
        )


def new_password() -> str:
    """A password that a person types: 59 random bits in three groups."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(3))


def new_key() -> str:
    """A machine's key: 256 random bits."""
    return secrets.token_urlsafe(32)


def key_hash(key: str) -> bytes:
    """What is kept of it; a random key needs no slow hash."""
    return hashlib.sha256(key.encode()).digest()


def key_matches(kept: bytes | None, key: str) -> bool:
    """Timing-safe; None never fits."""
    return hmac.compare_digest(kept or bytes(32), key_hash(key)) and kept is not None
