"""`huiyan account add NAME`, `huiyan account reset NAME`: the accounts that nobody could make or
mend on the pages, because no administrator is there yet, or the only one has lost the phone.

Whoever has the data folder has the database: the registry's own command does it, without a login.
Every other account is made on the page /admin, by an administrator.
"""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass
from typing import Any

from huiyan_testing.postgres import PostgresError

from huiyan_runner.child_process import ChildSpec, run_once
from huiyan_runner.data_folder import DataFolder, FolderError
from huiyan_runner.options import ACCOUNT
from huiyan_runner.registry_place import postgres_of
from huiyan_runner.unit import UnitError

# Administers people and rooms; sees no picture. Who shall watch too gets that on the page.
ADMINISTRATOR_ROLES = "administrator,room_admin"
_SIGNING = re.compile(r"^signing-(\d{12})\.pem$")
_STEP_S = 60.0


@dataclass(frozen=True, slots=True)
class AccountOptions:
    """`reset`: the account is there, and gets a new password and no second factor."""

    folder: DataFolder
    account: str
    name: str = ""
    town: str = ""
    reset: bool = False


async def run(options: AccountOptions) -> int:
    """Exit status 1 when `add` finds the account there already. FolderError, also where `reset`
    finds none."""
    if not ACCOUNT.match(options.account):
        raise FolderError("账号是 2 到 40 个字母、数字、_ . - / letters, digits, _ . -")
    town = _town(options)
    try:
        made = await _made(options, town)
    except (PostgresError, UnitError) as error:
        # The registry's own sentence, where there is one, is the last of its log.
        told = str(error).rpartition("bootstrap: ")[2]
        raise FolderError(f"没有办成 / not done: {told}") from error
    password = made["account"].get("password", "")
    if not password:
        print(
            f"已经有账号 {options.account}；忘了密码：huiyan account reset {options.account}\n"
            f"there is an account {options.account}; `huiyan account reset` gives a new password",
            file=sys.stderr,
        )
        return 1
    _tell(options, password)
    return 0


def _town(options: AccountOptions) -> str:
    """The folder's town: that of its signing key."""
    found = [
        matched[1]
        for path in sorted((options.folder.keys / "signing").glob("signing-*.pem"))
        if (matched := _SIGNING.match(path.name)) and options.town in ("", matched[1])
    ]
    if len(found) != 1:
        raise FolderError(
            f"{options.folder.root} 里没有（或不止一个）镇：先用 huiyan up 启动一次，或用 --town\n"
            "no town (or several) in that folder: start `huiyan up` there once, or give --town"
        )
    return found[0]


async def _made(options: AccountOptions, town: str) -> dict[str, Any]:
    """What the registry's command told."""
    async with postgres_of(options.folder) as server:
        told = await run_once(
            ChildSpec(
                name="registry bootstrap",
                command=_command(options, town),
                log=options.folder.logs / "registry.log",
                environment=lambda _: {
                    "HUIYAN_REGISTRY_TOWNS": town,
                    "HUIYAN_REGISTRY_DATABASE_URL": server.app_url(),
                    "HUIYAN_REGISTRY_SECRETS_DIR": str(options.folder.keys / "signing"),
                },
                start_s=_STEP_S,
            )
        )
    made: dict[str, Any] = json.loads(told)
    return made


def _command(options: AccountOptions, town: str) -> tuple[str, ...]:
    words = ["--town", town, "--account", options.account, "--keys", str(options.folder.keys)]
    if options.reset:
        words.append("--only-reset")
    else:
        words += ["--name", options.name, "--roles", ADMINISTRATOR_ROLES]
    return (sys.executable, "-m", "huiyan_registry", "bootstrap", *words)


def _tell(options: AccountOptions, password: str) -> None:
    where = f"{_origin(options.folder)}/admin"
    print(
        f"账号 account:  {options.account}    密码 password: {password}\n"
        f"密码只显示一次。到 {where} 登录，先换成自己的密码，再设第二步验证。\n"
        f"The password is told once. Sign in at {where}, change it, then set up a second factor.",
        flush=True,
    )


def _origin(folder: DataFolder) -> str:
    """Of the running suite; empty where none runs."""
    try:
        return folder.read_state().public_url
    except FolderError:
        return ""
