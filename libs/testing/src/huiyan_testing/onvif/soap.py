"""SOAP 1.2 envelopes as ONVIF cameras speak them (ONVIF Core specification, section 5)."""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree import ElementTree
from xml.sax.saxutils import escape

ENVELOPE = "http://www.w3.org/2003/05/soap-envelope"
DEVICE = "http://www.onvif.org/ver10/device/wsdl"
MEDIA = "http://www.onvif.org/ver10/media/wsdl"
MEDIA2 = "http://www.onvif.org/ver20/media/wsdl"
PTZ = "http://www.onvif.org/ver20/ptz/wsdl"
EVENTS = "http://www.onvif.org/ver10/events/wsdl"
NOTIFICATION = "http://docs.oasis-open.org/wsn/b-2"
SCHEMA = "http://www.onvif.org/ver10/schema"

_PREFIXES = {
    "s": ENVELOPE,
    "tds": DEVICE,
    "trt": MEDIA,
    "tr2": MEDIA2,
    "tptz": PTZ,
    "tev": EVENTS,
    "wsnt": NOTIFICATION,
    "tt": SCHEMA,
    "wsa": "http://www.w3.org/2005/08/addressing",
    "ter": "http://www.onvif.org/ver10/error",
    "tns1": "http://www.onvif.org/ver10/topics",
    "xsi": "http://www.w3.org/2001/XMLSchema-instance",
}
_DECLARATIONS = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in _PREFIXES.items())


class SoapFaultError(Exception):
    """Answered as a SOAP fault; `subcodes` are QNames such as `ter:NotAuthorized`."""

    def __init__(self, reason: str, *subcodes: str, sender: bool = True) -> None:
        super().__init__(reason)
        self.reason = reason
        self.subcodes = subcodes
        self.sender = sender


@dataclass(frozen=True, slots=True)
class Call:
    """One request: the operation's element, the envelope's header, and where it was posted."""

    namespace: str
    operation: str
    body: ElementTree.Element
    header: ElementTree.Element | None
    path: str

    def text(self, name: str, default: str = "") -> str:
        """The text of the first element with this local name, wherever it stands."""
        found = self.body.find(f".//{{*}}{name}")
        return (found.text or "").strip() if found is not None else default

    def attributes(self, name: str) -> dict[str, str] | None:
        """The attributes of the first element with this local name; None without one."""
        found = self.body.find(f".//{{*}}{name}")
        return dict(found.attrib) if found is not None else None


def parse_call(content: bytes, path: str) -> Call:
    """Raises SoapFaultError for what is no SOAP request."""
    try:
        envelope = ElementTree.fromstring(content)
    except ElementTree.ParseError as error:
        raise SoapFaultError("not well-formed", "ter:WellFormed") from error
    body = envelope.find(f"{{{ENVELOPE}}}Body")
    if body is None or not len(body):
        raise SoapFaultError("no operation", "ter:WellFormed")
    namespace, _, operation = body[0].tag.removeprefix("{").partition("}")
    return Call(namespace, operation, body[0], envelope.find(f"{{{ENVELOPE}}}Header"), path)


def envelope(body: str) -> bytes:
    """`body` is XML with the prefixes that this module declares."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<s:Envelope {_DECLARATIONS}>'
        f"<s:Body>{body}</s:Body></s:Envelope>"
    ).encode()


def fault_envelope(fault: SoapFaultError) -> bytes:
    """SOAP 1.2 fault, subcodes nested as ONVIF wants them."""
    nested = ""
    for subcode in reversed(fault.subcodes):
        nested = f"<s:Subcode><s:Value>{subcode}</s:Value>{nested}</s:Subcode>"
    code = "s:Sender" if fault.sender else "s:Receiver"
    return envelope(
        f"<s:Fault><s:Code><s:Value>{code}</s:Value>{nested}</s:Code>"
        f'<s:Reason><s:Text xml:lang="en">{escape(fault.reason)}</s:Text></s:Reason></s:Fault>'
    )
