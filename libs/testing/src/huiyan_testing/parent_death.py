"""Children that end when their parent does, however it ends (Linux; elsewhere nothing is done)."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1  # prctl(2)


def end_this_process_with(parent: int) -> None:
    """For a process that was not started by `exec` of ours (a pool's worker): SIGKILL it when the
    thread of process `parent` that started it ends."""
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL))
    if os.getppid() != parent:  # it died before the request was made
        os.kill(os.getpid(), signal.SIGKILL)


def end_with_parent(number: signal.Signals = signal.SIGKILL) -> Callable[[], None] | None:
    """What to give as `preexec_fn`: the kernel sends `number` to the child when the thread that
    started it ends, even by SIGKILL. None where the kernel has no such thing."""
    if not sys.platform.startswith("linux"):
        return None
    # Loaded before the fork: between fork and exec nothing may be imported.
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    parent = os.getpid()

    def arm() -> None:
        prctl(_PR_SET_PDEATHSIG, int(number))
        if os.getppid() != parent:  # it died before the request was made
            os.kill(os.getpid(), number)

    return arm
