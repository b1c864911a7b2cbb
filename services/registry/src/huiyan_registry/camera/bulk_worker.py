"""Imports in a process of their own: the service stays quick and small beside it.

A file of 100,000 lines takes a minute of one core and hundreds of MB while it is read; both end
with the process. The file comes by a pipe and never touches a disk: it holds logins.
"""

import asyncio
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from huiyan_kit.clock import SystemClock
from huiyan_kit.errors import ErrorKind, HuiyanError
from huiyan_kit.sealing import read_key

from huiyan_registry.area.repository import AreaRepository
from huiyan_registry.camera.addresses import AddressRule
from huiyan_registry.camera.bulk_service import CameraImport, Importer
from huiyan_registry.camera.purpose import RetentionRule
from huiyan_registry.camera.repository import CameraRepository
from huiyan_registry.camera.service import Sealer
from huiyan_registry.database.connection import Database
from huiyan_registry.importing.schemas import ImportReport
from huiyan_registry.outbox.service import Outbox
from huiyan_registry.settings import RegistrySettings


async def import_cameras(
    settings: RegistrySettings, who: Importer, body: bytes, content_type: str, *, dry_run: bool
) -> ImportReport:
    """Import here and now, over an own connection. HuiyanError as `CameraImport.run`."""
    database = Database(settings.database_url, pool_size=1)
    key_file = settings.ingest_public_key_file
    try:
        return await CameraImport(
            database,
            cameras=CameraRepository(),
            areas=AreaRepository(),
            addresses=AddressRule(settings.networks),
            sealer=Sealer(read_key(key_file) if key_file is not None else ""),
            retention=RetentionRule(settings.public_retention_days),
            clock=SystemClock(),
        ).run(who, body, content_type, dry_run=dry_run)
    finally:
        await database.close()


class ImportWorker:
    """One import at a time."""

    def __init__(self, settings: RegistrySettings, outbox: Outbox) -> None:
        self._settings = settings
        self._outbox = outbox
        self._busy = False

    async def run(
        self, who: Importer, body: bytes, content_type: str, *, dry_run: bool
    ) -> ImportReport:
        """CONFLICT `import_runs` while another one runs; HuiyanError as `CameraImport.run`."""
        if self._busy:
            raise HuiyanError(
                ErrorKind.CONFLICT,
                "另一份表格正在导入，请等它完成",
                "Another import is running; wait for it",
                code="import_runs",
            )
        self._busy = True
        pool = ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))
        try:
            report, error = await asyncio.get_running_loop().run_in_executor(
                pool, _in_process, self._settings, who, body, content_type, dry_run
            )
        except BrokenProcessPool as broken:
            raise HuiyanError(
                ErrorKind.UNAVAILABLE,
                "导入中断了，什么都没有改",
                "The import broke off; nothing was changed",
                code="import_broken",
            ) from broken
        finally:
            self._busy = False
            pool.shutdown(wait=False, cancel_futures=True)
        if error is not None:
            kind, zh, en, code = error
            raise HuiyanError(ErrorKind(kind), zh, en, code=code)
        assert report is not None
        if report.applied:
            self._outbox.wake()
        return report


def _in_process(
    settings: RegistrySettings, who: Importer, body: bytes, content_type: str, dry_run: bool
) -> tuple[ImportReport | None, tuple[str, str, str, str] | None]:
    """The report, or the error as plain texts: exceptions of ours do not travel."""
    try:
        work = import_cameras(settings, who, body, content_type, dry_run=dry_run)
        return asyncio.run(work), None
    except HuiyanError as error:
        return None, (error.kind.value, error.zh, error.en, error.code)
