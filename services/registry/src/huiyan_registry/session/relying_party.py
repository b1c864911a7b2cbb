"""WebAuthn (Level 2) as one relying party: our origin, options and checks. No I/O."""

import ipaddress
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import webauthn
from huiyan_kit.errors import ErrorKind, HuiyanError
from webauthn.helpers import base64url_to_bytes, options_to_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

_NAME = "慧眼 Huiyan"
# What a credential that a page sends may break: the library's own errors, and those of what it
# is decoded with.
_MALFORMED = (WebAuthnException, ValueError, TypeError, KeyError, AttributeError, IndexError)


@dataclass(frozen=True, slots=True)
class NewPasskey:
    """What is kept of a credential."""

    credential_id: bytes
    public_key: bytes
    sign_count: int


@dataclass(frozen=True, slots=True)
class KnownPasskey:
    """A credential as it was kept."""

    credential_id: bytes
    public_key: bytes
    sign_count: int


class RelyingParty:
    """`origin` as people see it; its host name is the rp id."""

    def __init__(self, origin: str) -> None:
        parts = urlsplit(origin)
        self._origin = f"{parts.scheme}://{parts.netloc}"
        self._id = parts.hostname or ""

    @property
    def possible(self) -> bool:
        """True where browsers offer passkeys: a host name by https, or localhost."""
        try:
            ipaddress.ip_address(self._id)
        except ValueError:
            return bool(self._id) and (
                self._origin.startswith("https://") or self._id == "localhost"
            )
        return False

    def require(self) -> None:
        """HuiyanError CONFLICT `no_passkeys_here`."""
        if not self.possible:
            raise HuiyanError(
                ErrorKind.CONFLICT,
                "这个网址不能用通行密钥，请用动态口令",
                "Passkeys need a host name over https; use one-time codes here",
                code="no_passkeys_here",
            )

    def creation_options(
        self, user: str, account: str, name: str, challenge: bytes, known: list[bytes]
    ) -> dict[str, Any]:
        """PublicKeyCredentialCreationOptions as JSON; authenticators in `known` decline."""
        options = webauthn.generate_registration_options(
            rp_id=self._id,
            rp_name=_NAME,
            user_id=user.encode(),
            user_name=account,
            user_display_name=name,
            challenge=challenge,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.DISCOURAGED,
                user_verification=UserVerificationRequirement.PREFERRED,
            ),
            exclude_credentials=[PublicKeyCredentialDescriptor(id=one) for one in known],
        )
        return _as_json(options_to_json(options))

    def request_options(self, challenge: bytes, known: list[bytes]) -> dict[str, Any]:
        """PublicKeyCredentialRequestOptions as JSON."""
        options = webauthn.generate_authentication_options(
            rp_id=self._id,
            challenge=challenge,
            allow_credentials=[PublicKeyCredentialDescriptor(id=one) for one in known],
        )
        return _as_json(options_to_json(options))

    def created(self, credential: dict[str, Any], challenge: bytes) -> NewPasskey | None:
        """The new credential, or None when the answer does not fit."""
        try:
            made = webauthn.verify_registration_response(
                credential=credential,
                expected_challenge=challenge,
                expected_rp_id=self._id,
                expected_origin=self._origin,
            )
        except _MALFORMED:
            return None
        return NewPasskey(made.credential_id, made.credential_public_key, made.sign_count)

    def signed_in(
        self, credential: dict[str, Any], challenge: bytes, known: KnownPasskey
    ) -> int | None:
        """The credential's new counter, or None when the answer does not fit."""
        try:
            seen = webauthn.verify_authentication_response(
                credential=credential,
                expected_challenge=challenge,
                expected_rp_id=self._id,
                expected_origin=self._origin,
                credential_public_key=known.public_key,
                credential_current_sign_count=known.sign_count,
            )
        except _MALFORMED:
            return None
        return int(seen.new_sign_count)


def credential_id_of(credential: dict[str, Any]) -> bytes:
    """The id that an answer names; empty when it names none."""
    try:
        return base64url_to_bytes(str(credential.get("id", "")))
    except ValueError:
        return b""


def _as_json(text: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(text)
    return told
