"""Faults a camera can show: by URL (`/fault/<kind>/cam/...`) or set at run time on the farm.

| kind | what the camera does |
| --- | --- |
| stall<N> | N s after PLAY nothing is sent any more; the connection stays open and answers |
| drop<N> | N s after PLAY the TCP connection is reset |
| end<N> | N s after PLAY: RTCP BYE, then a clean close |
| hang | never answers any request; sends nothing |
| hangdescribe | answers OPTIONS, never DESCRIBE |
| 401, 404 | DESCRIBE and later requests get this status |
| garbage | DESCRIBE is answered by random bytes |
| garbagemedia | after PLAY random bytes in interleaved framing, now and then without framing |
| slow<N> | every answer takes N s (2 s by default) |

Without N: stall, drop and end act at once. Set at run time, stall, drop, end, hang, 401 and 404
also act on running sessions: stall and hang silence them, the others close them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from huiyan_testing.camera.errors import RouteError

_TEXT = re.compile(r"([a-z]+|401|404)(\d{1,5}(?:\.\d{1,3})?)?")
_DEFAULT_SLOW_S = 2.0


class FaultKind(StrEnum):
    STALL = "stall"
    DROP = "drop"
    END = "end"
    HANG = "hang"
    HANG_DESCRIBE = "hangdescribe"
    UNAUTHORISED = "401"
    NOT_FOUND = "404"
    GARBAGE = "garbage"
    GARBAGE_MEDIA = "garbagemedia"
    SLOW = "slow"


_KINDS = frozenset(kind.value for kind in FaultKind)
TIMED = frozenset((FaultKind.STALL, FaultKind.DROP, FaultKind.END, FaultKind.SLOW))


@dataclass(frozen=True, slots=True)
class Fault:
    kind: FaultKind
    after_s: float = 0.0


def parse_fault(text: str) -> Fault:
    """`stall5` → Fault(STALL, 5.0). Raises RouteError for unknown kinds."""
    match = _TEXT.fullmatch(text)
    if match is None or match[1] not in _KINDS:
        raise RouteError("unknown fault")
    kind = FaultKind(match[1])
    if match[2] is not None and kind not in TIMED:
        raise RouteError(f"fault {kind} takes no time")
    default = _DEFAULT_SLOW_S if kind is FaultKind.SLOW else 0.0
    return Fault(kind, float(match[2]) if match[2] is not None else default)
