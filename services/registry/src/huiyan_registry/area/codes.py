"""Area codes: 12 digits = county 6 (GB/T 2260), town 3 (GB/T 10114), village 3; a group has 15."""

import re
from collections.abc import Iterable
from enum import StrEnum
from functools import lru_cache

_CODE = re.compile(r"^[0-9]{12}([0-9]{3})?$")


class Level(StrEnum):
    """How wide an area is."""

    COUNTY = "county"
    TOWN = "town"
    VILLAGE = "village"
    GROUP = "group"


_DIGITS = {Level.COUNTY: 6, Level.TOWN: 9, Level.VILLAGE: 12, Level.GROUP: 15}


def level_of(code: str) -> Level:
    """The level that a code is of. ValueError when it is none."""
    if not _CODE.fullmatch(code):
        raise ValueError("an area code has 12 or 15 digits")
    if len(code) == 15:
        return Level.GROUP
    if code[9:] != "000":
        return Level.VILLAGE
    return Level.TOWN if code[6:9] != "000" else Level.COUNTY


@lru_cache(maxsize=65_536)
def prefix_of(code: str) -> str:
    """The digits that every area within `code` begins with."""
    return code[: _DIGITS[level_of(code)]]


def covers(outer: str, inner: str, inherited: Iterable[str] = ()) -> bool:
    """True when `inner` is `outer` or lies within it, or within one of the closed areas that
    `outer` took over (`inherited`, see `lineage`)."""
    return inner.startswith(prefix_of(outer)) or any(
        inner.startswith(prefix_of(code)) for code in inherited
    )


def parent_of(code: str) -> str | None:
    """The code one level up; None above a county."""
    match level_of(code):
        case Level.GROUP:
            return code[:12]
        case Level.VILLAGE:
            return code[:9] + "000"
        case Level.TOWN:
            return code[:6] + "000000"
        case _:
            return None
