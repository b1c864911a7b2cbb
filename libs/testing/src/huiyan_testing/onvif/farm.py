"""ONVIF for a whole RTSP farm: each camera at a port of its own, one discovery for all."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable

from huiyan_testing.camera.digest import Credential
from huiyan_testing.camera.farm import CameraFarm
from huiyan_testing.onvif.device import OnvifDevice
from huiyan_testing.onvif.discovery import PORT, DiscoveryResponder
from huiyan_testing.onvif.server import OnvifCamera


class OnvifFarm:
    """Use as an async context manager, after the RTSP farm is started.

    With a credential, the stream addresses are those below `/auth/`, with the same login. `port` is
    that of the first camera, the others follow; 0: any free ones.
    """

    def __init__(
        self,
        farm: CameraFarm,
        numbers: Iterable[int],
        *,
        credential: Credential | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        discovery_port: int = PORT,
    ) -> None:
        options = ("auth",) if credential is not None else ()
        self.cameras = {
            number: OnvifCamera(
                OnvifDevice(
                    _stream_url_of(farm, number, options),
                    serial=f"SIM{number:05d}",
                    ptz=number % 2 == 1,
                ),
                credential=credential,
                host=host,
                port=port + index if port else 0,
            )
            for index, number in enumerate(numbers)
        }
        self.discovery = DiscoveryResponder(
            list(self.cameras.values()), host=host, port=discovery_port
        )
        self._stack = contextlib.AsyncExitStack()

    @property
    def ports(self) -> dict[int, int]:
        """HTTP port by camera number."""
        return {number: camera.port for number, camera in self.cameras.items()}

    async def __aenter__(self) -> OnvifFarm:
        async with contextlib.AsyncExitStack() as stack:
            for camera in self.cameras.values():
                await stack.enter_async_context(camera)
            await stack.enter_async_context(self.discovery)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()


def _stream_url_of(farm: CameraFarm, number: int, options: tuple[str, ...]) -> Callable[[str], str]:
    return lambda track: farm.url(number, track, *options)
