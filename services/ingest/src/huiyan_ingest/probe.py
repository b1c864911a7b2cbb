"""Asks a camera what it has, without pulling it: one DESCRIBE.

Used once a minute for cold cameras, and before libavformat is let loose on a camera, because
libavformat would follow a redirect to any host.
"""

from huiyan_kit.sealing import CameraCredential

from huiyan_ingest.address_guard import StreamAddress
from huiyan_ingest.causes import CameraError, Cause
from huiyan_ingest.rtsp_dialogue import RtspDialogue
from huiyan_ingest.rtsp_reply import RtspSyntaxError
from huiyan_ingest.session_description import DescribedMedium, parse_session_description


async def probe_camera(
    address: StreamAddress, credential: CameraCredential | None, timeout_s: float
) -> list[DescribedMedium]:
    """The media that the camera offers, a video of a known codec among them. CameraError."""
    async with RtspDialogue(address, credential, timeout_s=timeout_s) as dialogue:
        await dialogue.ask("OPTIONS", address.url)
        reply = await dialogue.ask("DESCRIBE", address.url, Accept="application/sdp")
    try:
        media = parse_session_description(reply.body)
    except RtspSyntaxError:
        raise CameraError(Cause.NO_RTSP) from None
    videos = [medium for medium in media if medium.kind == "video"]
    if not videos:
        raise CameraError(Cause.NO_VIDEO)
    if not any(video.codec is not None and video.codec.is_video for video in videos):
        raise CameraError(Cause.CODEC_UNSUPPORTED)
    return media
