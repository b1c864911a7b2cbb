"""Turns changes into server-sent events, each viewer's own (WHATWG HTML, Server-sent events)."""

import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable

from huiyan_kit.errors import ErrorKind, HuiyanError

from huiyan_registry.camera.service import CameraService
from huiyan_registry.events.hub import Change, ChangeKind, EventHub
from huiyan_registry.session.caller import Caller

HEARTBEAT_S = 15.0
Again = Callable[[], Awaitable[Caller]]


def _event(name: str, content: object) -> bytes:
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return f"event: {name}\ndata: {text}\n\n".encode()


class EventService:
    """Event streams of the pages."""

    def __init__(
        self, hub: EventHub, cameras: CameraService, heartbeat_s: float = HEARTBEAT_S
    ) -> None:
        self._hub = hub
        self._cameras = cameras
        self._heartbeat = heartbeat_s

    async def stream(self, again: Again) -> AsyncIterator[bytes]:
        """Events until the session ends, the client is too slow, or it goes.

        `again` authenticates the request anew: with each heartbeat, so that a stream never
        outlives its session, and rights are those of now.
        """
        caller = await again()
        beat = _Beat(self._heartbeat)
        with self._hub.listen(caller.town) as client:
            yield b": huiyan\n\n"
            while not client.too_slow.is_set():
                change = await client.next(beat.left())
                if beat.due():
                    try:
                        caller = await again()
                    except HuiyanError as error:
                        if error.kind is ErrorKind.UNAUTHENTICATED:
                            return
                    yield b": beat\n\n"
                if change is not None and (told := await self._told(caller, change)) is not None:
                    yield told

    async def _told(self, caller: Caller, change: Change) -> bytes | None:
        """The event as this caller may know it; None when it is none of their business."""
        if change.kind in (ChangeKind.LOOK, ChangeKind.NOTICE):
            if not caller.viewer.in_household(change.household):
                return None
            return _event(change.kind.value, json.loads(change.content))
        try:
            view = await self._cameras.view(caller.viewer, change.camera)
        except HuiyanError as error:
            # Who may not know of a camera may hear that an id is gone: it says nothing.
            if error.kind is ErrorKind.NOT_FOUND and change.kind is ChangeKind.GONE:
                return _event("gone", {"camera": change.camera})
            return None
        shown = view.model_dump(mode="json")
        match change.kind:
            case ChangeKind.PRESENCE:
                content = {"camera": change.camera, "presence": shown["presence"]}
                return _event("presence", content)
            case ChangeKind.VIEWERS:
                return _event("viewers", {"camera": change.camera, "viewers": shown["viewers"]})
            case _:
                return _event("camera", shown)


class _Beat:
    """When the next heartbeat is due."""

    def __init__(self, interval_s: float) -> None:
        self._interval = interval_s
        self._next = time.monotonic() + interval_s

    def left(self) -> float:
        return max(0.01, self._next - time.monotonic())

    def due(self) -> bool:
        if time.monotonic() < self._next:
            return False
        self._next = time.monotonic() + self._interval
        return True
