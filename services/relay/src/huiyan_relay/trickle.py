"""Trickled candidates, application/trickle-ice-sdpfrag (RFC 8840)."""

from dataclasses import dataclass

from huiyan_kit.errors import ErrorKind, HuiyanError

from huiyan_relay.candidates import MOST_CANDIDATES, is_acceptable

_MOST_LINES = 512


@dataclass(frozen=True, slots=True)
class Fragment:
    """What a fragment says; all sections are bundled, so it does not matter which one."""

    ufrag: str | None
    candidates: tuple[str, ...]
    """Without the `candidate:` prefix; only those that we use."""


def read_fragment(body: bytes, *, loopback: bool) -> Fragment:
    """Read a fragment. HuiyanError BAD_REQUEST (bad_fragment)."""
    try:
        lines = body.decode().splitlines()
    except UnicodeDecodeError as error:
        raise _bad() from error
    if len(lines) > _MOST_LINES:
        raise _bad()
    ufrag: str | None = None
    candidates: list[str] = []
    for line in lines:
        if line and (len(line) < 2 or line[1] != "="):
            raise _bad()
        if line.startswith("a=ice-ufrag:"):
            ufrag = line.partition(":")[2].strip()
        elif line.startswith("a=candidate:") and is_acceptable(line, loopback=loopback):
            candidates.append(line.removeprefix("a=candidate:"))
    return Fragment(ufrag, tuple(candidates[:MOST_CANDIDATES]))


def _bad() -> HuiyanError:
    return HuiyanError(
        ErrorKind.BAD_REQUEST, "网络候选的格式不对", "Bad ICE fragment", code="bad_fragment"
    )
