"""Frame pacing: 25 ticks a second against the monotonic clock, the cameras' phases spread.

A frame interval is divided into slots; each camera belongs to one. One timer serves all cameras of
a slot, so that a farm of 100 cameras wakes up a few hundred times a second, not 2500 times. More
slots cost more and are truer: cameras in the field do not send in groups.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

DEFAULT_SLOTS = 8
INTERVAL_S = 0.04
_MAX_LAG_FRAMES = 50

TickHandler = Callable[[int], None]


@dataclass(slots=True)
class _Slot:
    handlers: list[TickHandler] = field(default_factory=list)
    next_tick: int = 0


class Pacer:
    """Calls each handler with the tick number (0, 1, 2 … since `start`) at its slot's phase.

    A loop that was late catches up tick by tick; after more than 2 s the missing ticks are left
    out and counted in `skipped_ticks` (receivers see a jump of the counter).
    """

    def __init__(self, slots: int = DEFAULT_SLOTS) -> None:
        self._slots = [_Slot() for _ in range(slots)]
        self._phase_s = INTERVAL_S / slots
        self._timer: asyncio.TimerHandle | None = None
        self._epoch = 0.0
        self._loop: asyncio.AbstractEventLoop | None = None
        self.skipped_ticks = 0

    def add(self, handler: TickHandler) -> int:
        """Register a handler in the emptiest slot; returns the slot number."""
        number = min(range(len(self._slots)), key=lambda index: len(self._slots[index].handlers))
        slot = self._slots[number]
        if not slot.handlers:
            slot.next_tick = self._due(number)
        slot.handlers.append(handler)
        return number

    def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._epoch = self._loop.time()
        self._arm()

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._loop = None

    def current_tick(self) -> int:
        """The tick number whose interval is running now, in slot 0."""
        return max(0, self._due(0) - 1)

    def _due(self, slot: int) -> int:
        """How many ticks of this slot have become due."""
        if self._loop is None:
            return 0
        elapsed = self._loop.time() - self._epoch - slot * self._phase_s
        return max(0, int(elapsed / INTERVAL_S) + 1) if elapsed >= 0 else 0

    def _arm(self) -> None:
        assert self._loop is not None
        busy = [
            slot.next_tick * INTERVAL_S + index * self._phase_s
            for index, slot in enumerate(self._slots)
            if slot.handlers
        ]
        now = self._loop.time() - self._epoch
        # at least a millisecond: uvloop's timers round shorter waits to none and would spin
        wait = max(0.001, min(busy, default=now + INTERVAL_S) - now)
        self._timer = self._loop.call_later(wait, self._run)

    def _run(self) -> None:
        for index, slot in enumerate(self._slots):
            due = self._due(index)
            if not slot.handlers:
                slot.next_tick = due
                continue
            if due - slot.next_tick > _MAX_LAG_FRAMES:
                self.skipped_ticks += due - 1 - slot.next_tick
                slot.next_tick = due - 1
            while slot.next_tick < due:
                for handler in slot.handlers:
                    handler(slot.next_tick)
                slot.next_tick += 1
        if self._loop is not None:
            self._arm()
