"""One simulated camera as tests see it: its switchable fault, its log, its sessions."""

from __future__ import annotations

from typing import Protocol

from huiyan_testing.camera.fault import Fault, FaultKind, parse_fault
from huiyan_testing.camera.sent_log import SentLog


class CameraSession(Protocol):
    """A connection that has addressed this camera."""

    playing: bool

    def fault_changed(self) -> None:
        """The camera's run-time fault was set or cleared."""


class Camera:
    """State of camera `number`. `connect_attempts` counts connections whose first request named
    it, `describes` DESCRIBE requests, `refusals` answers 401."""

    def __init__(self, number: int, log_capacity: int) -> None:
        self.number = number
        self.log = SentLog(log_capacity)
        self.connect_attempts = 0
        self.describes = 0
        self.refusals = 0
        self.skipped_units = 0  # units not sent to clients that were too slow
        self._fault: Fault | None = None
        self._sessions: set[CameraSession] = set()

    @property
    def fault(self) -> Fault | None:
        return self._fault

    @property
    def sessions(self) -> int:
        """Connections that are playing now."""
        return sum(session.playing for session in self._sessions)

    def set_fault(self, fault: str | Fault) -> None:
        """Make the camera bad, for running and new sessions (see fault.py)."""
        self._fault = parse_fault(fault) if isinstance(fault, str) else fault
        self._notify()

    def clear_fault(self) -> None:
        """Make the camera good again: stalled sessions go on at the next keyframe."""
        self._fault = None
        self._notify()

    def attach(self, session: CameraSession) -> None:
        self._sessions.add(session)

    def detach(self, session: CameraSession) -> None:
        self._sessions.discard(session)

    def effective_fault(self, by_url: Fault | None) -> Fault | None:
        """The run-time fault wins over the one in the URL."""
        return self._fault or by_url

    def answers_with(self, by_url: Fault | None) -> FaultKind | None:
        fault = self.effective_fault(by_url)
        return fault.kind if fault is not None else None

    def _notify(self) -> None:
        for session in tuple(self._sessions):
            session.fault_changed()
