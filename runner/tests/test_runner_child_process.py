"""Supervision of real child processes: stand-ins for services, nothing mocked."""

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from huiyan_runner.child_process import ChildProcess, ChildSpec, run_once
from huiyan_runner.keeper import Keeper, UnitState
from huiyan_runner.unit import UnitError

# Writes its ports, starts a grandchild, and answers no question.
SERVICE = """
    import json, os, pathlib, signal, subprocess, sys, time
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    ports = pathlib.Path(os.environ["PORTS"])
    part = ports.with_suffix(".part")
    part.write_text(json.dumps({"http": int(os.environ["HTTP"]), "grandchild": child.pid}))
    part.replace(ports)
    print("hello from", os.getpid(), flush=True)
    signal.pause()
"""


def script(tmp_path: Path, text: str) -> tuple[str, str]:
    path = tmp_path / f"stand_in_{len(list(tmp_path.iterdir()))}.py"
    path.write_text(textwrap.dedent(text))
    return sys.executable, str(path)


def spec(tmp_path: Path, text: str = SERVICE, **more) -> ChildSpec:
    ports = tmp_path / "ports.json"
    defaults = {
        "name": "stand-in",
        "command": script(tmp_path, text),
        "log": tmp_path / "stand-in.log",
        "environment": lambda known: {"PORTS": str(ports), "HTTP": str(known.get("http", 4711))},
        "ports_file": ports,
        "start_s": 20,
        "stop_s": 2,
    }
    return ChildSpec(**{**defaults, **more})


def alive(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return status != "Z"


async def until(condition, seconds: float = 10.0) -> float:
    """Seconds that passed until the condition held."""
    began = time.monotonic()
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)
    return time.monotonic() - began


class Seen:
    def __init__(self) -> None:
        self.states: list[tuple[UnitState, str]] = []

    def __call__(self, keeper: Keeper) -> None:
        self.states.append((keeper.state, keeper.reason))


async def test_ready_means_that_the_ports_are_told_and_stop_takes_the_grandchild(tmp_path):
    child = ChildProcess(spec(tmp_path))
    await child.start()
    grandchild = child.ports["grandchild"]
    assert child.pid is not None
    assert alive(grandchild)
    await child.stop()
    assert child.pid is None
    await until(lambda: not alive(grandchild))
    assert "hello from" in (tmp_path / "stand-in.log").read_text()
    assert (tmp_path / "stand-in.log").stat().st_mode & 0o777 == 0o600


async def test_a_killed_child_is_restarted_soon_on_its_ports_without_its_old_family(tmp_path):
    seen = Seen()
    keeper = Keeper(ChildProcess(spec(tmp_path)), seen)
    await keeper.start()
    first, grandchild = keeper.unit.pid, keeper.unit.ports["grandchild"]
    os.kill(first, signal.SIGKILL)
    waited = await until(lambda: keeper.unit.pid not in (first, None))
    assert waited < 0.3 + 0.3  # the promise of 0.3 s, and a loaded machine
    await until(lambda: keeper.state is UnitState.READY)
    assert keeper.restarts == 1
    assert keeper.unit.ports["http"] == 4711
    assert not alive(grandchild)
    assert any("SIGKILL" in reason for state, reason in seen.states if state == "restarting")
    await keeper.stop()
    assert seen.states[-1][0] is UnitState.ENDED


async def test_restarts_come_ever_later_while_a_child_keeps_failing(tmp_path):
    marker = tmp_path / "starts"
    text = f"""
        import os, pathlib, sys
        marker = pathlib.Path({str(marker)!r})
        starts = len(marker.read_text()) if marker.exists() else 0
        marker.write_text("x" * (starts + 1))
        if starts:
            sys.exit("no more luck")
        pathlib.Path(os.environ["PORTS"]).write_text('{{"http": 1}}')
    """
    seen = Seen()
    keeper = Keeper(ChildProcess(spec(tmp_path, text)), seen)
    await keeper.start()
    await until(lambda: keeper.restarts >= 4, 20)
    assert any("no more luck" in reason for _, reason in seen.states)
    assert keeper._backoff.next_s() > 1.0
    await keeper.stop()
    assert keeper.unit.pid is None


async def test_a_first_start_that_fails_says_the_last_words(tmp_path):
    seen = Seen()
    keeper = Keeper(ChildProcess(spec(tmp_path, "import sys; sys.exit('the port is taken')")), seen)
    with pytest.raises(UnitError, match="the port is taken"):
        await keeper.start()
    assert keeper.state is UnitState.FAILED
    await keeper.stop()


async def test_one_that_never_gets_ready_is_given_up_and_ended(tmp_path):
    child = ChildProcess(spec(tmp_path, "import time; time.sleep(600)", start_s=0.5))
    with pytest.raises(UnitError, match="not ready"):
        await child.start()
    await child.stop()
    assert child.pid is None


async def test_one_that_ignores_sigterm_is_killed_in_time(tmp_path):
    text = SERVICE.replace(
        "child = ", "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n    child = ", 1
    )
    child = ChildProcess(spec(tmp_path, text, stop_s=0.3))
    await child.start()
    pid, began = child.pid, time.monotonic()
    await child.stop()
    assert time.monotonic() - began < 2
    assert not alive(pid)


async def test_a_stopped_child_ends_too(tmp_path):
    child = ChildProcess(spec(tmp_path))
    await child.start()
    pid = child.pid
    os.kill(pid, signal.SIGSTOP)
    await child.stop()
    assert not alive(pid)


async def test_run_once_returns_what_was_told_without_logging_it(tmp_path):
    log = tmp_path / "once.log"
    told = await run_once(ChildSpec("once", (sys.executable, "-c", "print('a secret')"), log))
    assert told == "a secret\n"
    assert log.read_text() == ""
    with pytest.raises(UnitError, match="cannot"):
        await run_once(ChildSpec("once", (sys.executable, "-c", "exit('cannot')"), log))
    endless = (sys.executable, "-c", "import time; time.sleep(600)")
    with pytest.raises(UnitError, match="too long"):
        await run_once(ChildSpec("once", endless, log, start_s=0.3))


async def test_children_die_with_a_runner_that_is_sigkilled(tmp_path):
    ports = tmp_path / "ports.json"
    alone = """
        import os, pathlib, signal
        pathlib.Path(os.environ["PORTS"]).write_text('{"http": 1}')
        signal.pause()
    """
    runner = f"""
        import asyncio, pathlib, sys
        from huiyan_runner.child_process import ChildProcess, ChildSpec
        async def main():
            child = ChildProcess(ChildSpec(
                "stand-in", {script(tmp_path, alone)!r}, pathlib.Path({str(tmp_path / "log")!r}),
                environment=lambda known: {{"PORTS": {str(ports)!r}, "HTTP": "1"}},
                ports_file=pathlib.Path({str(ports)!r})))
            await child.start()
            print(child.pid, flush=True)
            await asyncio.Event().wait()
        asyncio.run(main())
    """
    parent = subprocess.Popen(
        script(tmp_path, runner), stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        line = await asyncio.wait_for(asyncio.to_thread(parent.stdout.readline), 20)
        pid = int(line)
        assert alive(pid)
    finally:
        parent.kill()
        parent.wait()
        parent.stdout.close()
    await until(lambda: not alive(pid))
    assert not alive(pid)
