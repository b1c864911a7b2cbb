"""What a table of areas would change: pure. Parents may stand after their children."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from huiyan_registry.area.codes import Level, level_of, parent_of
from huiyan_registry.importing.schemas import Column, LineError, Row, Table

CODE = Column("code", "代码", required=True, longest=15)
LEVEL = Column("level", "级别", longest=20)
NAME = Column("name", "名称", required=True, longest=60)
PARENT = Column("parent", "上级代码", longest=15)
GB_ID = Column("gb_id", "国标编号", longest=20)
ALIASES = Column("aliases", "别名", longest=2000)
VALID_TO = Column("valid_to", "停用时间", longest=40)
SUCCESSOR = Column("successor", "并入", longest=15)
COLUMNS = (CODE, LEVEL, NAME, PARENT, GB_ID, ALIASES, VALID_TO, SUCCESSOR)

LEVEL_NAMES = {
    Level.COUNTY: ("县", "区", "county"),
    Level.TOWN: ("镇", "乡", "乡镇", "街道", "town"),
    Level.VILLAGE: ("村", "社区", "village"),
    Level.GROUP: ("组", "社", "网格", "group"),
}
_ALIAS = re.compile(r"([a-z][a-z0-9_]{0,31}):([A-Za-z0-9._-]{1,64})")
_GB_ID = re.compile(r"[0-9]{20}")
Aliases = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Known:
    """An area: as it is, or as a row wants it."""

    code: str
    name: str
    gb_id: str | None = None
    aliases: Aliases = ()
    valid_to: datetime | None = None
    successor: str | None = None


@dataclass(slots=True)
class Plan:
    """What to do, parents first."""

    added: list[Known] = field(default_factory=list)
    changed: list[Known] = field(default_factory=list)
    unchanged: int = 0
    errors: list[LineError] = field(default_factory=list)


class Planner:
    """Compares a table with what is there. `allowed` says whether a code is the caller's."""

    def __init__(
        self, known: Mapping[str, Known], allowed: Callable[[str], bool], now: datetime
    ) -> None:
        self._known = known
        self._allowed = allowed
        self._now = now
        self._plan = Plan()

    def plan(self, table: Table) -> Plan:
        """All errors that can be seen, whatever else is wrong."""
        self._plan.errors.extend(table.errors)
        wanted: dict[str, tuple[Row, Known]] = {}
        for row in table.rows:
            area = self._parsed(row, table.columns)
            if area is None:
                continue
            if area.code in wanted:
                first = wanted[area.code][0].line
                self._wrong(row, CODE, f"和第 {first} 行重复", f"The code is also in line {first}")
                continue
            wanted[area.code] = row, area
        for code in sorted(wanted, key=lambda code: (len(code), level_rank(code), code)):
            self._place(*wanted[code], wanted)
        self._unique_aliases(wanted)
        return self._plan

    def _parsed(self, row: Row, columns: frozenset[str]) -> Known | None:
        cells, before = row.cells, len(self._plan.errors)
        code = cells[CODE.key]
        if not re.fullmatch(r"[0-9]{12}([0-9]{3})?", code):
            self._wrong(row, CODE, "代码要 12 位或 15 位数字", "A code has 12 or 15 digits")
            return None
        if not self._allowed(code):
            self._wrong(row, CODE, "不在您管的区划里", "Not within your areas")
            return None
        level = cells[LEVEL.key]
        if level and level.casefold() not in LEVEL_NAMES[level_of(code)]:
            names = "、".join(LEVEL_NAMES[level_of(code)])
            self._wrong(
                row, LEVEL, f"和代码对不上，应是：{names}", f"This code is of a {level_of(code)}"
            )
        old = self._known.get(code)
        gb_id = cells[GB_ID.key] or None
        if gb_id is not None and not _GB_ID.fullmatch(gb_id):
            self._wrong(row, GB_ID, "国标编号要 20 位数字", "A GB/T 28181 id has 20 digits")
        aliases = self._aliases(row)
        valid_to, successor = self._closing(row, columns, old)
        area = Known(
            code=code,
            name=cells[NAME.key],
            gb_id=gb_id if GB_ID.key in columns else old.gb_id if old else None,
            aliases=aliases if ALIASES.key in columns else old.aliases if old else (),
            valid_to=valid_to,
            successor=successor,
        )
        return area if len(self._plan.errors) == before else None

    def _aliases(self, row: Row) -> Aliases:
        found = set()
        for text in re.split(r"[;；\s]+", row.cells[ALIASES.key]):
            if not text:
                continue
            alias = _ALIAS.fullmatch(text)
            if alias is None:
                self._wrong(
                    row, ALIASES, "别名写成“方案:代码”，用分号隔开", "Write scheme:code, split by ;"
                )
                break
            found.add((alias[1], alias[2]))
        return tuple(sorted(found))

    def _closing(
        self, row: Row, columns: frozenset[str], old: Known | None
    ) -> tuple[datetime | None, str | None]:
        """When it closed and who took over: of a new row as written; of an old one unchanged."""
        text, successor = row.cells[VALID_TO.key], row.cells[SUCCESSOR.key] or None
        if old is not None and not columns & {VALID_TO.key, SUCCESSOR.key}:
            return old.valid_to, old.successor
        try:
            valid_to = datetime.fromisoformat(text) if text else None
        except ValueError:
            valid_to = None
            self._wrong(row, VALID_TO, "时间认不出来", "Not a time of ISO 8601")
        else:
            if valid_to is not None and (valid_to.tzinfo is None or valid_to > self._now):
                self._wrong(
                    row,
                    VALID_TO,
                    "时间要带时区，并且已过去",
                    "The time must carry a zone and lie in the past",
                )
            elif (valid_to is None) != (successor is None):
                self._wrong(row, SUCCESSOR, "停用和并入要一起写", "Give both the end and the heir")
            elif old is not None and (old.valid_to, old.successor) != (valid_to, successor):
                self._wrong(
                    row,
                    SUCCESSOR,
                    "合并请用“并村”，不能用表格改",
                    "Areas merge by hand, not by table",
                )
        return valid_to, successor

    def _place(self, row: Row, area: Known, wanted: Mapping[str, tuple[Row, Known]]) -> None:
        old = self._known.get(area.code)
        above = parent_of(area.code)
        said = row.cells[PARENT.key]
        if said and said != above:
            self._wrong(row, PARENT, "上级和代码对不上", "The parent is not that of the code")
            return
        if old is None:
            parent = self._known.get(above) if above else None
            if above is not None and parent is None and above not in wanted:
                self._wrong(row, CODE, f"没有上级 {above}", f"There is no area {above} above it")
                return
            if parent is not None and parent.valid_to is not None and area.valid_to is None:
                self._wrong(row, CODE, "上级已并走", "The area above it has merged")
                return
            if area.successor and not self._may_inherit(area, wanted):
                self._wrong(row, SUCCESSOR, "没有这个同级区划", "No such area of the same level")
                return
            self._plan.added.append(area)
        elif old == area:
            self._plan.unchanged += 1
        else:
            self._plan.changed.append(area)

    def _may_inherit(self, area: Known, wanted: Mapping[str, tuple[Row, Known]]) -> bool:
        """The chain of heirs ends at another area of the same level."""
        seen, after = {area.code}, area.successor
        while after is not None:
            heir = wanted[after][1] if after in wanted else self._known.get(after)
            if heir is None or after in seen or level_of(after) is not level_of(area.code):
                return False
            seen.add(after)
            after = heir.successor
        return True

    def _unique_aliases(self, wanted: Mapping[str, tuple[Row, Known]]) -> None:
        taken = {
            alias: code
            for code, area in self._known.items()
            if code not in wanted
            for alias in area.aliases
        }
        for code, (row, area) in wanted.items():
            for alias in area.aliases:
                if taken.setdefault(alias, code) != code:
                    self._wrong(row, ALIASES, "别的区划已用这个别名", "Another area has this alias")

    def _wrong(self, row: Row, column: Column, message: str, message_en: str) -> None:
        self._plan.errors.append(row.error(column, message, message_en))


def level_rank(code: str) -> int:
    """Parents before children."""
    return list(Level).index(level_of(code))


def written(areas: Iterable[Known]) -> list[dict[str, str]]:
    """The rows of an export, parents first."""
    ordered: Sequence[Known] = sorted(areas, key=lambda area: (level_rank(area.code), area.code))
    return [
        {
            CODE.key: area.code,
            LEVEL.key: LEVEL_NAMES[level_of(area.code)][0],
            NAME.key: area.name,
            PARENT.key: parent_of(area.code) or "",
            GB_ID.key: area.gb_id or "",
            ALIASES.key: ";".join(f"{scheme}:{code}" for scheme, code in area.aliases),
            VALID_TO.key: area.valid_to.isoformat() if area.valid_to else "",
            SUCCESSOR.key: area.successor or "",
        }
        for area in ordered
    ]
