"""Runs probes in threads: at most a few at once, and none in a queue."""

import asyncio
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

from huiyan_registry.onboarding.failures import too_busy

if TYPE_CHECKING:
    from huiyan_registry.onboarding.device_probe import DeviceFacts

AT_ONCE = 2


class ProbePool:
    """`probe` raises TOO_MANY `probe_busy` while all threads work, and ProbeError.

    A thread whose asker has gone works on to its own time limit: it counts until then.
    """

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._most = at_once
        self._running = 0
        self._pool = ThreadPoolExecutor(at_once, thread_name_prefix="probe")

    async def probe(self, address: str, port: int, user: str, password: str) -> "DeviceFacts":
        """Ask the device at a vetted literal address. TLS at port 443."""
        if self._running >= self._most:
            raise too_busy()
        self._running += 1
        future = self._pool.submit(_probe, address, port, user, password)
        loop = asyncio.get_running_loop()

        def ended(_: "Future[DeviceFacts]") -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(self._done)

        future.add_done_callback(ended)
        return await asyncio.wrap_future(future)

    def _done(self) -> None:
        self._running -= 1

    def close(self) -> None:
        """Take no more work; what runs ends by its own limit."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def _probe(address: str, port: int, user: str, password: str) -> "DeviceFacts":
    # 1.3 s and 50 MB that only a registry with installers needs: not at the start of the service.
    from huiyan_registry.onboarding.device_probe import probe_device  # noqa: PLC0415
    from huiyan_registry.onboarding.guarded_transport import Target  # noqa: PLC0415

    return probe_device(Target(address, port, secure=port == 443), user, password)
