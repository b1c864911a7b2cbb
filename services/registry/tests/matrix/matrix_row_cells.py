"""The registry's protected tables: rows in each village, and what a query without a filter sees of
them under somebody's scope."""

from datetime import timedelta

from huiyan_kit.ids import new_id
from huiyan_registry.account.repository import AccountRepository
from huiyan_registry.account.tables import Principal
from huiyan_registry.database.row_scope import EVERYTHING, RowScope
from huiyan_registry.demo.seed import demo_id
from huiyan_registry.look.tables import ViewEvent
from huiyan_registry.onboarding.tables import CameraOnboarding
from huiyan_testing.expected_table import Cell
from matrix_town import FAR, TOWN, VILLAGES, MatrixTown, Stand
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

_PROTECTED = text(
    "SELECT relname FROM pg_class WHERE relrowsecurity AND relnamespace = 'public'::regnamespace"
)


async def protected_tables(town: MatrixTown) -> list[str]:
    """Every table with row-level security."""
    async with town.world.registry.database.transaction(EVERYTHING) as session:
        return sorted(await session.scalars(_PROTECTED))


async def fill_rows(town: MatrixTown) -> None:
    """What the village of the matrix has, the others have too."""
    town.ids |= {
        "sister road": town.world.camera("三岔路口"),
        "sister household": demo_id("hh", "3"),
        "sister home": town.world.camera("院坝", "3"),
    }
    until = (town.now + timedelta(hours=2)).isoformat()
    # At the other county everybody but families stands at the town, and some rows say only that.
    town.marks["far"].add(FAR)
    for place in VILLAGES:
        named = {
            name: town.ids[name if place == "own" else f"{place} {name}"]
            for name in ("road", "household", "home")
        }
        owner, clerk = town.one("household_owner", place), town.one("clerk", place)
        keeper = town.one("room_admin", place)
        home = named["household"]
        consent = {"scope": "live_county", "text_version": town.texts, "language": "zh-CN"}
        await town.made(owner, "PUT", f"households/{home}/consents", consent)
        link = {"household": home, "name": "某", "relation": "亲戚"}
        await town.made(owner, "POST", "links", link)
        await town.made(keeper, "POST", f"cameras/{named['road']}/maintenance", {"until": until})
        await town.sign(keeper, named["road"])
        for state in ("suspended", "active"):
            await town.made(keeper, "POST", f"cameras/{named['road']}/state", {"state": state})
        asked = {"cameras": [named["home"]], "purpose": "search", "text": "找走失老人",
                 "minutes": 20}  # fmt: skip
        await town.made(clerk, "POST", "break-glass", asked)
        async with town.world.registry.database.transaction(EVERYTHING) as session:
            await _measured(session, town, place, named["road"])


async def _measured(session: AsyncSession, town: MatrixTown, place: str, road: str) -> None:
    """A live check of the road, and the first frame of each look at the village."""
    code = FAR if place == "far" else TOWN
    session.add(CameraOnboarding(
        town=code, camera=road, maker="", model="", firmware="", serial="", codec="h264",
        width=1, height=1, fps=25.0, gop_ms=2000, b_frames=False, checked_by="",
        checked_at=town.now,
    ))  # fmt: skip
    clerk = town.one("clerk", place).principal
    looks = await session.execute(
        text('SELECT camera, "grant" FROM access_register WHERE principal = :clerk'),
        {"clerk": clerk},
    )
    for camera, grant in looks.all():
        town.marks[place].add(grant)
        session.add(ViewEvent(
            town=code, id=new_id("evt"), kind="started", grant=grant, principal=clerk,
            camera=camera, stream="sub", first_frame_at=town.now, frames=0, reason="", relay="",
            recorded_at=town.now,
        ))  # fmt: skip


async def scope_of(town: MatrixTown, stand: Stand) -> RowScope:
    """What the service would set for a request of this person."""
    async with town.world.registry.database.transaction(EVERYTHING) as session:
        code = FAR if stand.place == "far" else TOWN
        person = await session.get(Principal, (code, stand.visitor.principal))
        assert person is not None
        return (await AccountRepository().viewer(session, person, town.now)).rows


async def red_rows(town: MatrixTown, cells: tuple[Cell, ...]) -> dict[str, str]:
    """Cells of which a query without any WHERE saw more than it should, or less."""
    red: dict[str, str] = {}
    scopes = {key: await scope_of(town, stand) for key, stand in town.stands.items()}
    for cell in cells:
        table = cell.row.removeprefix("SELECT FROM ")
        query = text(f"SELECT row_to_json(it)::text FROM {table} it")
        scope = scopes[cell.who, cell.place]
        async with town.world.registry.database.transaction(scope) as session:
            seen = town.villages_named("\n".join(await session.scalars(query)))
        if seen != cell.answer:
            red[str(cell)] = f"expected {cell.answer}, got {seen}"
    return red


async def switch_off_row_rules(town: MatrixTown) -> None:
    """As the owner of the tables could."""
    engine = create_async_engine(town.world.postgres.owner_url(town.world.database_name))
    async with engine.begin() as connection:
        for (table,) in (await connection.execute(_PROTECTED)).all():
            await connection.execute(text(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY"))
    await engine.dispose()
