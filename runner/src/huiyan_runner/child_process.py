"""One child process: started in a group of its own, watched, ended with all it started."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from huiyan_testing.parent_death import end_with_parent

from huiyan_runner.process_log import last_words, open_log
from huiyan_runner.unit import Unit, UnitError

_POLL_S = 0.02


@dataclass(frozen=True, slots=True)
class ChildSpec:
    """`environment` is asked at every start, and gets the ports of the last run so that a
    process comes back where it was. With `ports_file` it is ready when that file is there and,
    if it names an internal port, when /health/ready there says so."""

    name: str
    command: Sequence[str]
    log: Path
    environment: Callable[[Mapping[str, int]], Mapping[str, str]] = field(default=lambda _ports: {})
    ports_file: Path | None = None
    start_s: float = 90.0
    stop_s: float = 4.0


class ChildProcess:
    """A unit made from a command."""

    def __init__(self, spec: ChildSpec) -> None:
        self._spec = spec
        self._process: asyncio.subprocess.Process | None = None
        self._ports: dict[str, int] = {}

    @property
    def name(self) -> str:
        return self._spec.name

    @property
    def pid(self) -> int | None:
        running = self._process is not None and self._process.returncode is None
        return self._process.pid if self._process is not None and running else None

    @property
    def ports(self) -> Mapping[str, int]:
        return self._ports

    async def start(self) -> None:
        spec = self._spec
        if spec.ports_file is not None:
            spec.ports_file.unlink(missing_ok=True)
        environment = {**os.environ, **spec.environment(self._ports)}
        log = open_log(spec.log)
        try:
            self._process = await asyncio.create_subprocess_exec(
                *spec.command,
                env=environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=end_with_parent(),
            )
        except OSError as error:
            raise UnitError(f"{Path(spec.command[0]).name}: {error.strerror}") from error
        finally:
            os.close(log)
        try:
            await self._become_ready()
        except BaseException:
            self.kill()
            raise

    async def _become_ready(self) -> None:
        file = self._spec.ports_file
        if file is None:
            return
        deadline = time.monotonic() + self._spec.start_s
        while not (text := _text(file)):
            await self._wait_a_little(deadline)
        self._ports = {name: int(port) for name, port in json.loads(text).items()}
        internal = self._ports.get("internal")
        if internal is None:
            return
        url = f"http://127.0.0.1:{internal}/health/ready"
        async with httpx.AsyncClient(trust_env=False, timeout=2) as client:
            while True:
                with contextlib.suppress(httpx.HTTPError):
                    if (await client.get(url)).status_code == httpx.codes.OK:
                        return
                await self._wait_a_little(deadline)

    async def _wait_a_little(self, deadline: float) -> None:
        if self._process is None or self._process.returncode is not None:
            raise UnitError(f"{self._reason()}: {last_words(self._spec.log)}")
        if time.monotonic() > deadline:
            raise UnitError(
                f"{self._spec.start_s:.0f} 秒没有就绪 / not ready: {last_words(self._spec.log)}"
            )
        await asyncio.sleep(_POLL_S)

    async def ended(self) -> str:
        if self._process is not None:
            await self._process.wait()
            self.kill()  # whatever it has left behind in its group
        return self._reason()

    def _reason(self) -> str:
        status = None if self._process is None else self._process.returncode
        if status is None:
            return "没有运行 / not running"
        if status < 0:
            return f"被 {signal.Signals(-status).name} 结束 / ended by a signal"
        return f"退出码 {status} / exit status"

    async def stop(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._signal_group(signal.SIGTERM)
            self._signal_group(signal.SIGCONT)
            try:
                await asyncio.wait_for(self._process.wait(), self._spec.stop_s)
            except TimeoutError:
                self.kill()
                await self._process.wait()
        self.kill()

    def kill(self) -> None:
        self._signal_group(signal.SIGKILL)

    def _signal_group(self, number: signal.Signals) -> None:
        # The group outlives its leader; its number stays taken until the last member is gone.
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, number)


async def run_once(spec: ChildSpec) -> str:
    """Run a command to its end and return what it wrote to standard output, which may be secret:
    only standard error is logged. UnitError when it fails or takes longer than `start_s`."""
    log = open_log(spec.log)
    try:
        process = await asyncio.create_subprocess_exec(
            *spec.command,
            env={**os.environ, **spec.environment({})},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
            start_new_session=True,
            preexec_fn=end_with_parent(),
        )
    finally:
        os.close(log)
    try:
        told, _ = await asyncio.wait_for(process.communicate(), spec.start_s)
    except TimeoutError as error:
        raise UnitError(f"{spec.name}: {spec.start_s:.0f} 秒没有完成 / took too long") from error
    finally:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    if process.returncode:
        raise UnitError(f"{spec.name}: 退出码 {process.returncode}: {last_words(spec.log)}")
    return told.decode(errors="replace")


def _text(path: Path) -> str:
    return path.read_text("utf-8") if path.exists() else ""


_conforms: type[Unit] = ChildProcess
