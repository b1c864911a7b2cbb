"""One ONVIF camera over HTTP: its services, its login, its snapshot."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Mapping

from huiyan_testing.camera.digest import Credential
from huiyan_testing.onvif import (
    device_service,
    event_service,
    media2_service,
    media_service,
    ptz_service,
    soap,
)
from huiyan_testing.onvif.addresses import DEVICE_PATH, SNAPSHOT_PATH, Place
from huiyan_testing.onvif.device import OnvifDevice
from huiyan_testing.onvif.events import MotionEvent
from huiyan_testing.onvif.hostile import Hostility
from huiyan_testing.onvif.http import HttpRequest, HttpResponse, serve_connection
from huiyan_testing.onvif.login import Login, LoginKind
from huiyan_testing.onvif.snapshot import draw_snapshot
from huiyan_testing.onvif.soap import Call, SoapFaultError, envelope, fault_envelope, parse_call

Operation = Callable[[OnvifDevice, Call, Place], str | Awaitable[str]]


class OnvifCamera:
    """Use as an async context manager. `calls` lists the operations that were asked for."""

    def __init__(
        self,
        device: OnvifDevice,
        *,
        credential: Credential | None = None,
        login: LoginKind = LoginKind.BOTH,
        hostility: Hostility | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self.device = device
        self.hostility = hostility
        self.login = Login(credential, login, device.now)
        self.calls: list[str] = []
        self._place = Place(host, port)
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self._operations = _operations(device)

    @property
    def host(self) -> str:
        return self._place.host

    @property
    def port(self) -> int:
        return self._place.port

    @property
    def x_addr(self) -> str:
        """What discovery tells."""
        return self._place.url(self.device, DEVICE_PATH)

    async def start(self) -> None:
        self._server = await asyncio.start_server(
            self._connected, self._place.host, self._place.port, limit=32 * 1024
        )
        self._place = Place(self._place.host, self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        if self._server is None:
            return
        self._server.close()
        for task in tuple(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        await self._server.wait_closed()
        self._server = None

    async def __aenter__(self) -> OnvifCamera:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    def motion(self, moving: bool = True) -> None:
        """Motion begins (or ends): every pull point hears of it."""
        self.device.events.tell(MotionEvent(moving, self.device.now()))

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(
            serve_connection(reader, writer, self._answer)
        )
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    async def _answer(self, request: HttpRequest) -> HttpResponse:
        if request.method == "GET" and request.path.startswith(SNAPSHOT_PATH):
            return self._snapshot(request)
        if request.method != "POST":
            return HttpResponse(405)
        try:
            call = parse_call(request.body, request.path)
            self.calls.append(call.operation)
            hostility = self.hostility
            if hostility is not None and call.operation not in hostility.spares:
                return hostility.response(request.path)
            return await self._operate(call, request)
        except SoapFaultError as fault:
            return HttpResponse(400 if fault.sender else 500, fault_envelope(fault))

    async def _operate(self, call: Call, request: HttpRequest) -> HttpResponse:
        operation = self._operations.get((call.namespace, call.operation))
        if operation is None:
            raise SoapFaultError("not implemented", "ter:ActionNotSupported", sender=False)
        authorization = request.headers.get("authorization", "")
        if call.operation not in device_service.WITHOUT_LOGIN and not self.login.accepts(
            call.header, authorization
        ):
            return self._refused()
        answer = operation(self.device, call, self._place)
        return HttpResponse(body=envelope(await answer if inspect.isawaitable(answer) else answer))

    def _refused(self) -> HttpResponse:
        fault = fault_envelope(SoapFaultError("Sender not authorized", "ter:NotAuthorized"))
        challenge = self.login.challenge
        if challenge is None:
            return HttpResponse(400, fault)
        return HttpResponse(401, fault, headers={"WWW-Authenticate": challenge})

    def _snapshot(self, request: HttpRequest) -> HttpResponse:
        token = request.path.removeprefix(SNAPSHOT_PATH)
        profile = next((one for one in self.device.profiles() if one.token == token), None)
        if profile is None:
            return HttpResponse(404)
        if not self.login.accepts(None, request.headers.get("authorization", ""), "GET"):
            return self._refused()
        jpeg = draw_snapshot(profile.width, profile.height)
        return HttpResponse(body=jpeg, content_type="image/jpeg")


def _operations(device: OnvifDevice) -> dict[tuple[str, str], Operation]:
    services: list[tuple[str, Mapping[str, Operation]]] = [
        (soap.DEVICE, device_service.OPERATIONS),
        (soap.EVENTS, event_service.EVENT_OPERATIONS),
        (soap.NOTIFICATION, event_service.SUBSCRIPTION_OPERATIONS),
    ]
    if device.media:
        services.append((soap.MEDIA, media_service.OPERATIONS))
    if device.media2:
        services.append((soap.MEDIA2, media2_service.OPERATIONS))
    if device.ptz:
        services.append((soap.PTZ, ptz_service.OPERATIONS))
    return {
        (namespace, name): operation
        for namespace, operations in services
        for name, operation in operations.items()
    }
