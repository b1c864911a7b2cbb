"""Writes the cameras of an area as the table that the import reads. No address, no login."""

import asyncio
from collections.abc import Mapping

from sqlalchemy import select

from huiyan_registry.area.figures import Sight
from huiyan_registry.camera.bulk_columns import EXPORTED
from huiyan_registry.camera.datum import Datum, Point, from_wgs84
from huiyan_registry.camera.tables import Camera
from huiyan_registry.database.connection import Database
from huiyan_registry.database.row_scope import RowScope
from huiyan_registry.importing.writing import TableFormat, write_table

_CHUNK = 5_000
_PLAIN = tuple(
    column.key for column in EXPORTED if column.key not in ("purpose", "lat", "lon", "number")
)
_READ = (*(getattr(Camera, name) for name in _PLAIN), Camera.purpose_code)


class CameraExport:
    """Exports of the towns that this process serves."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def table(
        self, rows: RowScope, prefixes: tuple[str, ...], format: TableFormat
    ) -> tuple[bytes, str, str]:
        """(bytes, content type, file name) of every camera within these areas that `rows` holds,
        in display order."""
        lines: list[dict[str, str]] = []
        after = 0
        while True:
            chunk = await self._chunk(rows, prefixes, after)
            lines += [_line(row) for row in chunk]
            if len(chunk) < _CHUNK:
                break
            after = int(str(chunk[-1]["number"]))
        return await asyncio.to_thread(write_table, format, EXPORTED, lines, name="cameras")

    async def _chunk(
        self, rows: RowScope, prefixes: tuple[str, ...], after: int
    ) -> list[Mapping[str, object]]:
        async with self._database.transaction(rows) as session:
            found = await session.execute(
                select(*_READ, Camera.lat, Camera.lon, Camera.number)
                .where(
                    Camera.town == rows.town,
                    Camera.state != "retired",
                    Camera.number > after,
                    Sight(prefixes).cameras(),
                )
                .order_by(Camera.number)
                .limit(_CHUNK)
            )
            return [dict(row) for row in found.mappings()]


def _line(row: Mapping[str, object]) -> dict[str, str]:
    line = {name: str(row[name]) for name in _PLAIN if row[name] is not None}
    line["purpose"] = str(row["purpose_code"])
    line["number"] = str(row["number"])
    lat, lon, datum = row["lat"], row["lon"], row["datum"]
    if isinstance(lat, float) and isinstance(lon, float):
        # As it was read: who imports the file again gets the same place.
        shown = from_wgs84(Point(lat, lon), Datum(str(datum)))
        line |= {"lat": f"{shown.lat:.9f}", "lon": f"{shown.lon:.9f}"}
    return line
