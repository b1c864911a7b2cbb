"""Answers to a camera's login challenge: Digest (RFC 2617, RFC 7616) and Basic (RFC 7617)."""

import base64
import hashlib
import re
import secrets
from collections.abc import Sequence

from huiyan_kit.sealing import CameraCredential

_PARAMETER = re.compile(r'([A-Za-z-]+)\s*=\s*(?:"([^"]*)"|([^\s,]+))')
_HASHES = {"MD5": "md5", "SHA-256": "sha256"}


def authorization(
    challenges: Sequence[str],
    credential: CameraCredential,
    method: str,
    uri: str,
    *,
    count: int = 1,
) -> str | None:
    """The Authorization header for the best challenge we know, or None. `count` says how often
    this challenge has been answered, this time included."""
    digests = [_parameters(text) for text in challenges if text.lower().startswith("digest ")]
    for algorithm in ("SHA-256", "MD5"):
        for parameters in digests:
            if parameters.get("algorithm", "MD5").upper() == algorithm:
                return _digest(
                    parameters, _HASHES[algorithm], credential, method=method, uri=uri, count=count
                )
    if any(text.lower().startswith("basic") for text in challenges):
        pair = f"{credential.user}:{credential.password}".encode()
        return f"Basic {base64.b64encode(pair).decode()}"
    return None


def _parameters(challenge: str) -> dict[str, str]:
    return {
        match[1].lower(): match[2] if match[2] is not None else match[3]
        for match in _PARAMETER.finditer(challenge.partition(" ")[2])
    }


def _digest(
    parameters: dict[str, str],
    hash_name: str,
    credential: CameraCredential,
    *,
    method: str,
    uri: str,
    count: int,
) -> str:
    def hashed(*parts: str) -> str:
        return hashlib.new(hash_name, ":".join(parts).encode()).hexdigest()

    realm, nonce = parameters.get("realm", ""), parameters.get("nonce", "")
    secret = hashed(credential.user, realm, credential.password)
    action = hashed(method, uri)
    fields = [
        f'username="{credential.user}"',
        f'realm="{realm}"',
        f'nonce="{nonce}"',
        f'uri="{uri}"',
    ]
    if "auth" in re.split(r"[\s,]+", parameters.get("qop", "")):
        number, client = f"{count:08x}", secrets.token_hex(8)
        response = hashed(secret, nonce, number, client, "auth", action)
        fields += ["qop=auth", f"nc={number}", f'cnonce="{client}"']
    else:
        response = hashed(secret, nonce, action)
    fields.append(f'response="{response}"')
    if "algorithm" in parameters:
        fields.append(f"algorithm={parameters['algorithm']}")
    if "opaque" in parameters:
        fields.append(f'opaque="{parameters["opaque"]}"')
    return "Digest " + ", ".join(fields)
