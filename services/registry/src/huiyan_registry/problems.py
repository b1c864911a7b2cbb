"""Every failure at the HTTP edge is a problem document (RFC 9457), and OpenAPI says so."""

import json
import logging
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from huiyan_kit.errors import HTTP_STATUS, TITLES, ErrorKind, HuiyanError, Problem
from huiyan_kit.problem_http import problem_response
from pydantic import Field
from starlette.exceptions import HTTPException

from huiyan_registry.refusals import IncompleteError

log = logging.getLogger(__name__)
_BY_STATUS = {status: kind for kind, status in HTTP_STATUS.items()}
_ALWAYS = (ErrorKind.UNAVAILABLE,)
_WITH_SESSION = (ErrorKind.UNAUTHENTICATED,)


class IncompleteProblem(Problem):
    """The body of a 409; `missing` is there when its code is `incomplete`."""

    missing: list[str] = Field(default_factory=list)


def documented(*kinds: ErrorKind, public: bool = False) -> dict[int | str, dict[str, Any]]:
    """OpenAPI `responses` of a route: these kinds, and those that every route has."""
    listed = (*kinds, *_ALWAYS, *(() if public else _WITH_SESSION))
    return {
        HTTP_STATUS[kind]: {
            "model": Problem,
            "description": f"{TITLES[kind][0]} / {TITLES[kind][1]}",
            "content": {"application/problem+json": {}},
        }
        for kind in dict.fromkeys(listed)
    }


def _with_missing(answer: Response, error: IncompleteError) -> Response:
    body = json.loads(bytes(answer.body)) | {"missing": error.missing}
    content = json.dumps(body, ensure_ascii=False).encode()
    headers = {"Cache-Control": "no-store"}
    return Response(content, answer.status_code, headers, answer.media_type)


def install(app: FastAPI) -> None:
    """Answer every exception with a problem document."""

    async def known(_: Request, error: Exception) -> Response:
        assert isinstance(error, HuiyanError)
        answer = problem_response(error)
        if isinstance(error, IncompleteError):
            answer = _with_missing(answer, error)
        if error.kind is ErrorKind.TOO_MANY:
            answer.headers["Retry-After"] = "300"
        return answer

    async def wrong_content(_: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        # Names of fields only: what was written there may be a secret.
        fields = ", ".join(
            sorted({".".join(str(part) for part in entry["loc"][1:]) for entry in error.errors()})
        )
        return problem_response(
            HuiyanError(
                ErrorKind.INVALID, f"这些内容不对：{fields}", f"These fields are wrong: {fields}"
            )
        )

    async def no_route(_: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        kind = _BY_STATUS.get(error.status_code, ErrorKind.BAD_REQUEST)
        title, title_en = TITLES[kind]
        answer = problem_response(HuiyanError(kind, title, title_en))
        if kind is ErrorKind.METHOD and error.headers:
            answer.headers.update(error.headers)
        return answer

    async def broken(_: Request, error: Exception) -> Response:
        # The server logs it; what was asked learns nothing of the inside.
        return problem_response(
            HuiyanError(
                ErrorKind.INTERNAL,
                "平台出毛病了，请稍后再试",
                "Something broke on our side; try again",
            )
        )

    app.add_exception_handler(Exception, broken)
    app.add_exception_handler(HuiyanError, known)
    app.add_exception_handler(RequestValidationError, wrong_content)
    app.add_exception_handler(HTTPException, no_route)
