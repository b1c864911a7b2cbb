"""What a live check tells of a camera without a picture, or with one. Pure."""

from huiyan.ingest.v1 import camera_pb2 as pb

from huiyan_registry.onboarding.live_check import Seen
from huiyan_registry.onboarding.remarks import (
    LONGEST_GOP_MS,
    Remark,
    b_frames,
    gop_long,
    main_h265,
    of_clock,
)

_NO_PICTURE: dict[int, tuple[str, str, str]] = {
    pb.PRESENCE_STATE_UNREACHABLE: (
        "unreachable",
        "采集端连不上摄像机：看看地址、网线和电源",
        "Ingest cannot reach the camera: check address, cable and power",
    ),
    pb.PRESENCE_STATE_UNAUTHORISED: (
        "unauthorised",
        "摄像机不认这个用户名或密码",
        "The camera refuses this user or password",
    ),
    pb.PRESENCE_STATE_NOT_FOUND: (
        "not_found",
        "摄像机里没有这路码流：换一个码流试试",
        "The camera has no such stream: choose another one",
    ),
    pb.PRESENCE_STATE_REFUSED: (
        "refused",
        "摄像机或网段规则不让连（可能连接数满了）",
        "The camera or the network rule refuses (perhaps too many sessions)",
    ),
    pb.PRESENCE_STATE_UNSUPPORTED: (
        "unsupported",
        "这种编码或传输方式用不了：请改成 H.264",
        "This codec or transport cannot be used: set H.264",
    ),
    pb.PRESENCE_STATE_GARBAGE: (
        "garbage",
        "摄像机送来的不是视频",
        "What the camera sends is no video",
    ),
    pb.PRESENCE_STATE_STALLED: (
        "stalled",
        "连上了，但画面停住了",
        "Connected, but no picture moves",
    ),
}
_LATE = (
    "no_picture",
    "10 秒内没有等到画面，请再试一次",
    "No picture came within 10 s; try again",
)
_NO_INGEST = (
    "ingest_away",
    "采集服务没有回音，请稍后再试或找运维",
    "The ingest service does not answer; try later or ask operations",
)


def remarks_of(seen: Seen) -> list[Remark]:
    """Everything that the installer should put right."""
    found = []
    if not seen.jpeg:
        heard = seen.state != pb.PRESENCE_STATE_UNSPECIFIED
        words = _NO_PICTURE.get(seen.state, _LATE) if heard else _NO_INGEST
        found.append(Remark(code=words[0], message=words[1], message_en=words[2]))
    main = seen.main
    if main is None or not seen.jpeg:
        return found
    if main.codec == "h265":
        found.append(main_h265())
    if main.b_frames:
        found.append(b_frames(seen=True))
    if main.gop_ms > LONGEST_GOP_MS:
        found.append(gop_long(main.gop_ms))
    return found + of_clock(offset_ms(main))


def offset_ms(main: pb.TrackInfo) -> int | None:
    """Camera clock minus ours; None before the camera's first sender report."""
    if not main.HasField("camera_minus_arrival_ns"):
        return None
    return max(-(2**31), min(2**31 - 1, main.camera_minus_arrival_ns // 1_000_000))
