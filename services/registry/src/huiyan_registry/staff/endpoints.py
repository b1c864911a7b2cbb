"""Routes of vetting, training and agreements."""

from typing import Annotated

from fastapi import FastAPI, Query, Response
from huiyan_kit.errors import ErrorKind

from huiyan_registry.problems import documented
from huiyan_registry.session.caller import CurrentCaller
from huiyan_registry.staff.schemas import (
    AgreementList,
    AgreementState,
    AgreementView,
    NewAgreement,
    TrainingChange,
    VettingChange,
    Withdrawal,
)
from huiyan_registry.staff.service import StaffService

_FAILURES = documented(
    ErrorKind.FORBIDDEN,
    ErrorKind.NOT_FOUND,
    ErrorKind.CONFLICT,
    ErrorKind.INVALID,
    ErrorKind.TOO_LARGE,
)
_SUFFIX = {"application/pdf": "pdf", "image/png": "png"}


def add_routes(app: FastAPI, staff: StaffService) -> None:
    """/api/v1/accounts/{account}/vetting, …/training, …/agreements, and /api/v1/agreements."""

    @app.put(
        "/api/v1/accounts/{account}/vetting", status_code=204, responses=_FAILURES, tags=["staff"]
    )
    async def set_vetting(caller: CurrentCaller, account: str, body: VettingChange) -> None:
        """Record that somebody was vetted, or withdraw it."""
        await staff.set_vetting(caller, account, body)

    @app.put(
        "/api/v1/accounts/{account}/training", status_code=204, responses=_FAILURES, tags=["staff"]
    )
    async def set_training(caller: CurrentCaller, account: str, body: TrainingChange) -> None:
        """Record that somebody was trained, or withdraw it."""
        await staff.set_training(caller, account, body)

    @app.post(
        "/api/v1/accounts/{account}/agreements",
        status_code=201,
        responses=_FAILURES,
        tags=["staff"],
    )
    async def sign_agreement(
        caller: CurrentCaller, account: str, body: NewAgreement
    ) -> AgreementView:
        """Record a signed confidentiality agreement."""
        return await staff.sign(caller, account, body)

    @app.get("/api/v1/agreements", responses=_FAILURES, tags=["staff"])
    async def list_agreements(
        caller: CurrentCaller,
        *,
        state: AgreementState | None = None,
        principal: Annotated[str | None, Query(max_length=64)] = None,
        after: Annotated[str, Query(max_length=40)] = "",
        limit: Annotated[int, Query(ge=1, le=200)] = 100,
    ) -> AgreementList:
        """The newest agreement of each person; `due` ends within 30 days."""
        return await staff.listed(caller, state, after, limit, principal=principal)

    @app.post("/api/v1/agreements/{agreement}/withdraw", responses=_FAILURES, tags=["staff"])
    async def withdraw_agreement(
        caller: CurrentCaller, agreement: str, body: Withdrawal
    ) -> AgreementView:
        """End an agreement early; the person's pictures end."""
        return await staff.withdraw(caller, agreement, body.reason)

    @app.get(
        "/api/v1/agreements/{agreement}/document",
        response_class=Response,
        responses={
            **_FAILURES,
            200: {
                "description": "The signed paper.",
                "content": {"application/pdf": {}, "image/png": {}},
            },
        },
        tags=["staff"],
    )
    async def agreement_document(caller: CurrentCaller, agreement: str) -> Response:
        """The signed paper."""
        paper = await staff.document(caller, agreement)
        name = f"{agreement}.{_SUFFIX[paper.media_type]}"
        headers = {
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        }
        return Response(paper.content, media_type=paper.media_type, headers=headers)
