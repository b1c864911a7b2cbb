"""How a camera knows its user: WS-UsernameToken digest, or HTTP digest (ONVIF Core 5.9)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from xml.etree import ElementTree

from huiyan_testing.camera.digest import Challenge, Credential

_WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
_WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
_WINDOW_S = 60.0
_NONCES = 1000


class LoginKind(StrEnum):
    """What a camera accepts."""

    TOKEN = "token"
    HTTP_DIGEST = "http_digest"
    BOTH = "both"


class Login:
    """Checks requests against one credential. `now` is the camera's own clock, UTC."""

    def __init__(
        self, credential: Credential | None, kind: LoginKind, now: Callable[[], datetime]
    ) -> None:
        self.credential = credential
        self.kind = kind
        self.refusals = 0
        self._now = now
        self._nonces: deque[bytes] = deque(maxlen=_NONCES)
        self._challenge = Challenge(secrets.token_hex(16), realm="onvif")

    @property
    def challenge(self) -> str | None:
        """Value of WWW-Authenticate for a refusal; None when HTTP digest is not accepted."""
        return None if self.kind is LoginKind.TOKEN else self._challenge.header() + ', qop="auth"'

    def accepts(
        self, header: ElementTree.Element | None, authorization: str, method: str = "POST"
    ) -> bool:
        """True when the request proves the credential (or none is asked for)."""
        credential = self.credential
        if credential is None:
            return True
        by_token = self.kind is not LoginKind.HTTP_DIGEST and self._token(header, credential)
        by_http = self.kind is not LoginKind.TOKEN and self._challenge.accepts(
            authorization, method, credential
        )
        if not (by_token or by_http):
            self.refusals += 1
        return by_token or by_http

    def _token(self, header: ElementTree.Element | None, credential: Credential) -> bool:
        """WSS UsernameToken profile 1.0: Base64(SHA-1(nonce + created + password))."""
        token = header.find(f".//{{{_WSSE}}}UsernameToken") if header is not None else None
        if token is None or _text(token, _WSSE, "Username") != credential.user:
            return False
        created = _text(token, _WSU, "Created")
        try:
            nonce = base64.b64decode(_text(token, _WSSE, "Nonce"))
            at = datetime.fromisoformat(created.replace("Z", "+00:00"))
        except (ValueError, binascii.Error):
            return False
        at = at.replace(tzinfo=at.tzinfo or UTC)
        if nonce in self._nonces or abs((at - self._now()).total_seconds()) > _WINDOW_S:
            return False
        digest = hashlib.sha1(
            nonce + created.encode() + credential.password.encode(), usedforsecurity=False
        ).digest()
        given = _text(token, _WSSE, "Password")
        if not hmac.compare_digest(base64.b64encode(digest), given.encode()):
            return False
        self._nonces.append(nonce)
        return True


def _text(parent: ElementTree.Element, namespace: str, name: str) -> str:
    found = parent.find(f"{{{namespace}}}{name}")
    return (found.text or "").strip() if found is not None else ""
