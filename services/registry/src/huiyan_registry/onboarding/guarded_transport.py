"""HTTP to one vetted address and nowhere else: what zeep talks through (rules.md section 4).

Whatever address a device advertises, requests go to the host and port that were vetted; only path
and query are taken from it. No redirects, no proxies, no compression, 5 s and 1 MiB per answer,
and the XML is looked through before zeep sees it.
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from lxml import etree  # type: ignore[import-untyped]  # lxml ships no types
from onvif.zeep_aiohttp import AIOHTTPTransport  # type: ignore[import-untyped]  # no types either
from requests import Response
from yarl import URL

from huiyan_registry.onboarding.failures import ProbeError, ProbeProblem
from huiyan_registry.onboarding.xml_guard import XmlRefusedError, check_xml

ANSWER_S = 5.0
CONNECT_S = 3.0
MOST_BYTES = 1024 * 1024
_CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True)
class Target:
    """One vetted device. `address` is a literal IP address."""

    address: str
    port: int
    secure: bool = False

    def url(self, advertised: str) -> URL:
        """The advertised address, at this target. ProbeError for what is none."""
        try:
            parts = urlsplit(advertised)
            return URL.build(
                scheme="https" if self.secure else "http",
                host=self.address,
                port=self.port,
                path=parts.path or "/",
                query_string=parts.query,
            )
        except ValueError:
            raise ProbeError(ProbeProblem.ANSWER_REFUSED) from None


def new_session(user: str, password: str) -> aiohttp.ClientSession:
    """A session for one probe; HTTP digest only when the device asks for it, never Basic."""
    return aiohttp.ClientSession(
        # Cameras make their own certificates: nothing could vouch for them at first sight. What is
        # sent proves the password without holding it.
        connector=aiohttp.TCPConnector(ssl=False, limit=2),
        timeout=aiohttp.ClientTimeout(total=ANSWER_S, sock_connect=CONNECT_S),
        auto_decompress=False,
        trust_env=False,
        cookie_jar=aiohttp.DummyCookieJar(),
        middlewares=(aiohttp.DigestAuthMiddleware(user, password),),
        headers={"Accept-Encoding": "identity"},
    )


class GuardedTransport(AIOHTTPTransport):  # type: ignore[misc]  # its base has no types
    """zeep's transport for one target."""

    def __init__(self, session: aiohttp.ClientSession, target: Target) -> None:
        super().__init__(session=session)
        self._target = target

    async def post(self, address: str, message: str, headers: dict[str, str]) -> Response:
        """zeep's POST of text."""
        return await self._exchange(address, message.encode(), headers)

    async def post_xml(self, address: str, envelope: Any, headers: dict[str, str]) -> Response:
        """zeep's POST of an envelope."""
        return await self._exchange(address, etree.tostring(envelope, encoding="utf-8"), headers)

    async def get(self, address: str, params: Any, headers: dict[str, str]) -> Response:
        """Nothing is fetched: WSDL and schema come with the packages."""
        raise ProbeError(ProbeProblem.ANSWER_REFUSED)

    def load(self, url: str) -> bytes:
        """Nothing is loaded from outside either."""
        raise ProbeError(ProbeProblem.ANSWER_REFUSED)

    async def _exchange(self, address: str, content: bytes, headers: dict[str, str]) -> Response:
        try:
            async with self.session.post(
                self._target.url(address), data=content, headers=headers, allow_redirects=False
            ) as answer:
                return _checked(answer, await _limited(answer))
        except TimeoutError:
            raise ProbeError(ProbeProblem.TIMEOUT) from None
        except aiohttp.ClientConnectorError:
            raise ProbeError(ProbeProblem.UNREACHABLE) from None
        except aiohttp.ClientResponseError:
            raise ProbeError(ProbeProblem.NO_ONVIF) from None
        except aiohttp.ClientError:
            raise ProbeError(ProbeProblem.UNREACHABLE) from None


async def _limited(answer: aiohttp.ClientResponse) -> bytes:
    """The body. ProbeError for more than it may have, or another form."""
    if (
        300 <= answer.status < 400
        or answer.headers.get("Content-Encoding", "identity") != "identity"
    ):
        raise ProbeError(ProbeProblem.ANSWER_REFUSED)
    if (answer.content_length or 0) > MOST_BYTES:
        raise ProbeError(ProbeProblem.ANSWER_REFUSED)
    body = bytearray()
    async for piece in answer.content.iter_chunked(_CHUNK):
        body += piece
        if len(body) > MOST_BYTES:
            raise ProbeError(ProbeProblem.ANSWER_REFUSED)
    return bytes(body)


def _checked(answer: aiohttp.ClientResponse, body: bytes) -> Response:
    """As zeep wants it. ProbeError for what is no decent SOAP answer."""
    if answer.status == 401:
        raise ProbeError(ProbeProblem.LOGIN)
    kind = answer.content_type
    if answer.status in (404, 405, 501) or not (kind.endswith("xml") or kind == "text/plain"):
        raise ProbeError(ProbeProblem.NO_ONVIF)
    try:
        check_xml(body)
    except XmlRefusedError as refused:
        word = str(refused)
        known = ProbeProblem.NO_ONVIF if word == "not_well_formed" else ProbeProblem.ANSWER_REFUSED
        raise ProbeError(known) from None
    told = Response()
    told.status_code = answer.status
    # Only this reaches zeep: no multipart, no attachments.
    told.headers["Content-Type"] = "application/soap+xml; charset=utf-8"
    told._content = body
    return told
