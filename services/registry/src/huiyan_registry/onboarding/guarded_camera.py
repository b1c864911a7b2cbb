"""onvif-zeep-async with our transport and our limits under it."""

import logging
from pathlib import Path
from typing import Any

from onvif import ONVIFCamera  # type: ignore[import-untyped]  # onvif ships no types
from onvif.client import ONVIFService  # type: ignore[import-untyped]  # the same
from zeep.settings import Settings

from huiyan_registry.onboarding.guarded_transport import GuardedTransport, Target, new_session

MEDIA = "http://www.onvif.org/ver10/media/wsdl"
MEDIA2 = "http://www.onvif.org/ver20/media/wsdl"
PTZ = "http://www.onvif.org/ver20/ptz/wsdl"
EVENTS = "http://www.onvif.org/ver10/events/wsdl"
DEVICE = "http://www.onvif.org/ver10/device/wsdl"

_MEDIA2_WSDL = str(Path(__file__).parent / "wsdl" / "media2.wsdl")
# Devices leave elements out and add their own: not strict, but nothing that expands or fetches.
_SETTINGS = Settings(
    strict=False,
    xml_huge_tree=False,
    forbid_dtd=True,
    forbid_entities=True,
    forbid_external=True,
)
for _name in ("onvif", "zeep"):
    # Their debug lines hold whole envelopes, with the proof of the password in them.
    logging.getLogger(_name).setLevel(logging.WARNING)


class GuardedService(ONVIFService):  # type: ignore[misc]  # its base has no types
    """A service that speaks through `transport`."""

    def __init__(self, transport: GuardedTransport, *words: Any, **options: Any) -> None:
        super().__init__(*words, no_cache=True, **options)
        self.transport = transport

    async def setup(self) -> None:
        """Load the WSDL (of the packages) and put our limits on every answer."""
        await super().setup()
        for client in (self.zeep_client, self.zeep_client_authless):
            client.settings = _SETTINGS


class GuardedCamera(ONVIFCamera):  # type: ignore[misc]  # its base has no types
    """One device for one probe. Always `await close()` it."""

    def __init__(self, target: Target, user: str, password: str) -> None:
        super().__init__(
            target.address, target.port, user, password, no_cache=True, nat_override=True
        )
        self._guarded_session = new_session(user, password)
        self._guarded_transport = GuardedTransport(self._guarded_session, target)

    async def create_onvif_service(
        self,
        name: str,
        port_type: str | None = None,
        read_timeout: int | None = None,
        write_timeout: int | None = None,
    ) -> GuardedService:
        """Media2 has a WSDL of ours; everything else those of onvif-zeep-async."""
        key = (name, port_type)
        if key in self.services:
            known: GuardedService = self.services[key]
            return known
        if name == "media2":
            x_addr, wsdl, binding = self.xaddrs[MEDIA2], _MEDIA2_WSDL, f"{{{MEDIA2}}}Media2Binding"
        else:
            x_addr, wsdl, binding = self.get_definition(name, port_type)
        service = GuardedService(
            self._guarded_transport,
            x_addr,
            self.user,
            self.passwd,
            wsdl,
            self.encrypt,
            dt_diff=self.dt_diff,
            binding_name=binding,
            binding_key=key,
        )
        self.services[key] = service
        await service.setup()
        return service

    async def forget_services(self) -> None:
        """The next call makes each service anew, with the clock's difference as it is now."""
        for service in self.services.values():
            await service.close()
        self.services.clear()

    async def close(self) -> None:
        """Close every connection."""
        await super().close()
        await self._guarded_session.close()
