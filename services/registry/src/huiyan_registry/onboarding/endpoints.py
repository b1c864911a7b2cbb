"""Routes of onboarding."""

from fastapi import FastAPI
from huiyan_kit.errors import ErrorKind

from huiyan_registry.onboarding.schemas import (
    CheckAsked,
    Discovered,
    LiveCheck,
    ProbeAsked,
    Probed,
    Search,
)
from huiyan_registry.onboarding.service import OnboardingService
from huiyan_registry.problems import documented
from huiyan_registry.session.caller import CurrentCaller


def add_routes(app: FastAPI, onboarding: OnboardingService) -> None:
    """/api/v1/onboarding and below."""

    @app.post(
        "/api/v1/onboarding/discover",
        responses=documented(ErrorKind.FORBIDDEN, ErrorKind.INVALID),
        tags=["onboarding"],
    )
    async def discover(caller: CurrentCaller, body: Search | None = None) -> Discovered:
        """Look for devices on the configured interfaces."""
        return await onboarding.discover(caller, (body or Search()).seconds)

    @app.post(
        "/api/v1/onboarding/probe",
        responses=documented(ErrorKind.FORBIDDEN, ErrorKind.INVALID, ErrorKind.TOO_MANY),
        tags=["onboarding"],
    )
    async def probe(caller: CurrentCaller, body: ProbeAsked) -> Probed:
        """Ask a device by ONVIF what it is and which streams it has."""
        return await onboarding.probe(caller, body)

    @app.post(
        "/api/v1/onboarding/check",
        responses=documented(
            ErrorKind.FORBIDDEN, ErrorKind.NOT_FOUND, ErrorKind.INVALID, ErrorKind.CONFLICT
        ),
        tags=["onboarding"],
    )
    async def check(caller: CurrentCaller, body: CheckAsked) -> LiveCheck:
        """A test picture of the caller's own draft, within 10 s or with the reason."""
        return await onboarding.check(caller, body.camera)
