"""Messages of WS-Discovery (OASIS 2005/04) as ONVIF uses them (Core, section 7). Pure."""

import ipaddress
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit
from xml.sax.saxutils import escape

from lxml import etree  # type: ignore[import-untyped]  # lxml ships no types

from huiyan_registry.onboarding.xml_guard import XmlRefusedError, check_xml

GROUP = "239.255.255.250"
MOST_BYTES = 16 * 1024
_ENVELOPE = "http://www.w3.org/2003/05/soap-envelope"
_ADDRESSING = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
_DISCOVERY = "http://schemas.xmlsoap.org/ws/2005/04/discovery"
_NETWORK = "http://www.onvif.org/ver10/network/wsdl"
_SCOPE = "onvif://www.onvif.org/"
_LONGEST = 80
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class FoundDevice:
    """A device that answered from its own address."""

    address: str
    port: int
    name: str
    model: str
    xaddr: str


def probe(message_id: str) -> bytes:
    """A probe for network video transmitters; `message_id` is a URN."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="{_ENVELOPE}" '
        f'xmlns:a="{_ADDRESSING}" xmlns:d="{_DISCOVERY}" xmlns:dn="{_NETWORK}"><s:Header>'
        f"<a:MessageID>{escape(message_id)}</a:MessageID>"
        "<a:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To>"
        f"<a:Action>{_DISCOVERY}/Probe</a:Action></s:Header><s:Body><d:Probe>"
        "<d:Types>dn:NetworkVideoTransmitter</d:Types></d:Probe></s:Body></s:Envelope>"
    ).encode()


def read_match(data: bytes, source: str, asked: frozenset[str]) -> FoundDevice | None:
    """What a datagram from `source` tells of the device there. None for anything that is no answer
    to one of the `asked` message ids, or names no address at `source` itself."""
    if len(data) > MOST_BYTES:
        return None
    try:
        check_xml(data, most_elements=500, most_depth=20)
        parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
        root = etree.fromstring(data, parser=parser)
    except (XmlRefusedError, etree.XMLSyntaxError, ValueError):
        return None
    if _text(root, f"{{{_ADDRESSING}}}RelatesTo") not in asked:
        return None
    match = root.find(f".//{{{_DISCOVERY}}}ProbeMatch")
    if match is None:
        return None
    for xaddr in _text(match, f"{{{_DISCOVERY}}}XAddrs").split()[:8]:
        port = _port_at(xaddr, source)
        if port is not None:
            scopes = _text(match, f"{{{_DISCOVERY}}}Scopes").split()[:64]
            name, model = _scope(scopes, "name"), _scope(scopes, "hardware")
            return FoundDevice(source, port, name or model, model, xaddr[:200])
    return None


def _text(parent: etree._Element, name: str) -> str:
    return parent.findtext(f".//{name}") or ""


def _port_at(xaddr: str, source: str) -> int | None:
    """The port of a service address at `source`; None when it is elsewhere."""
    try:
        parts = urlsplit(xaddr)
        here = ipaddress.ip_address(parts.hostname or "") == ipaddress.ip_address(source)
        port = parts.port
    except ValueError:
        return None
    return (port or _PORTS.get(parts.scheme)) if here and parts.scheme in _PORTS else None


def _scope(scopes: list[str], kind: str) -> str:
    for scope in scopes:
        if scope.startswith(f"{_SCOPE}{kind}/"):
            text = unquote(scope.removeprefix(f"{_SCOPE}{kind}/")).replace("_", " ")
            return "".join(char for char in text if char.isprintable())[:_LONGEST]
    return ""
