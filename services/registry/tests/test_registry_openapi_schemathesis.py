"""Whatever fits, or nearly fits, the API's own description is sent to every operation: nothing
breaks, and every answer is one that the description names.

schemathesis is used as a library, with Hypothesis derandomized: the same cases at every run.
"""

import asyncio
from typing import Any

import pytest
import schemathesis
from huiyan_registry.database.row_scope import EVERYTHING
from huiyan_registry.openapi import openapi_document
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.core.failures import Failure, FailureGroup
from sqlalchemy import text

FITTING, NEARLY = 2, 2
# A stream without an end, and the end of the session that asks.
LEFT_OUT = {"GET /api/v1/events", "POST /api/v1/logout"}
# Answers of the edge before any route: a method, size or media type that is not taken.
EDGE = {400, 405, 413, 415}


def _operations() -> list[Any]:
    schema = schemathesis.openapi.from_dict(openapi_document())
    found = [result.ok() for result in schema.get_all_operations()]
    return [one for one in found if one.label not in LEFT_OUT]


def _cases(operation: Any, ids: dict[str, str]) -> list[Any]:
    """Cases of one operation; the first half about things that are there."""
    names = {one.name for one in operation.path_parameters}
    there = {name: ids[name] for name in names if name in ids}
    found = _made(operation.as_strategy(path_parameters=there or None), FITTING)
    found += _made(operation.as_strategy(), 1)
    if operation.body or operation.query:
        bent = operation.as_strategy(
            generation_mode=GenerationMode.NEGATIVE, path_parameters=there or None
        )
        found += _made(bent, NEARLY)
    return found


def _made(strategy: Any, count: int) -> list[Any]:
    found: list[Any] = []

    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(case: Any) -> None:
        found.append(case)

    collect()
    return found


async def _send(visitor: Any, case: Any) -> Any:
    """As the generated case says, with what a good client adds to it."""
    made = case.as_transport_kwargs(base_url="http://test")
    made.pop("cookies", None)
    headers = {
        name: value
        for name, value in made.pop("headers", {}).items()
        if name.lower() not in ("user-agent", "cookie", "authorization")
    }
    method, url = made.pop("method"), made.pop("url")
    if "data" in made:
        data = made.pop("data")
        made["content"] = data if isinstance(data, bytes) else str(data).encode()
    if visitor.csrf and method != "GET":
        headers["Huiyan-CSRF"] = visitor.csrf
    if visitor.key is not None and method != "GET":
        headers["Huiyan-Proof"] = visitor.proof(
            method, visitor.http.build_request(method, url).url.path
        )
    return await visitor.http.request(method, url, headers=headers, **made)


def _fault(operation: Any, answer: Any) -> str | None:
    described = operation.definition.raw["responses"]
    if answer.status_code >= 500 and answer.status_code != 503:
        return f"{answer.status_code} {answer.text[:200]}"
    if str(answer.status_code) not in described:
        return None if answer.status_code in EDGE else f"{answer.status_code} is not described"
    try:
        operation.validate_response(answer)
    except (Failure, FailureGroup) as failure:
        told = failure.exceptions if isinstance(failure, FailureGroup) else [failure]
        return f"{answer.status_code} " + "; ".join(str(one)[:300] for one in told)
    return None


@pytest.fixture
async def people(world):
    """An administrator of the town, and the owner of a household."""
    administrator = await world.staff("chenyong")
    async with world.registry.database.transaction(EVERYTHING) as session:
        await session.execute(
            text("UPDATE role_assignment SET role = 'administrator' WHERE role = 'room_admin'")
        )
    return {"administrator": administrator, "owner": await world.owner()}


async def test_every_operation_answers_as_it_is_described(world, people):
    owner = people["owner"]
    given_grant = await owner.grant(world.camera("院坝", "1"))
    ids = {
        "camera": world.camera("院坝", "1"),
        "household": world.seed.household,
        "code": "510799101201",
        "grant": given_grant.json()["id"],
        "account": "prn_aaaaaaaaaaaaaaaa",
        "principal": "prn_aaaaaaaaaaaaaaaa",
    }
    wrong: dict[str, None] = {}
    sent = 0
    for operation in _operations():
        for case in await asyncio.to_thread(_cases, operation, ids):
            for name, visitor in people.items():
                try:
                    fault = _fault(operation, await _send(visitor, case))
                except Exception as error:  # the transport hands on what would be a 500
                    fault = f"{type(error).__name__}: {str(error)[:300]}"
                sent += 1
                if fault is not None:
                    wrong[f"{operation.label} by {name}: {fault}"] = None
    assert not wrong, f"{len(wrong)} of {sent}:\n" + "\n".join(wrong)
    assert sent >= 500
