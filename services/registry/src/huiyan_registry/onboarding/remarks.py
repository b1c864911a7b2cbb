"""What an installer should know of a camera before leaving: each with its way out. Pure."""

from pydantic import BaseModel

from huiyan_registry.onboarding.stream_profile import StreamProfile

LONGEST_GOP_MS = 4000
LARGEST_OFFSET_MS = 5000
_DEFAULT_PASSWORDS = frozenset(
    {
        "",
        "admin",
        "root",
        "pass",
        "password",
        "user",
        "guest",
        "service",
        "12345",
        "123456",
        "12345678",
        "123456789",
        "1234",
        "1111",
        "111111",
        "000000",
        "666666",
        "888888",
        "9999",
        "admin123",
        "admin12345",
        "hik12345",
        "abc123",
        "888888888",
        "xc3511",
        "jvbzd",
        "juantech",
        "camera",
        "ubnt",
        "system",
        "supervisor",
        "meinsm",
    }
)


class Remark(BaseModel):
    """`code` is stable; the messages are for people."""

    code: str
    message: str
    message_en: str


def _remark(code: str, message: str, message_en: str) -> Remark:
    return Remark(code=code, message=message, message_en=message_en)


def main_h265() -> Remark:
    return _remark(
        "main_h265",
        "主码流是 H.265，很多手机和浏览器放不了。请在设备里改成 H.264",
        "The main stream is H.265, which many phones and browsers cannot show; set it to H.264",
    )


def b_frames(*, seen: bool) -> Remark:
    if seen:
        return _remark(
            "b_frames",
            "画面里有 B 帧，会多出延时。请在设备里关掉 B 帧（编码档次改成 Main）",
            "The video has B-frames, which add delay; turn them off (profile Main)",
        )
    return _remark(
        "high_profile",
        "编码档次是 High，可能带 B 帧、多出延时。最好改成 Main",
        "The H.264 profile is High and may carry B-frames, which add delay; better use Main",
    )


def gop_long(gop_ms: int) -> Remark:
    seconds = gop_ms / 1000
    return _remark(
        "gop_long",
        f"关键帧间隔 {seconds:.1f} 秒，点开要等很久。请在设备里改成 2 秒（最多 4 秒）",
        f"A keyframe comes only every {seconds:.1f} s: pictures open slowly. Set 2 s (4 s at most)",
    )


def clock_off(offset_ms: int) -> Remark:
    seconds = abs(offset_ms) / 1000
    word, word_en = ("快", "fast") if offset_ms > 0 else ("慢", "slow")
    return _remark(
        "clock_off",
        f"设备的钟{word}了 {seconds:.0f} 秒。请在设备里打开自动校时（NTP）",
        f"The device's clock is {seconds:.0f} s {word_en}; turn on time synchronisation (NTP)",
    )


def default_password() -> Remark:
    return _remark(
        "default_password",
        "还在用出厂或太简单的密码，谁都能进。请先改密码",
        "A factory or trivial password is in use and anybody could enter; change it first",
    )


def other_host() -> Remark:
    return _remark(
        "other_host",
        "设备报出的地址是别处的，已改用您填的地址",
        "The device advertises another host's address; the one that you gave is used",
    )


def no_sub() -> Remark:
    return _remark(
        "no_sub",
        "没有找到小画面（H.264，640×360 左右）。网差的手机会卡，请在设备里打开子码流",
        "No small H.264 stream (about 640×360) was found: phones on poor networks will struggle; "
        "turn on the sub stream",
    )


def no_clock() -> Remark:
    return _remark(
        "no_clock",
        "设备没有报出时间，量不出钟差",
        "The device does not tell its time, so its clock could not be compared",
    )


def weak_password(user: str, password: str) -> bool:
    """True for a password that a device leaves the factory with, or that equals the user."""
    said = password.lower()
    return said in _DEFAULT_PASSWORDS or said == user.lower()


def of_streams(main: StreamProfile, sub: StreamProfile | None) -> list[Remark]:
    """About the streams that were suggested."""
    found = []
    if main.codec == "h265":
        found.append(main_h265())
    if main.h264_profile.lower() == "high":
        found.append(b_frames(seen=False))
    if main.gop and main.fps and (gop_ms := round(1000 * main.gop / main.fps)) > LONGEST_GOP_MS:
        found.append(gop_long(gop_ms))
    if sub is None:
        found.append(no_sub())
    return found


def of_clock(offset_ms: int | None) -> list[Remark]:
    """About the clock."""
    if offset_ms is None:
        return [no_clock()]
    return [clock_off(offset_ms)] if abs(offset_ms) > LARGEST_OFFSET_MS else []
