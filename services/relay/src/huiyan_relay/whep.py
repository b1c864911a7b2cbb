"""WHEP (draft-ietf-wish-whep): POST an offer, PATCH candidates, DELETE."""

from huiyan_kit.errors import ErrorKind, HuiyanError
from huiyan_kit.grants import Grant
from huiyan_kit.ids import new_id
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from huiyan_relay.access import Access, EndReason
from huiyan_relay.aiortc_insides import MediaAddress
from huiyan_relay.http_edge import (
    MAX_SDP_BYTES,
    bearer,
    camera_of,
    no_camera,
    read_body,
    require_content_type,
)
from huiyan_relay.offer import Offer, read_offer
from huiyan_relay.rooms import Rooms
from huiyan_relay.session import WhepSession
from huiyan_relay.sessions import Sessions
from huiyan_relay.tile_status import picture_is_impossible
from huiyan_relay.track_choice import STREAMS, choose_track
from huiyan_relay.trickle import read_fragment

_MAX_FRAGMENT_BYTES = 16 * 1024
_SDP = "application/sdp"
_ALL_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
_FRAGMENT = "application/trickle-ice-sdpfrag"


class WhepEndpoints:
    """The routes under /whep."""

    def __init__(
        self,
        access: Access,
        sessions: Sessions,
        rooms: Rooms,
        address: MediaAddress,
        burst_kbps: int,
    ) -> None:
        self._access = access
        self._sessions = sessions
        self._rooms = rooms
        self._address = address
        self._burst_kbps = burst_kbps
        self._loopback = address.told.startswith("127.") or address.told == "::1"

    def routes(self) -> list[Route]:
        """For the application."""
        return [
            # All methods, or POST and GET would fall through to the route of a camera.
            Route("/whep/sessions/{session}", self._session, methods=_ALL_METHODS),
            Route("/whep/wall", self._wall, methods=["POST"]),
            Route("/whep/{camera}/{stream}", self._view, methods=["POST"]),
        ]

    async def _view(self, request: Request) -> Response:
        grant = self._access.check(bearer(request))
        camera, stream = camera_of(request.path_params["camera"]), request.path_params["stream"]
        if stream not in STREAMS:
            raise no_camera()
        self._access.require(grant, camera, stream)
        offer = await self._read_offer(request)
        if offer.video_sections != 1:
            raise HuiyanError(
                ErrorKind.BAD_REQUEST,
                "播放请求的格式不对",
                "One picture needs exactly one video section",
                code="bad_sdp",
            )
        self._require_picture(grant, camera, stream)
        self._sessions.require_room(grant)
        return await self._open(grant, offer, [(camera, stream)], is_wall=False)

    async def _wall(self, request: Request) -> Response:
        grant = self._access.check(bearer(request))
        tiles = _read_tiles(request.query_params.get("tiles", ""))
        offer = await self._read_offer(request)
        if len(tiles) > offer.video_sections:
            raise HuiyanError(
                ErrorKind.INVALID, "画面格不够", "More tiles than video sections", code="no_tile"
            )
        self._sessions.require_room(grant)
        return await self._open(grant, offer, tiles, is_wall=True)

    async def _read_offer(self, request: Request) -> Offer:
        require_content_type(request, _SDP)
        return read_offer(await read_body(request, MAX_SDP_BYTES), loopback=self._loopback)

    def _require_picture(self, grant: Grant, camera: str, stream: str) -> None:
        """404, 503 or 406 for a single picture that cannot come; a wall shows states instead."""
        board = self._rooms.board
        row = board.row(grant.iss, camera)
        if row is None:
            raise no_camera()
        presence = board.presence(grant.iss, camera)
        state = "off" if row.off else picture_is_impossible(presence)
        view = grant.view_of(camera)
        assert view is not None
        choice = choose_track(row, presence, stream, view.streams)
        if state != "off" and choice.cause == "h265_only":
            raise HuiyanError(
                ErrorKind.NOT_ACCEPTABLE,
                "这个摄像头只有 H.265 画面，浏览器放不了",
                "The camera has H.265 only, which browsers cannot show over WebRTC",
                code="h265_only",
            )
        if state is not None:
            raise HuiyanError(
                ErrorKind.UNAVAILABLE,
                "摄像头现在没有画面",
                "The camera has no picture now",
                code=state,
            )
        if choice.track is None:
            raise no_camera()

    async def _open(
        self, grant: Grant, offer: Offer, tiles: list[tuple[str, str]], *, is_wall: bool
    ) -> Response:
        session = WhepSession(
            new_id("whp"),
            grant,
            offer,
            self._address,
            self._rooms,
            is_wall=is_wall,
            burst_kbps=self._burst_kbps,
            on_end=self._sessions.remove,
        )
        # Room is taken before the first await, so that a crowd cannot slip past the limit.
        self._sessions.add(session)
        try:
            # Ingest is asked now, so that the picture is there when the connection is.
            for index, (camera, stream) in enumerate(tiles):
                session.assign(index, camera, stream)
            answer = await session.peer.answer()
        except BaseException:
            session.end(EndReason.CLOSED)
            raise
        return Response(
            answer,
            status_code=201,
            media_type=_SDP,
            headers={
                "Location": f"/whep/sessions/{session.id}",
                "ETag": _etag(session),
                "Accept-Patch": _FRAGMENT,
                "Cache-Control": "no-store",
            },
        )

    async def _session(self, request: Request) -> Response:
        if request.method not in ("PATCH", "DELETE"):
            raise HTTPException(405, headers={"Allow": "PATCH, DELETE, OPTIONS"})
        grant = self._access.check(bearer(request))
        session = self._sessions.whep(request.path_params["session"])
        session.renew(grant)
        if request.method == "DELETE":
            session.end(EndReason.CLOSED)
            return Response(status_code=200)
        return await self._patch(request, session)

    async def _patch(self, request: Request, session: WhepSession) -> Response:
        require_content_type(request, _FRAGMENT)
        fragment = read_fragment(
            await read_body(request, _MAX_FRAGMENT_BYTES), loopback=self._loopback
        )
        if request.headers.get("if-match", "") == "*" or (
            fragment.ufrag is not None and fragment.ufrag != session.ufrag
        ):
            raise HuiyanError(
                ErrorKind.INVALID, "请重新打开画面", "No ICE restart here", code="ice_restart"
            )
        if request.headers.get("if-match") != _etag(session):
            raise HuiyanError(
                ErrorKind.PRECONDITION, "画面已经变了，请重新打开", "If-Match does not match"
            )
        for candidate in fragment.candidates:
            await session.peer.add_candidate(candidate)
        return Response(status_code=204, headers={"ETag": _etag(session)})


def _etag(session: WhepSession) -> str:
    return f'"{session.id[4:]}-{session.ufrag}"'


def _read_tiles(text: str) -> list[tuple[str, str]]:
    """`cam:sub,cam:main` in transceiver order; the stream may be left out (sub)."""
    tiles = []
    for item in text.split(",") if text else []:
        camera, _, stream = item.partition(":")
        if (stream or "sub") not in STREAMS:
            raise no_camera()
        tiles.append((camera_of(camera), stream or "sub"))
    return tiles
