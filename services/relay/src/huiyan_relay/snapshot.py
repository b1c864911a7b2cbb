"""GET /snapshot/{camera}: the newest keyframe as JPEG, made by ingest."""

from google.protobuf.message import DecodeError
from huiyan.ingest.v1.demand_pb2 import SnapshotReply, SnapshotRequest
from huiyan_kit import subjects
from huiyan_kit.bus.api import Bus
from huiyan_kit.errors import ErrorKind, HuiyanError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from huiyan_relay.http_edge import bearer, camera_of, no_camera
from huiyan_relay.rooms import Rooms
from huiyan_relay.tile_status import presence_word

_MAX_WIDTH = 640
_TIMEOUT_S = 5.0


class SnapshotEndpoint:
    """Asks ingest over the bus; nothing is kept here."""

    def __init__(self, bus: Bus, rooms: Rooms) -> None:
        self._bus = bus
        self._rooms = rooms

    def routes(self) -> list[Route]:
        """For the application."""
        return [Route("/snapshot/{camera}", self._get, methods=["GET"])]

    async def _get(self, request: Request) -> Response:
        rooms = self._rooms
        grant = rooms.access.check(bearer(request))
        camera = camera_of(request.path_params["camera"])
        rooms.access.require(grant, camera, "", "snapshot")
        row = rooms.board.row(grant.iss, camera)
        if row is None:
            raise no_camera()
        if row.off:
            raise _no_picture("off")
        wish = SnapshotRequest(max_width=_MAX_WIDTH)
        answer = await self._bus.request(
            subjects.snapshot(grant.iss, camera), wish.SerializeToString(), timeout_s=_TIMEOUT_S
        )
        try:
            reply = SnapshotReply.FromString(answer)
        except DecodeError as error:
            raise _no_picture("unreachable") from error
        if not reply.jpeg:
            raise _no_picture(presence_word(reply.state) or "unreachable")
        return Response(
            reply.jpeg,
            media_type="image/jpeg",
            headers={
                "Huiyan-Captured-At": str(reply.captured_at_ns // 1_000_000),
                "Cache-Control": "no-store",
                "X-Content-Type-Options": "nosniff",
            },
        )


def _no_picture(code: str) -> HuiyanError:
    return HuiyanError(
        ErrorKind.UNAVAILABLE, "摄像头现在没有画面", "The camera has no picture now", code=code
    )
