"""Whose rows a transaction may touch. PostgreSQL holds to it by row-level security.

See docs/adr/0011-row-rules.md. The policies read five transaction-local settings; while
`huiyan.rows` is neither `all` nor `some`, no row of a protected table is there at all.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from huiyan_kit.ids import check_token

from huiyan_registry.area.codes import prefix_of


@dataclass(frozen=True, slots=True)
class RowScope:
    """`rows`: `all` or `some`. With `some`: of that town the rows within areas whose codes begin
    with one of `areas` (digits), of `households`, and what belongs to `principal` itself."""

    rows: str
    town: str = ""
    principal: str = ""
    areas: tuple[str, ...] = ()
    households: tuple[str, ...] = ()

    @classmethod
    def of(cls, town: str, principal: str, areas: Iterable[str], households: Iterable[str]) -> Self:
        """The rows of somebody. `areas`: codes of 12 or 15 digits, those that merged into them
        included. ValueError for what is no code, or no id."""
        return cls(
            "some",
            town=town,
            principal=principal,
            areas=tuple(sorted({prefix_of(code) for code in areas})),
            households=tuple(sorted({check_token(home) for home in households})),
        )

    def settings(self) -> dict[str, str]:
        """The settings of PostgreSQL; lists are comma separated, areas are patterns of LIKE."""
        return {
            "rows": self.rows,
            "town": self.town,
            "principal": self.principal,
            "areas": ",".join(f"{prefix}%" for prefix in self.areas),
            "households": ",".join(self.households),
        }


# The system's own work: logins, sealer, outbox, sweepers, consumers, seeds, commands.
EVERYTHING = RowScope("all")
