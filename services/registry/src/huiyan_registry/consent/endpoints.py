"""Routes of consents and of maintenance."""

from typing import Annotated

from fastapi import FastAPI, Query
from fastapi.responses import HTMLResponse
from huiyan_kit.errors import ErrorKind

from huiyan_registry.camera.schemas import CameraView
from huiyan_registry.consent.maintenance import MaintenanceService
from huiyan_registry.consent.schemas import (
    Consents,
    ConsentView,
    ConsentWords,
    NewConsent,
    NewMaintenance,
    ScopeWords,
)
from huiyan_registry.consent.scopes import IN_EFFECT
from huiyan_registry.consent.service import ConsentService
from huiyan_registry.problems import documented
from huiyan_registry.session.caller import CurrentCaller

_READ = documented(ErrorKind.FORBIDDEN, ErrorKind.NOT_FOUND, ErrorKind.INVALID)
_HOME = "/api/v1/households/{household}/consents"


def add_routes(app: FastAPI, consents: ConsentService, maintenance: MaintenanceService) -> None:
    """/api/v1/consent-texts, /api/v1/households/{id}/consents, /api/v1/cameras/{id}/maintenance."""

    @app.get("/api/v1/consent-texts", responses=documented(ErrorKind.INVALID), tags=["consent"])
    async def consent_texts(
        caller: CurrentCaller, language: Annotated[str, Query(max_length=10)] = "zh-CN"
    ) -> ConsentWords:
        """The words that a household ticks, newest version."""
        text = consents.words(language)
        return ConsentWords(
            version=text.version,
            sha256=text.sha256,
            language=text.language,
            preamble=text.preamble,
            scopes=[
                ScopeWords(
                    scope=one.scope,
                    title=one.title,
                    text=one.text,
                    purposes=list(one.purposes),
                    in_effect=one.scope in IN_EFFECT,
                )
                for one in text.scopes
            ],
        )

    @app.get(_HOME, responses=_READ, tags=["consent"])
    async def consents_of_household(caller: CurrentCaller, household: str) -> Consents:
        """What a household agreed to, and what it took back."""
        return await consents.of_household(caller, household)

    @app.put(_HOME, responses=_READ, tags=["consent"])
    async def tick_consent(caller: CurrentCaller, household: str, body: NewConsent) -> ConsentView:
        """Tick one scope, or change its terms."""
        return await consents.tick(caller, household, body)

    @app.delete(f"{_HOME}/{{consent}}", status_code=204, responses=_READ, tags=["consent"])
    async def withdraw_consent(caller: CurrentCaller, household: str, consent: str) -> None:
        """Take one scope back; pictures end within 10 s."""
        await consents.withdraw(caller, household, consent)

    @app.get(
        f"{_HOME}/{{consent}}/sheet",
        response_class=HTMLResponse,
        responses=_READ,
        tags=["consent"],
    )
    async def consent_sheet(caller: CurrentCaller, household: str, consent: str) -> HTMLResponse:
        """One consent to print: words, terms, hash, signature."""
        return HTMLResponse(await consents.sheet(caller, household, consent))

    @app.post("/api/v1/cameras/{camera}/maintenance", responses=_READ, tags=["consent"])
    async def open_maintenance(
        caller: CurrentCaller, camera: str, body: NewMaintenance
    ) -> CameraView:
        """Let the probe look at one camera, for at most 24 h."""
        return await maintenance.open(caller, camera, body.until)

    @app.delete(
        "/api/v1/cameras/{camera}/maintenance",
        status_code=204,
        responses=_READ,
        tags=["consent"],
    )
    async def close_maintenance(caller: CurrentCaller, camera: str) -> None:
        """End the visit now."""
        await maintenance.close(caller, camera)
