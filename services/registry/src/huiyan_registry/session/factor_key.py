"""Seals what a second factor must keep secret: AES-256-GCM, the key outside the database."""

import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_FILE = "second-factor.key"
_KEY_BYTES, _NONCE_BYTES = 32, 12


class FactorKey:
    """`<secrets_dir>/second-factor.key` (0600), made at first start. A sealed secret is bound to
    its owner: copied to another row it cannot be opened."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._cipher = AESGCM(_load_or_make(folder / _FILE))

    def seal(self, secret: bytes, owner: str) -> bytes:
        """Nonce and ciphertext."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, secret, owner.encode())

    def open(self, sealed: bytes, owner: str) -> bytes:
        """The secret. ValueError when key or owner are others."""
        nonce, text = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        try:
            return self._cipher.decrypt(nonce, text, owner.encode())
        except InvalidTag as error:
            raise ValueError("a second factor was sealed with another key") from error


def _load_or_make(path: Path) -> bytes:
    try:
        key = path.read_bytes()
    except FileNotFoundError:
        part = path.with_suffix(f".{os.getpid()}.part")
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(_KEY_BYTES))
        try:
            # link() fails where another replica was first: then its key is the key.
            os.link(part, path)
        except FileExistsError:
            return _load_or_make(path)
        finally:
            part.unlink()
        return _load_or_make(path)
    if len(key) != _KEY_BYTES:
        raise ValueError(f"{path.name} holds no key of {_KEY_BYTES} bytes")
    return key
