"""How much stands in each area, by one grouped query."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, literal, or_, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from huiyan_registry.account.roles import Viewer
from huiyan_registry.area.codes import prefix_of
from huiyan_registry.area.tables import Household
from huiyan_registry.camera.tables import Camera

_VILLAGE_DIGITS = 12


@dataclass(slots=True)
class Figures:
    """What stands in an area. A covered household has at least one active camera."""

    cameras: int = 0
    online: int = 0
    households: int = 0
    covered: int = 0

    def take(self, other: "Figures") -> None:
        """Add what stands below."""
        self.cameras += other.cameras
        self.online += other.online
        self.households += other.households
        self.covered += other.covered


@dataclass(frozen=True, slots=True)
class Sight:
    """Of which places somebody may know: areas by prefix of their code, and own homes."""

    prefixes: tuple[str, ...]
    homes: tuple[str, ...] = ()

    @classmethod
    def of(cls, viewer: Viewer) -> "Sight":
        """Everything that this viewer may know of."""
        return cls.within((code for role in viewer.roles for code in role.areas), viewer.households)

    @classmethod
    def within(cls, codes: Iterable[str], homes: tuple[str, ...] = ()) -> "Sight":
        """The areas within these codes."""
        prefixes: list[str] = []
        for prefix in sorted({prefix_of(code) for code in codes}):
            if not prefixes or not prefix.startswith(prefixes[-1]):
                prefixes.append(prefix)
        return cls(tuple(prefixes), homes)

    @property
    def is_small(self) -> bool:
        """True for villages, groups and homes: all of it is read faster than it is searched."""
        return all(len(prefix) >= _VILLAGE_DIGITS for prefix in self.prefixes)

    def covers(self, area: str) -> bool:
        """True when the area as a whole may be known."""
        return area.startswith(self.prefixes) if self.prefixes else False

    def cameras(self) -> ColumnElement[bool]:
        """The cameras among them."""
        return or_(*self._in(Camera.area), Camera.household.in_(self.homes))

    def households(self) -> ColumnElement[bool]:
        """The households among them."""
        return or_(*self._in(Household.group), Household.id.in_(self.homes))

    def _in(self, column: InstrumentedAttribute[str]) -> list[ColumnElement[bool]]:
        # A range of digits, not LIKE: every index serves it, whatever the collation.
        return [column.between(prefix, prefix.ljust(15, "9")) for prefix in self.prefixes]


async def figures_of(session: AsyncSession, town: str, sight: Sight) -> dict[str, Figures]:
    """Figures by the code at which things stand, without `online`; empty areas are absent."""
    cameras = (
        select(
            Camera.area.label("area"),
            func.count().label("cameras"),
            literal(0).label("households"),
            literal(0).label("covered"),
        )
        .where(Camera.town == town, Camera.state != "retired", sight.cameras())
        .group_by(Camera.area)
    )
    active = (
        select(Camera.household)
        .where(
            Camera.town == town,
            Camera.state == "active",
            Camera.household.is_not(None),
            sight.cameras(),
        )
        .distinct()
        .subquery()
    )
    homes = (
        select(
            Household.group.label("area"),
            literal(0).label("cameras"),
            func.count().label("households"),
            func.count(active.c.household).label("covered"),
        )
        .outerjoin(active, active.c.household == Household.id)
        .where(Household.town == town, sight.households())
        .group_by(Household.group)
    )
    figures: dict[str, Figures] = {}
    for area, of_cameras, of_homes, covered in await session.execute(union_all(cameras, homes)):
        figures.setdefault(area, Figures()).take(
            Figures(cameras=of_cameras, households=of_homes, covered=covered)
        )
    return figures


def total(figures: Mapping[str, Figures]) -> Figures:
    """All of them together."""
    whole = Figures()
    for one in figures.values():
        whole.take(one)
    return whole
