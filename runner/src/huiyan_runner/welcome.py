"""What `huiyan up` prints when everything is ready: where to look, and with what."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

import segno

_RULE = "─" * 64


@dataclass(frozen=True, slots=True)
class Login:
    """An account; the password is empty where it is not ours to tell."""

    account: str
    password: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Door:
    """A page that somebody else enters, and with what."""

    word: str
    path: str
    login: Login


def qr_code(text: str) -> str:
    """A QR code made of half blocks, for a phone's camera."""
    drawn = io.StringIO()
    segno.make(text, error="m").terminal(out=drawn, border=2, compact=True)
    return drawn.getvalue()


def missing_over_http() -> str:
    """What browsers refuse to a page that came by plain http from another machine."""
    return (
        "注意：局域网上是明文 http，浏览器因此不给：\n"
        "  · 登录不能绑定到这部手机（没有安全环境，没有设备密钥）\n"
        "  · 屏幕常亮、通知、添加到桌面、对讲用的麦克风\n"
        "  · 密码和登录凭证在网上不加密：只在信得过的网络上这样用\n"
        "要完整功能，请用 --tls-cert 和 --tls-key。\n"
        "Plain http on a network: no login bound to the device, no wake lock, notifications or\n"
        "microphone (no secure context), and nothing is encrypted. Use --tls-cert and --tls-key."
    )


def welcome(
    *,
    public_url: str,
    login: Login | None,
    family_link: str,
    on_a_network: bool,
    secure: bool,
    data: str,
    household: str = "",
    doors: Sequence[Door] = (),
    new_camera_login: str = "",
) -> str:
    """The whole text. `new_camera_login`: the file with the login of a camera that waits to be set
    up by an installer."""
    lines = [_RULE, "慧眼已就绪 / Huiyan is ready", ""]
    lines.append(f"监控室 room:   {public_url}/room")
    if login is not None and not login.password:
        lines.append(f"  账号 account:  {login.account}")
        lines.append("  （密码首次启动时给过；忘了就加 --reset-password 启动")
        lines.append("   its password was told at the first start; --reset-password: a new one）")
    elif login is not None:
        lines.append(f"  账号 account:  {login.account}    密码 password: {login.password}")
    if family_link:
        lines.append(f"看家 family:   {family_link}")
        lines.append(
            "  （一次性链接，手机上点开；每次启动给一条新的 / works once, a new one each start）"
        )
    lines += [
        f"{door.word}: {public_url}{door.path}    账号 {door.login.account}"
        f"    密码 {door.login.password}    {door.login.name}"
        for door in doors
    ]
    if new_camera_login:
        lines.append("  （有一台新摄像机等着装，自动找就有；它的用户名和密码写在")
        lines.append("   a new camera waits to be set up; its user and password stand in")
        lines.append(f"   {new_camera_login}）")
    if household:
        lines.append(f"我家 home:      {household}    户主链接 link: huiyan link new --data {data}")
    lines += ["", f"看画面通不通 check:  huiyan watch --data {data}"]
    lines.append("按 Ctrl-C 结束 / Ctrl-C ends everything")
    if on_a_network:
        target = family_link or f"{public_url}/room"
        lines += ["", f"手机扫码 scan: {target}", qr_code(target).rstrip("\n")]
        if not secure:
            lines += ["", missing_over_http()]
    return "\n".join([*lines, _RULE])
