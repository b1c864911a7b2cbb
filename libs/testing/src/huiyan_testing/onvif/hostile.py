"""Cameras that mean harm, or are broken in ways that do harm (rules.md section 4).

| kind | what is answered instead |
| --- | --- |
| entity_bomb | entities that expand to gigabytes ("billion laughs") |
| external_entity | a DTD that names a file and an address elsewhere |
| endless_body | a body that never ends |
| slow_drip | a byte now and then, without end |
| redirect | 307 to another address |
| huge_tree | under 1 MiB of XML: very many elements |
| large_tree | 9,500 elements: what a careful client may still take |
| deep_tree | elements 20,000 deep |
| wrong_type | a login page in HTML |
| gzip_bomb | a small compressed body that is large |
| silent | nothing, ever |
"""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator
from dataclasses import dataclass
from enum import StrEnum

from huiyan_testing.onvif.http import HttpResponse
from huiyan_testing.onvif.soap import DEVICE, ENVELOPE, envelope

_PIECE = b"<!-- " + b"x" * 65_000 + b" -->"
_DEEP = 20_000
_ENTRY = (
    "<tds:Service><tds:Namespace>u</tds:Namespace><tds:XAddr>http://h/</tds:XAddr>"
    "<tds:Version><tt:Major>1</tt:Major><tt:Minor>0</tt:Minor></tds:Version></tds:Service>"
)


class HostileKind(StrEnum):
    ENTITY_BOMB = "entity_bomb"
    EXTERNAL_ENTITY = "external_entity"
    ENDLESS_BODY = "endless_body"
    SLOW_DRIP = "slow_drip"
    REDIRECT = "redirect"
    HUGE_TREE = "huge_tree"
    LARGE_TREE = "large_tree"
    DEEP_TREE = "deep_tree"
    WRONG_TYPE = "wrong_type"
    GZIP_BOMB = "gzip_bomb"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class Hostility:
    """What a camera does instead of answering. `elsewhere` is where it points at (a URL);
    `spares` lists the operations that it still answers honestly."""

    kind: HostileKind
    elsewhere: str = ""
    spares: frozenset[str] = frozenset()

    def response(self, path: str) -> HttpResponse:
        """The answer to a request for `path`."""
        match self.kind:
            case HostileKind.ENTITY_BOMB:
                return HttpResponse(body=_entity_bomb())
            case HostileKind.EXTERNAL_ENTITY:
                return HttpResponse(body=_external_entity(self.elsewhere))
            case HostileKind.ENDLESS_BODY:
                return HttpResponse(stream=_endless())
            case HostileKind.SLOW_DRIP:
                return HttpResponse(stream=_drip())
            case HostileKind.REDIRECT:
                return HttpResponse(307, headers={"Location": self.elsewhere + path})
            case HostileKind.HUGE_TREE:
                return HttpResponse(body=_tree(1_040_000 // len(_ENTRY)))
            case HostileKind.LARGE_TREE:
                return HttpResponse(body=_tree(9_500 // _ENTRY.count("</")))
            case HostileKind.DEEP_TREE:
                return HttpResponse(body=envelope("<a>" * _DEEP + "</a>" * _DEEP))
            case HostileKind.WRONG_TYPE:
                page = b"<!DOCTYPE html><html><body><form>login</form><br></body></html>"
                return HttpResponse(body=page, content_type="text/html")
            case HostileKind.GZIP_BOMB:
                squeezed = gzip.compress(envelope(" " * 100_000_000), 9)
                return HttpResponse(body=squeezed, headers={"Content-Encoding": "gzip"})
            case HostileKind.SILENT:
                return HttpResponse(stream=_nothing())


def _entity_bomb() -> bytes:
    entities = ['<!ENTITY l0 "haha haha haha haha haha haha haha haha haha haha">']
    entities += [f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10)]
    return (
        f'<?xml version="1.0"?><!DOCTYPE b [{"".join(entities)}]>'
        f'<s:Envelope xmlns:s="{ENVELOPE}"><s:Body><t:GetServicesResponse xmlns:t="{DEVICE}">'
        "&l9;</t:GetServicesResponse></s:Body></s:Envelope>"
    ).encode()


def _external_entity(elsewhere: str) -> bytes:
    return (
        f'<?xml version="1.0"?><!DOCTYPE b SYSTEM "{elsewhere}/b.dtd" ['
        f'<!ENTITY f SYSTEM "file:///etc/hostname"><!ENTITY u SYSTEM "{elsewhere}/u">]>'
        f'<s:Envelope xmlns:s="{ENVELOPE}"><s:Body>&f;&u;</s:Body></s:Envelope>'
    ).encode()


def _tree(entries: int) -> bytes:
    """Just under 1 MiB when it is huge: the caller's byte limit does not catch it."""
    return envelope(f"<tds:GetServicesResponse>{_ENTRY * entries}</tds:GetServicesResponse>")


async def _endless() -> AsyncIterator[bytes]:
    yield envelope("").partition(b"<s:Body>")[0]
    while True:
        yield _PIECE


async def _drip() -> AsyncIterator[bytes]:
    for byte in envelope("<a/>").partition(b"<s:Body>")[0]:
        yield bytes((byte,))
        await asyncio.sleep(0.2)
    while True:
        yield b" "
        await asyncio.sleep(0.2)


async def _nothing() -> AsyncIterator[bytes]:
    await asyncio.Event().wait()
    yield b""
