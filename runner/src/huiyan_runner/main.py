"""The command `huiyan`."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

from huiyan_runner import camera_command, maintenance_command, small_commands, up_command
from huiyan_runner.camera_command import NewCamera
from huiyan_runner.data_folder import DEFAULT, DataFolder, FolderError
from huiyan_runner.options import UpOptions
from huiyan_runner.registry_client import ApiError


def parser() -> argparse.ArgumentParser:
    """All commands and their options; help in Chinese first."""
    top = argparse.ArgumentParser(
        prog="huiyan", description="慧眼：一台机器上的全套 / Huiyan: the whole suite on one machine"
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="命令/command")
    where = argparse.ArgumentParser(add_help=False)
    where.add_argument(
        "--data", type=Path, default=Path(DEFAULT), help="数据文件夹 / data folder (./data)"
    )
    _add_up(commands.add_parser("up", parents=[where], help="启动全套 / start everything"))

    watch = commands.add_parser(
        "watch", parents=[where], help="看有没有画面，不存画面 / is there a picture? stores none"
    )
    watch.add_argument("camera", nargs="?", default="", help="摄像头号，默认第一个 / id, or first")
    watch.add_argument("--seconds", type=float, default=5.0, help="看几秒 / how long (5)")
    watch.add_argument("--json", action="store_true", help="一行 JSON / one line of JSON")

    _add_account(
        commands.add_parser("account", help="管理员账号 / administrators' accounts"), where
    )

    camera = commands.add_parser("camera", help="摄像头 / cameras").add_subparsers(
        dest="camera_command", required=True, metavar="add|list|maintenance"
    )
    _add_camera(camera.add_parser("add", parents=[where], help="接入一个 / add one"))
    camera.add_parser("list", parents=[where], help="全部 / all of them")
    visit = camera.add_parser(
        "maintenance", parents=[where], help="公共摄像头检修 / let watch look at a public one"
    )
    visit.add_argument("camera", help="摄像头号 / id")
    visit.add_argument("--minutes", type=int, default=30, help="几分钟，0 结束 / 0 ends it")

    link = commands.add_parser("link", help="家人链接 / family links").add_subparsers(
        dest="link_command", required=True, metavar="new"
    )
    new = link.add_parser(
        "new",
        parents=[where],
        help="给新户户主的一次性链接 / a one-time link for the owner of a new household",
    )
    new.add_argument(
        "household", nargs="?", default="", help="户号，默认第一户 / household id (hh_…), or first"
    )
    new.add_argument("--name", default="户主", help="给谁 / for whom")
    new.add_argument("--relation", default="户主", help="关系 / relation")

    register = commands.add_parser(
        "register", help="谁看过的登记簿 / the register of who looked"
    ).add_subparsers(dest="register_command", required=True, metavar="verify")
    _add_verify(
        register.add_parser("verify", parents=[where], help="查有没有被改 / was it changed?")
    )

    _add_registry(
        commands.add_parser("registry", help="登记的备份与恢复 / back up, restore"), where
    )

    commands.add_parser("status", parents=[where], help="各进程的状态 / state of each process")
    commands.add_parser("down", parents=[where], help="结束 / end it")
    return top


def _add_up(up: argparse.ArgumentParser) -> None:
    default = UpOptions(data=Path(DEFAULT))
    port = "0 = 任意空闲端口 / any free one"
    up.add_argument("--port", type=int, default=default.port, help=f"网页 / pages (8800; {port})")
    up.add_argument(
        "--relay-port", type=int, default=default.relay_port, help=f"画面 / pictures (8801; {port})"
    )
    up.add_argument("--nats-port", type=int, default=0, help=f"总线 / bus ({port})")
    up.add_argument(
        "--camera-port", type=int, default=0, help=f"演示摄像头 / demo cameras ({port})"
    )
    up.add_argument("--cameras", type=int, default=default.cameras, help="演示摄像头数 / how many")
    up.add_argument("--no-demo", action="store_true", help="不要演示村镇 / no demo town")
    up.add_argument(
        "--listen",
        default=default.listen,
        help="监听地址；0.0.0.0 = 局域网可用 / address (loopback)",
    )
    up.add_argument("--public-url", default="", help="人们看到的网址 / origin as people see it")
    up.add_argument("--relay-url", default="", help="画面的网址 / the relay's, as people see it")
    up.add_argument("--public-ip", default="", help="NAT 外的地址 / address in ICE candidates")
    up.add_argument("--tls-cert", type=Path, help="证书 PEM / certificate chain")
    up.add_argument("--tls-key", type=Path, help="私钥 PEM / its private key")
    up.add_argument(
        "--camera-networks", default="", help="摄像头所在网段 CIDR，逗号分开 / where cameras may be"
    )
    up.add_argument(
        "--search-on",
        default="",
        help="在哪些本机地址的网上找摄像机，逗号分开 / own addresses on whose networks to search",
    )
    up.add_argument("--town", default=default.town, help="12 位区划代码 / the town's area code")
    up.add_argument("--town-name", default="", help="镇名，首次启动时用 / its name, at first start")
    up.add_argument(
        "--account", default=default.account, help="首个管理员账号 / first administrator (admin)"
    )
    up.add_argument(
        "--reset-password", action="store_true", help="给它新密码 / a new password for it"
    )


def _add_registry(registry: argparse.ArgumentParser, where: argparse.ArgumentParser) -> None:
    commands = registry.add_subparsers(
        dest="registry_command", required=True, metavar="backup|restore"
    )
    backup = commands.add_parser(
        "backup", parents=[where], help="备份成一个文件，里面有钥匙 / into one file; it holds keys"
    )
    restore = commands.add_parser(
        "restore", parents=[where], help="从备份恢复 / bring a backup back"
    )
    for command in (backup, restore):
        command.add_argument("file", type=Path, help="备份文件 / the backup file")
        command.add_argument(
            "--database-url-file",
            type=Path,
            help="别处的 PostgreSQL：写着地址的文件 / a PostgreSQL elsewhere: a file with its URL",
        )
        command.add_argument("--secrets", type=Path, help="它的密钥文件夹 / the folder of its keys")
    restore.add_argument(
        "--replace",
        action="store_true",
        help="换掉现有的登记，旧的先另存 / replace the present one",
    )
    restore.add_argument(
        "--keep-sessions", action="store_true", help="不结束登录 / do not end logins"
    )


def _add_account(account: argparse.ArgumentParser, where: argparse.ArgumentParser) -> None:
    what = account.add_subparsers(dest="account_command", required=True, metavar="add|reset")
    add = what.add_parser(
        "add", parents=[where], help="新的管理员，密码只显示一次 / a new administrator"
    )
    add.add_argument("--name", default="", help="本人姓名 / whose account it is")
    reset = what.add_parser(
        "reset",
        parents=[where],
        help="新密码，去掉第二步验证 / a new password, and no second factor",
    )
    for command in (add, reset):
        command.add_argument("account", help="账号 / the account")
        command.add_argument("--town", default="", help="12 位区划代码 / which town (the only one)")


def _add_verify(verify: argparse.ArgumentParser) -> None:
    verify.add_argument(
        "file",
        type=Path,
        nargs="?",
        help="导出的登记簿，不给就查数据文件夹 / an export, or the folder",
    )
    verify.add_argument(
        "--trust", type=Path, help="公钥 PEM 或 JWK / the public key, never of FILE"
    )
    verify.add_argument(
        "--head",
        type=Path,
        action="append",
        default=[],
        help="以前存下的链头或凭据 / heads or a receipt kept earlier",
    )
    verify.add_argument("--town", default="", help="12 位区划代码 / which town (the only one)")


def _add_camera(add: argparse.ArgumentParser) -> None:
    add.add_argument("url", help="rtsp://…")
    add.add_argument("--name", default="", help="叫什么 / its name")
    add.add_argument("--area", default="", help="区划代码 / area code (first group)")
    add.add_argument("--household", default="", help="户号 / household id")
    add.add_argument("--sub-url", default="", help="小画面的地址 / URL of the sub stream")
    add.add_argument("--user", default="", help="摄像头用户名 / user at the camera")
    add.add_argument(
        "--password-stdin", action="store_true", help="从标准输入读密码 / password from stdin"
    )
    add.add_argument(
        "--legal-class", default="", help="household, gov_public, site_public, other_public"
    )
    add.add_argument("--site-kind", default="", help="courtyard, road, reservoir, …")
    add.add_argument("--placement", default="", help="装在哪 / where it is mounted")
    add.add_argument(
        "--sign", type=Path, help="公共摄像机告示牌的照片 / photo of a public camera's sign"
    )
    add.add_argument(
        "--posted-on", default="", help="哪天贴的，2024-05-01 / the day the sign was posted"
    )


def main(arguments: list[str] | None = None) -> int:
    """Exit status: 0 done, 1 refused or no picture, 2 wrong options."""
    given = parser().parse_args(arguments)
    try:
        return _run(given)
    except (FolderError, ApiError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _run(given: argparse.Namespace) -> int:
    if given.command == "up":
        return up_command.run(_up_options(given))
    folder = DataFolder(given.data)
    if given.command == "status":
        return small_commands.status(folder)
    if given.command == "down":
        return small_commands.down(folder)
    if given.command == "register":
        # Imported late, as what `watch` needs is: cryptography takes its time to load.
        from huiyan_runner import register_command  # noqa: PLC0415

        return register_command.run(
            register_command.VerifyOptions(
                folder, given.file, given.trust, tuple(given.head), given.town
            )
        )
    if given.command == "registry":
        return _registry(given, folder)
    if given.command == "account":
        return _account(given, folder)
    if given.command == "link":
        return asyncio.run(
            small_commands.new_link(folder, given.household, given.name, given.relation)
        )
    if given.command == "camera":
        if given.camera_command == "list":
            return asyncio.run(camera_command.show_all(folder))
        if given.camera_command == "maintenance":
            return asyncio.run(maintenance_command.run(folder, given.camera, given.minutes))
        return asyncio.run(camera_command.add(folder, _new_camera(given)))
    # Imported late: WebRTC takes its second to load, and only this command needs it.
    from huiyan_runner import watch_command  # noqa: PLC0415

    return asyncio.run(watch_command.run(folder, given.camera, given.seconds, json_line=given.json))


def _registry(given: argparse.Namespace, folder: DataFolder) -> int:
    # Imported late: most commands need no PostgreSQL.
    from huiyan_runner import backup_command, restore_command  # noqa: PLC0415

    whose = backup_command.Whose(folder, given.database_url_file, given.secrets)
    if given.registry_command == "backup":
        return backup_command.run(whose, given.file)
    return restore_command.run(
        restore_command.RestoreOptions(whose, given.file, given.replace, given.keep_sessions)
    )


def _account(given: argparse.Namespace, folder: DataFolder) -> int:
    # Imported late: most commands need no PostgreSQL.
    from huiyan_runner import account_command  # noqa: PLC0415

    options = account_command.AccountOptions(
        folder,
        given.account,
        name=getattr(given, "name", ""),
        town=given.town,
        reset=given.account_command == "reset",
    )
    return asyncio.run(account_command.run(options))


def _new_camera(given: argparse.Namespace) -> NewCamera:
    return NewCamera(
        url=given.url,
        name=given.name,
        area=given.area,
        household=given.household,
        sub_url=given.sub_url,
        user=given.user,
        password=sys.stdin.readline().rstrip("\r\n") if given.password_stdin else "",
        legal_class=given.legal_class,
        site_kind=given.site_kind,
        placement=given.placement,
        sign=given.sign,
        posted_on=given.posted_on,
    )


def _up_options(given: argparse.Namespace) -> UpOptions:
    return UpOptions(
        data=given.data,
        port=given.port,
        relay_port=given.relay_port,
        nats_port=given.nats_port,
        camera_port=given.camera_port,
        cameras=given.cameras,
        demo=not given.no_demo,
        listen=given.listen,
        public_url=given.public_url,
        relay_url=given.relay_url,
        public_ip=given.public_ip,
        tls_cert=given.tls_cert,
        tls_key=given.tls_key,
        camera_networks=given.camera_networks,
        search_on=given.search_on,
        town=given.town,
        town_name=given.town_name,
        account=given.account,
        reset_password=given.reset_password,
    )
