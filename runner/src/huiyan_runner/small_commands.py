"""`huiyan status`, `huiyan down`, `huiyan link new`: one call each."""

from __future__ import annotations

import os
import signal
import sys
import time
from datetime import datetime

from huiyan_runner.data_folder import DataFolder, FolderError
from huiyan_runner.registry_client import RegistryClient

_DOWN_S = 15.0
_LOOK_EVERY_S = 0.1


def status(folder: DataFolder) -> int:
    """One line for each process; exit status 1 unless all is ready."""
    state = folder.read_state()
    print(f"{state.public_url}/room    数据 data: {folder.root}    pid {state.pid}")
    for name, word in state.states.items():
        ports = " ".join(f"{port}:{number}" for port, number in state.ports.get(name, {}).items())
        pid = state.pids.get(name, "-")
        again = state.restarts.get(name, 0)
        print(f"  {name:<10} {word:<11} pid {pid:<8} 重启 restarts {again:<3} {ports}")
    return 0 if state.ready and set(state.states.values()) == {"ready"} else 1


def down(folder: DataFolder) -> int:
    """End the suite of this folder and wait until it is gone."""
    os.kill(folder.read_state().pid, signal.SIGTERM)
    deadline = time.monotonic() + _DOWN_S
    while time.monotonic() < deadline:
        try:
            folder.read_state()
        except FolderError:
            print("已结束 / ended")
            return 0
        time.sleep(_LOOK_EVERY_S)
    print("还没有结束 / it has not ended yet", file=sys.stderr)
    return 1


async def new_link(folder: DataFolder, household: str, name: str, relation: str) -> int:
    """Print a one-time link for a relative of a household."""
    household = household or folder.read_home()
    if not household:
        raise FolderError("请给户号 / give the household's id")
    async with RegistryClient(folder.read_state(), folder) as client:
        await client.login("operator")
        link = await client.ask(
            "POST",
            "/api/v1/links",
            {"household": household, "name": name, "relation": relation},
        )
    until = datetime.fromisoformat(link["expires_at"]).astimezone().strftime("%Y-%m-%d %H:%M")
    print(f"{link['url']}\n一次有效，到 {until} / works once, until then")
    return 0
