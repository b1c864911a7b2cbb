"""`huiyan up`: the whole suite until Ctrl-C."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys

from huiyan_runner.addresses import Addresses, choose
from huiyan_runner.data_folder import DataFolder, FolderError
from huiyan_runner.options import UpOptions
from huiyan_runner.status_board import StatusBoard
from huiyan_runner.suite import Suite
from huiyan_runner.unit import UnitError
from huiyan_runner.welcome import welcome


def run(options: UpOptions) -> int:
    """Exit status: 0 after Ctrl-C or SIGTERM, 1 when it could not start, 2 for wrong options."""
    folder = DataFolder(options.data)
    try:
        options.check()
        folder.prepare()
        folder.lock()
        folder.check_whole()
        addresses = choose(options)
    except (ValueError, FolderError) as error:
        print(error, file=sys.stderr)
        return 2 if isinstance(error, ValueError) else 1
    try:
        return asyncio.run(_up(options, folder, addresses))
    finally:
        folder.unlock()


async def _up(options: UpOptions, folder: DataFolder, addresses: Addresses) -> int:
    board = StatusBoard(sys.stdout)
    board.say(f"慧眼启动，数据在 {folder.root} / starting, state in that folder")
    suite = Suite(options, folder, addresses, board)
    stop = _stop_signal(suite)
    starting = asyncio.create_task(_start(suite, options, folder, addresses, board))
    stopping = asyncio.create_task(stop.wait())
    failed = False
    try:
        await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not stop.is_set():
            failed = not starting.result()
            if not failed:
                await stop.wait()
    finally:
        starting.cancel()
        stopping.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await starting
        board.say("正在结束 / stopping")
        await suite.stop()
        folder.state_file.unlink(missing_ok=True)
    return 1 if failed else 0


def _stop_signal(suite: Suite) -> asyncio.Event:
    """Set by the first signal; the second one ends everything at once."""
    stop = asyncio.Event()

    def on_signal() -> None:
        if stop.is_set():
            suite.kill()
        stop.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, on_signal)
    return stop


async def _start(
    suite: Suite,
    options: UpOptions,
    folder: DataFolder,
    addresses: Addresses,
    board: StatusBoard,
) -> bool:
    """True when all is ready and the welcome is printed."""
    try:
        await suite.start()
    except UnitError as error:
        board.say(f"没有起来 / did not start: {error}\n日志 / logs: {folder.logs}")
        made = suite.real_town.login()
        if made is not None and made.password:  # told once, whatever came after it
            board.say(f"账号 account:  {made.account}    密码 password: {made.password}")
        return False
    board.say(
        welcome(
            public_url=addresses.public_url,
            login=suite.town.clerk() if options.demo else suite.real_town.login(),
            family_link=suite.town.family_link() if options.demo else "",
            doors=suite.town.doors() if options.demo else (),
            new_camera_login=str(suite.town.camera_login()) if options.demo else "",
            household="" if options.demo else suite.real_town.household,
            on_a_network=addresses.on_a_network,
            secure=addresses.public_url.startswith("https://"),
            data=str(options.data),
        )
    )
    return True
