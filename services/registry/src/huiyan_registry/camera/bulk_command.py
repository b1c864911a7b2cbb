"""`import-cameras FILE`: the import for who has the town's machine, with rights over all of it."""

import asyncio
import sys
from pathlib import Path

from huiyan_kit.errors import HuiyanError

from huiyan_registry.area.codes import prefix_of
from huiyan_registry.camera.bulk_service import Importer
from huiyan_registry.camera.bulk_worker import import_cameras
from huiyan_registry.database.row_scope import EVERYTHING
from huiyan_registry.importing.reading import CSV, XLSX
from huiyan_registry.settings import RegistrySettings

# Stands in the cameras' rows as who attested them.
COMMAND = "command_line"


def run_import(settings: RegistrySettings, file: Path, town: str, *, dry_run: bool) -> int:
    """Print the ImportReport; exit status 1 when a line is wrong or nothing could be read."""
    who = Importer(town, COMMAND, (prefix_of(town),), EVERYTHING)
    kind = XLSX if file.suffix.lower() == ".xlsx" else CSV
    try:
        body = file.read_bytes()
        report = asyncio.run(import_cameras(settings, who, body, kind, dry_run=dry_run))
    except (OSError, HuiyanError) as error:
        sys.stderr.write(f"import-cameras: {error}\n")
        return 1
    sys.stdout.write(report.model_dump_json(indent=1) + "\n")
    return 1 if report.errors else 0
