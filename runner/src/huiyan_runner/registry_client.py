"""The registry's HTTP interface as the commands of this machine use it."""

from __future__ import annotations

import json
import ssl
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from huiyan_runner.data_folder import DataFolder, SuiteState

_TIMEOUT_S = 10.0


class ApiError(Exception):
    """The registry refused or is away; the text is its own sentence in both languages."""

    def __init__(self, status: int, text: str, code: str = "", missing: Sequence[str] = ()) -> None:
        super().__init__(text)
        self.status = status
        self.code = code
        self.missing = list(missing)


class RegistryClient:
    """Logged in as a machine (`operator`, `probe`) by its key in the data folder."""

    def __init__(self, state: SuiteState, folder: DataFolder) -> None:
        self._folder = folder
        self._client = httpx.AsyncClient(
            base_url=state.registry_url,
            timeout=_TIMEOUT_S,
            trust_env=False,
            verify=tls_context(state.tls_cert),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._client.aclose()

    async def login(self, principal: str) -> None:
        """Log in with `keys/<principal>.key`, JSON {principal, key}. ApiError."""
        path = self._folder.keys / f"{principal}.key"
        if not path.exists():
            raise ApiError(
                0,
                f"没有 {principal} 的钥匙：先用 huiyan up 在这个数据文件夹上启动一次\n"
                f"no key of {principal} in {self._folder.keys}: start `huiyan up` there once",
            )
        login = json.loads(path.read_text("utf-8"))
        answer = await self.ask("POST", "/api/v1/login/key", login)
        self._client.headers["Authorization"] = f"Bearer {answer['token']}"

    async def ask(self, method: str, path: str, body: object = None, **query: str | int) -> Any:
        """The answer's JSON, None for 204. ApiError."""
        return await self._answer(method, path, json=body, params=query)

    async def send(self, method: str, path: str, content: bytes, kind: str, **query: str) -> Any:
        """The same with a body of another media type. ApiError."""
        headers = {"Content-Type": kind}
        return await self._answer(method, path, content=content, headers=headers, params=query)

    async def _answer(self, method: str, path: str, **request: Any) -> Any:
        try:
            response = await self._client.request(method, path, **request)
        except httpx.HTTPError as error:
            text = f"registry 没有回答 / the registry does not answer: {type(error).__name__}"
            raise ApiError(0, text) from error
        if response.is_success:
            return response.json() if response.content else None
        raise _problem(response)

    async def pages(self, path: str, **query: str | int) -> list[dict[str, Any]]:
        """All items of a list that comes in pages."""
        items: list[dict[str, Any]] = []
        after: dict[str, str | int] = {}
        while True:
            page = await self.ask("GET", path, **query, **after)
            items += page["items"]
            if not page.get("next"):
                return items
            after = {"after": page["next"]}


def _problem(response: httpx.Response) -> ApiError:
    try:
        problem = response.json()
        text = f"{problem['detail']} / {problem['detail_en']}"
        code = str(problem.get("code", ""))
        missing = [str(one) for one in problem.get("missing", [])]
    except (ValueError, KeyError, TypeError):
        return ApiError(response.status_code, f"HTTP {response.status_code}")
    return ApiError(response.status_code, text, code, missing)


def tls_context(certificate: str) -> ssl.SSLContext:
    """Trusts the suite's own certificate, by whatever name this machine calls itself."""
    context = ssl.create_default_context()
    if certificate and Path(certificate).is_file():
        context.load_verify_locations(certificate)
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        context.check_hostname = False
    return context
