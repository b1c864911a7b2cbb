"""Digest authentication of the server side (RFC 2617, RFC 7616; MD5 or SHA-256)."""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass, field
from enum import StrEnum

_PARAMETER = re.compile(r'(\w+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))')


class DigestAlgorithm(StrEnum):
    MD5 = "MD5"
    SHA256 = "SHA-256"


@dataclass(frozen=True, slots=True)
class Credential:
    user: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a connection asks of its client; the nonce is used for this connection only."""

    nonce: str
    realm: str = "huiyan camera"
    algorithm: DigestAlgorithm = DigestAlgorithm.MD5

    def header(self) -> str:
        """Value of WWW-Authenticate. MD5 is not named, as RFC 2617 cameras do it."""
        text = f'Digest realm="{self.realm}", nonce="{self.nonce}"'
        if self.algorithm is not DigestAlgorithm.MD5:
            text += f", algorithm={self.algorithm}"
        return text

    def accepts(self, authorization: str, method: str, credential: Credential) -> bool:
        """True when `authorization` (header value) proves the credential for this method."""
        given = parse_authorization(authorization)
        if given is None or given.get("nonce") != self.nonce:
            return False
        if given.get("username") != credential.user or given.get("realm") != self.realm:
            return False
        expected = digest_response(given, method, credential, self.algorithm)
        return hmac.compare_digest(expected.encode(), given.get("response", "").encode())


def parse_authorization(value: str) -> dict[str, str] | None:
    """Parameters of a Digest header, names in lower case; None for another scheme."""
    scheme, _, rest = value.strip().partition(" ")
    if scheme.lower() != "digest":
        return None
    return {
        name.lower(): re.sub(r"\\(.)", r"\1", quoted) if bare == "" else bare
        for name, quoted, bare in _PARAMETER.findall(rest)
    }


def digest_response(
    given: dict[str, str], method: str, credential: Credential, algorithm: DigestAlgorithm
) -> str:
    """RFC 7616 3.4.1, with `qop=auth` when the client chose it, else the RFC 2069 form."""
    ha1 = _hash(f"{credential.user}:{given.get('realm', '')}:{credential.password}", algorithm)
    ha2 = _hash(f"{method}:{given.get('uri', '')}", algorithm)
    middle = given.get("nonce", "")
    if "qop" in given:
        middle += f":{given.get('nc', '')}:{given.get('cnonce', '')}:{given['qop']}"
    return _hash(f"{ha1}:{middle}:{ha2}", algorithm)


def _hash(text: str, algorithm: DigestAlgorithm) -> str:
    name = "md5" if algorithm is DigestAlgorithm.MD5 else "sha256"
    return hashlib.new(name, text.encode(), usedforsecurity=False).hexdigest()
