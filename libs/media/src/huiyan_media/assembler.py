"""Joins the parts of large access units again, one assembler for each subscription."""

from collections.abc import Callable
from typing import NamedTuple

from huiyan_media.access_unit import AccessUnit
from huiyan_media.media_frame import FramePart, decode_message

DEFAULT_MAX_UNIT_BYTES = 16 * 1024 * 1024
MAX_PENDING_RUNS = 4


class DroppedUnit(NamedTuple):
    """A unit that could not be joined: a part is missing, or it is too large."""

    run_id: int
    au_seq: int


class Assembler:
    """Takes messages in the order of one subscription and gives whole units.

    NATS keeps the order of one publisher, so a part out of order means a lost message: the unit
    is dropped, counted in `dropped_units` and told to `on_drop`. Two publishers may be mixed while
    a camera moves to another worker, so each run has its own pending unit.

    Bounds: at most four runs with a pending unit (the oldest is dropped), each at most
    `max_unit_bytes` long.
    """

    def __init__(
        self,
        max_unit_bytes: int = DEFAULT_MAX_UNIT_BYTES,
        on_drop: Callable[[DroppedUnit], None] | None = None,
    ) -> None:
        self.dropped_units = 0
        self._max_unit_bytes = max_unit_bytes
        self._on_drop = on_drop
        self._pending: dict[int, _PendingUnit] = {}
        self._last_dropped: DroppedUnit | None = None

    def push(self, message: bytes) -> AccessUnit | None:
        """Take one message; return the unit that it completes, or None.

        Raises MediaFrameError when the message is not a media frame; what is pending stays.
        """
        part = decode_message(message)
        if self._pending:
            self._drop_overtaken(part)
        if part.is_whole:
            return part.with_payload(part.payload)
        if part.part > 0:
            return self._continue(part)
        self._begin(part)
        return None

    def clear(self) -> None:
        """Forget pending parts without counting them, for example at a new subscription."""
        self._pending.clear()

    def _drop_overtaken(self, part: FramePart) -> None:
        pending = self._pending.get(part.run_id)
        if pending is not None and (pending.first.au_seq != part.au_seq or part.part == 0):
            self._drop(pending.first)

    def _begin(self, part: FramePart) -> None:
        while len(self._pending) >= MAX_PENDING_RUNS:
            self._drop(next(iter(self._pending.values())).first)
        if len(part.payload) > self._max_unit_bytes:
            self._drop(part)
        else:
            self._pending[part.run_id] = _PendingUnit(part)

    def _continue(self, part: FramePart) -> AccessUnit | None:
        pending = self._pending.get(part.run_id)
        if (
            pending is None
            or part.part != len(pending.payloads)
            or pending.size + len(part.payload) > self._max_unit_bytes
        ):
            self._drop(part)
            return None
        pending.add(part.payload)
        if not part.last_part:
            return None
        del self._pending[part.run_id]
        return pending.first.with_payload(b"".join(pending.payloads))

    def _drop(self, part: FramePart) -> None:
        self._pending.pop(part.run_id, None)
        dropped = DroppedUnit(part.run_id, part.au_seq)
        if dropped == self._last_dropped:
            return  # a later part of a unit that is already counted
        self._last_dropped = dropped
        self.dropped_units += 1
        if self._on_drop is not None:
            self._on_drop(dropped)


class _PendingUnit:
    __slots__ = ("first", "payloads", "size")

    def __init__(self, first: FramePart) -> None:
        self.first = first
        self.payloads = [first.payload]
        self.size = len(first.payload)

    def add(self, payload: bytes) -> None:
        self.payloads.append(payload)
        self.size += len(payload)
