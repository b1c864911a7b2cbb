"""Where a request comes from, and under which origin people see us."""

import ipaddress
from urllib.parse import urlsplit

from fastapi import Request

from huiyan_registry.session.device_names import device_name
from huiyan_registry.session.relying_party import RelyingParty


def address_of(request: Request) -> str:
    """The address an attempt comes from."""
    return request.client.host if request.client else ""


def device_of(request: Request) -> str:
    """A name for the device."""
    return device_name(request.headers.get("user-agent", ""))


class Origin:
    """`public_url`, or in a demo without one the origin of the request."""

    def __init__(self, public_url: str) -> None:
        self._public_url = public_url

    def party(self, request: Request) -> RelyingParty:
        """We, as browsers know us.

        A demo is published at a loopback address, where browsers know no passkeys; on the same
        machine its name `localhost` serves too.
        """
        by_name = request.base_url.hostname == "localhost" and _loopback(self._public_url)
        return RelyingParty(
            str(request.base_url) if by_name or not self._public_url else self._public_url
        )


def _loopback(url: str) -> bool:
    try:
        return ipaddress.ip_address(urlsplit(url).hostname or "").is_loopback
    except ValueError:
        return False
