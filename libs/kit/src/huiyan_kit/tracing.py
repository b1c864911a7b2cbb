"""W3C trace context (traceparent), carried over HTTP and over control messages of the bus.

Media messages carry none: their header is fixed and their rate is high.
"""

import contextlib
import re
import secrets
from collections.abc import Iterator, Mapping
from contextvars import ContextVar

HEADER = "traceparent"
_FORM = re.compile(r"^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$")
_current: ContextVar[str] = ContextVar("huiyan_trace", default="")


def current_trace() -> str:
    """The 32 hex digits of the trace this task works for, or an empty text."""
    return _current.get()


def outgoing_headers() -> dict[str, str]:
    """Headers that continue the current trace in the next process; empty without one."""
    trace = _current.get()
    return {HEADER: f"00-{trace}-{secrets.token_hex(8)}-01"} if trace else {}


@contextlib.contextmanager
def continue_trace(headers: Mapping[str, str] | None, *, start: bool = True) -> Iterator[str]:
    """Work inside the trace that `headers` names; without one, begin one if `start`."""
    match = _FORM.match((headers or {}).get(HEADER, ""))
    trace = match.group(1) if match else (secrets.token_hex(16) if start else "")
    token = _current.set(trace)
    try:
        yield trace
    finally:
        _current.reset(token)
