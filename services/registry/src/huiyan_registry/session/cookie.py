"""The session cookie."""

from fastapi import Response
from huiyan_kit.clock import Clock

from huiyan_registry.session.guard import COOKIE
from huiyan_registry.session.service import OpenedSession


class SessionCookie:
    """HttpOnly, SameSite=Strict, Secure under https."""

    def __init__(self, clock: Clock, *, secure: bool) -> None:
        self._clock = clock
        self._secure = secure

    def put(self, response: Response, opened: OpenedSession) -> None:
        """Set it for the longest life of the session."""
        response.set_cookie(
            COOKIE,
            opened.token,
            max_age=int(opened.expires_at.timestamp() - self._clock.utc_ns() / 1e9),
            path="/",
            secure=self._secure,
            httponly=True,
            samesite="strict",
        )
        response.headers["Cache-Control"] = "no-store"

    def drop(self, response: Response) -> None:
        """Remove it."""
        response.delete_cookie(
            COOKIE, path="/", secure=self._secure, httponly=True, samesite="strict"
        )
