"""What the supervisor keeps running: a process of ours, or a server that we embed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class UnitError(Exception):
    """A unit did not start; the text is the reason in one line."""


class Unit(Protocol):
    """Starts, ends and starts again; keeps its ports over that."""

    @property
    def name(self) -> str:
        """One word."""

    @property
    def pid(self) -> int | None:
        """Of the running process, else None."""

    @property
    def ports(self) -> Mapping[str, int]:
        """What it listens on, by name."""

    async def start(self) -> None:
        """Return when it is ready for work. UnitError when it will not be."""

    async def ended(self) -> str:
        """Return when it ends by itself, with the reason."""

    async def stop(self) -> None:
        """End it and everything it started; no error when it does not run."""

    def kill(self) -> None:
        """End it at once, without waiting."""
