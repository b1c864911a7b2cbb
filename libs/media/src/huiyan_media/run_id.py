"""The u64 that names a run and orders it: generation (8 bits) | claim revision (36) | run (20).

A run is one unbroken RTSP session. The registry raises `generation` whenever the claims bucket is
made anew, NATS raises the claim's revision whenever another worker claims the camera, and the
worker counts `run` up at each reconnect. So of two run ids the larger one is the newer one: plain
integer comparison is the fencing epoch. (A run counter that reaches its end asks for a new claim.)
"""

from typing import NamedTuple

GENERATION_BITS = 8
CLAIM_REVISION_BITS = 36
RUN_BITS = 20
MAX_RUN = (1 << RUN_BITS) - 1

_LIMITS = (
    ("generation", 1 << GENERATION_BITS),
    ("claim_revision", 1 << CLAIM_REVISION_BITS),
    ("run", 1 << RUN_BITS),
)


class RunIdParts(NamedTuple):
    """The three fields of a run id."""

    generation: int
    claim_revision: int
    run: int


def pack_run_id(generation: int, claim_revision: int, run: int) -> int:
    """Return the u64 run id. Raises ValueError when a field does not fit."""
    for (name, limit), value in zip(_LIMITS, (generation, claim_revision, run), strict=True):
        if not 0 <= value < limit:
            raise ValueError(f"run id: {name} {value} is outside 0..{limit - 1}")
    return (generation << CLAIM_REVISION_BITS | claim_revision) << RUN_BITS | run


def unpack_run_id(run_id: int) -> RunIdParts:
    """Return the fields of a u64 run id. Raises ValueError when it is not a u64."""
    if not 0 <= run_id < 1 << 64:
        raise ValueError("run id: not an unsigned 64-bit number")
    return RunIdParts(
        run_id >> (CLAIM_REVISION_BITS + RUN_BITS),
        (run_id >> RUN_BITS) & ((1 << CLAIM_REVISION_BITS) - 1),
        run_id & MAX_RUN,
    )
