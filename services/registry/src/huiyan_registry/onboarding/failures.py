"""Why a probe of a device failed: a closed set, each with its sentence in two languages."""

from enum import StrEnum

from huiyan_kit.errors import ErrorKind, HuiyanError

from huiyan_registry.refusals import invalid


class ProbeProblem(StrEnum):
    """`code` of the refusal."""

    UNREACHABLE = "camera_unreachable"
    TIMEOUT = "camera_timeout"
    LOGIN = "camera_login"
    NO_ONVIF = "camera_not_onvif"
    ANSWER_REFUSED = "camera_answer_refused"
    NO_PROFILES = "camera_no_profiles"


_WORDS: dict[ProbeProblem, tuple[str, str]] = {
    ProbeProblem.UNREACHABLE: (
        "连不上这台设备：看看地址、端口、网线和电源",
        "The device cannot be reached: check address, port, cable and power",
    ),
    ProbeProblem.TIMEOUT: (
        "设备回答得太慢，请再试一次",
        "The device answers too slowly; try again",
    ),
    ProbeProblem.LOGIN: (
        "设备不认这个用户名或密码（有的设备要另设 ONVIF 用户）",
        "The device refuses this user or password (some need an ONVIF user of their own)",
    ),
    ProbeProblem.NO_ONVIF: (
        "这个地址上没有 ONVIF 服务：在设备里打开 ONVIF，或换个端口",
        "No ONVIF service at this address: turn ONVIF on in the device, or try another port",
    ),
    ProbeProblem.ANSWER_REFUSED: (
        "设备的回答不正常（太大、转到别处或夹带危险内容），已停止",
        "The device's answer is not sane (too large, redirecting or dangerous); stopped",
    ),
    ProbeProblem.NO_PROFILES: (
        "设备没有报出可用的视频流",
        "The device lists no usable video stream",
    ),
}


class ProbeError(Exception):
    """A probe failed; says why in one word and nothing of what the device sent."""

    def __init__(self, problem: ProbeProblem) -> None:
        super().__init__(problem.value)
        self.problem = problem

    def refusal(self) -> HuiyanError:
        """For the installer: INVALID with the problem as its code."""
        return invalid(*_WORDS[self.problem], self.problem.value)


def too_busy() -> HuiyanError:
    """Too many probes at once."""
    return HuiyanError(
        ErrorKind.TOO_MANY,
        "正在探测的太多，请过一会儿再试",
        "Too many probes are running; try again in a moment",
        code="probe_busy",
    )
