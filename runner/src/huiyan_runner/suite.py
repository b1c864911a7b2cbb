"""The whole suite on one machine: starts in order, keeps running, ends in reverse order."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from huiyan_testing.nats_server import NatsServer, service_users
from huiyan_testing.postgres import EmbeddedPostgres

from huiyan_runner.addresses import Addresses, free_port, is_free
from huiyan_runner.child_process import ChildProcess, ChildSpec, run_once
from huiyan_runner.data_folder import DataFolder, SuiteState, write_private
from huiyan_runner.demo_town import DemoTown
from huiyan_runner.drawing_watch import DrawingWatch, Progress
from huiyan_runner.keeper import Keeper
from huiyan_runner.options import UpOptions
from huiyan_runner.process_log import rotate
from huiyan_runner.real_town import RealTown
from huiyan_runner.servers import NatsUnit, PostgresUnit
from huiyan_runner.settings_of import ServiceSettings, Surroundings
from huiyan_runner.status_board import StatusBoard
from huiyan_runner.unit import Unit, UnitError

_ROTATE_EVERY_S = 5.0
# The welcome waits for the family's camera so long, on a machine that is busy with other things.
_FIRST_CAMERA_S = 180.0
_STOP_ORDER = (("cameras", "relay"), ("ingest", "recorder", "analytics", "registry"))
_STEP_S = 60.0

Settings = Callable[[Surroundings, Mapping[str, int]], dict[str, str]]


class Suite:
    """Owns every process of one `huiyan up`."""

    def __init__(
        self, options: UpOptions, folder: DataFolder, addresses: Addresses, board: StatusBoard
    ) -> None:
        self._options = options
        self._folder = folder
        self._board = board
        self._discovery_port = addresses.discovery_port
        self._settings = ServiceSettings(options, folder, addresses)
        self._nats = NatsServer(
            folder.nats, keys=folder.keys, users=service_users(), port=options.nats_port
        )
        self._postgres = EmbeddedPostgres(folder.postgres)
        self.town = DemoTown(folder, options.cameras)
        self.real_town = RealTown(folder, options)
        self._camera_port = 0
        self._progress_file = folder.ports / "cameras-drawn.json"
        self._drawing = DrawingWatch(self._progress_file, self.town.first_camera, self._drew)
        self._tasks: list[asyncio.Task[None]] = []
        self.state = SuiteState(
            pid=os.getpid(),
            town=options.town,
            registry_url=addresses.local_registry_url,
            relay_url=addresses.local_relay_url,
            public_url=addresses.public_url,
            tls_cert=str(options.tls_cert.absolute()) if options.tls_cert else "",
        )
        self.keepers = {unit.name: Keeper(unit, self._changed) for unit in self._units()}
        board.watch(list(self.keepers.values()))

    def _units(self) -> list[Unit]:
        units: list[Unit] = [NatsUnit(self._nats), PostgresUnit(self._postgres)]
        services: dict[str, Settings] = {
            "registry": self._settings.registry,
            "ingest": self._settings.ingest,
            "relay": self._settings.relay,
        }
        for service in ("registry", "ingest", "relay", "recorder", "analytics"):
            units.append(self._service(service, services.get(service)))
        if self._options.demo:
            units.append(self._cameras())
        return units

    def _service(self, service: str, settings: Settings | None) -> ChildProcess:
        def environment(ports: Mapping[str, int]) -> dict[str, str]:
            surroundings = self._surroundings()
            if settings is None:
                return self._settings.common(service, surroundings, ports)
            return settings(surroundings, ports)

        return ChildProcess(
            ChildSpec(
                name=service,
                command=_module(f"huiyan_{service}", "serve" if service == "registry" else ""),
                log=self._log(service),
                environment=environment,
                ports_file=self._settings.ports_file(service),
            )
        )

    def _cameras(self) -> ChildProcess:
        ports = self._settings.ports_file("cameras")
        last = self._folder.ports / "cameras.last"
        self._camera_port = (
            self._options.camera_port or _port_of_last_time(last) or free_port("127.0.0.1")
        )
        options = {
            "--host": "127.0.0.1",
            "--port": str(self._camera_port),
            "--cameras": str(self._options.cameras),
            "--first": str(self.town.first_camera),
            "--progress-file": str(self._progress_file),
            "--sent-log": str(self._folder.root / "cameras-sent.json"),
            "--cache": str(self._folder.clips),
            "--credential-file": str(self.town.camera_login()),
            "--ports-file": str(ports),
            # A new camera that nobody has set up yet, with the pictures of another one.
            "--onvif": str(self.town.first_camera),
            "--onvif-port": str(free_port("127.0.0.1")),
            "--discovery-port": str(self._discovery_port),
        }
        words = (word for option in options.items() for word in option)
        command = _module("huiyan_testing.camera", *words)
        log = self._log("cameras")
        return ChildProcess(ChildSpec("cameras", command, log, ports_file=ports))

    def _log(self, name: str) -> Path:
        return self._folder.logs / f"{name}.log"

    def _surroundings(self) -> Surroundings:
        return Surroundings(
            nats_url=self._nats.url,
            database_url=self._postgres.app_url(),
            owner_database_url=self._postgres.owner_url(),
        )

    async def start(self) -> None:
        """Return when everything is ready. UnitError names the first that is not."""
        self._folder.sealing_keys()
        self._progress_file.unlink(missing_ok=True)
        self._tasks.append(asyncio.create_task(self._rotate_logs()))
        if self._options.demo:
            self._tasks.append(asyncio.create_task(self._drawing.run()))
        try:
            await self._start_in_order()
        except ExceptionGroup as group:
            raise _first_failure(group) from group
        self.state.ready = True
        self._write_state()

    async def _start_in_order(self) -> None:
        async with asyncio.TaskGroup() as starting:
            if self._options.demo:
                starting.create_task(self.keepers["cameras"].start())
            servers = [
                starting.create_task(self.keepers[name].start()) for name in ("nats", "postgres")
            ]
            await asyncio.wait(servers)  # one that fails cancels this whole block
            await self._registry_step("migrate")
            starting.create_task(self._start_services())
            if self._options.demo:
                sites = self.town.write_sites(self._camera_port)
                await self._fill(self.town.accept, "seed-demo", "--sites", str(sites))
                await self._drawing.wait_first(_FIRST_CAMERA_S)
            else:
                await self._fill(self.real_town.accept, *self.real_town.bootstrap_words())

    async def _start_services(self) -> None:
        """The registry makes what the others wait for."""
        await self.keepers["registry"].start()
        async with asyncio.TaskGroup() as starting:
            for name in ("ingest", "relay", "recorder", "analytics"):
                starting.create_task(self.keepers[name].start())

    def _drew(self, progress: Progress) -> None:
        """The demo's cameras are drawn one after the other; the first ones are seen meanwhile."""
        self.state.cameras_drawn = len(progress.drawn)
        self.state.cameras_wanted = progress.wanted
        if progress.wanted:
            self.keepers["cameras"].tell(f"画好 drawn {len(progress.drawn)}/{progress.wanted}")
        self._write_state()

    async def _fill(self, accept: Callable[[str], None], *words: str) -> None:
        """Let the registry make its town, and take what it tells."""
        told = await self._registry_step(*words)
        try:
            accept(told)
        except (ValueError, KeyError) as error:
            raise UnitError(f"registry {words[0]}: 说的不是 JSON / told no JSON") from error

    async def _registry_step(self, *words: str) -> str:
        """Run one command of the registry to its end; what it told."""
        return await run_once(
            ChildSpec(
                name=f"registry {words[0]}",
                command=_module("huiyan_registry", *words),
                log=self._log("registry"),
                environment=lambda ports: self._settings.registry(self._surroundings(), ports),
                start_s=_STEP_S,
            )
        )

    async def stop(self) -> None:
        """End all: who serves people first, then the rooms behind, then the servers."""
        self.state.ready = False
        for task in self._tasks:
            task.cancel()
        # Nobody is brought back whose end belongs to ours.
        await asyncio.gather(*(keeper.let_go() for keeper in self.keepers.values()))
        last = [name for name in self.keepers if not any(name in step for step in _STOP_ORDER)]
        for step in (*_STOP_ORDER, last):
            await asyncio.gather(
                *(self.keepers[name].stop() for name in step if name in self.keepers)
            )

    def kill(self) -> None:
        """End all at once: the second Ctrl-C."""
        for keeper in self.keepers.values():
            keeper.unit.kill()

    def _changed(self, keeper: Keeper) -> None:
        self._board.changed(keeper)
        name = keeper.name
        self.state.states[name] = keeper.state.value
        self.state.restarts[name] = keeper.restarts
        self.state.ports[name] = dict(keeper.unit.ports)
        if keeper.unit.pid is None:
            self.state.pids.pop(name, None)
        else:
            self.state.pids[name] = keeper.unit.pid
        if name == "cameras" and "rtsp" in keeper.unit.ports:
            write_private(self._folder.ports / "cameras.last", str(keeper.unit.ports["rtsp"]))
        self._write_state()

    def _write_state(self) -> None:
        self._folder.write_state(self.state)

    async def _rotate_logs(self) -> None:
        while True:
            await asyncio.sleep(_ROTATE_EVERY_S)
            server_logs = [self._nats.log_file, self._folder.postgres / "postgres.log"]
            for path in [*self._folder.logs.glob("*.log"), *server_logs]:
                rotate(path)


def _module(name: str, *words: str) -> tuple[str, ...]:
    return (sys.executable, "-m", name, *(word for word in words if word))


def _first_failure(group: ExceptionGroup[Exception]) -> Exception:
    """The reason that a person should read, out of what its failure has dragged along."""
    for error in group.exceptions:
        if isinstance(error, ExceptionGroup):
            return _first_failure(error)
        if isinstance(error, UnitError):
            return error
    return group


def _port_of_last_time(path: Path) -> int:
    """The cameras' addresses stay the same over runs where that is possible; else any port."""
    try:
        port = int(path.read_text())
    except (OSError, ValueError):
        return 0
    return port if is_free("127.0.0.1", port) else 0
