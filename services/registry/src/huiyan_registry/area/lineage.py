"""Who took over which area: pure. See docs/adr/0010-merging-areas.md."""

from collections.abc import Container, Mapping

from huiyan_registry.area.codes import covers, parent_of


class Lineage:
    """The mergers of a town: each closed area with the one that took it over."""

    def __init__(self, successors: Mapping[str, str]) -> None:
        self._successors = dict(successors)

    def heir(self, code: str) -> str:
        """The area that stands for `code` today: itself, or the last of its successors."""
        seen = {code}
        while (after := self._successors.get(code)) is not None and after not in seen:
            seen.add(after)
            code = after
        return code

    def inherited(self, code: str) -> tuple[str, ...]:
        """Closed areas outside `code` whose successors lie within it, at whatever remove."""
        found: list[str] = []
        grew = bool(self._successors)
        while grew:
            grew = False
            for closed, after in self._successors.items():
                if closed in found or covers(code, closed):
                    continue
                if covers(code, after, found):
                    found.append(closed)
                    grew = True
        return tuple(sorted(found))

    def above(self, code: str, known: Container[str] = ()) -> str | None:
        """The area one level up today: a group of a village that merged hangs under the heir,
        unless the village itself is `known` to whoever asks."""
        above = parent_of(code)
        return above if above is None or above in known else self.heir(above)
