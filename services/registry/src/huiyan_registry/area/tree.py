"""Builds the tree that a caller sees: pure."""

from collections.abc import Callable, Mapping

from huiyan_registry.area.codes import level_of
from huiyan_registry.area.figures import Figures
from huiyan_registry.area.lineage import Lineage
from huiyan_registry.area.schemas import AreaView


def build_tree(
    names: Mapping[str, str],
    shown: Callable[[str], bool],
    figures: Mapping[str, Figures],
    lineage: Lineage,
) -> AreaView | None:
    """The smallest tree that holds every shown area; `figures` by the code where things stand.

    Areas above are kept only where they join two shown ones. What stands in an area that merged
    counts at its heir, unless `names` holds the old area itself. None without any area.
    """
    parents = {code: _above(code, names, lineage) for code in names}
    wanted = {code for code in names if shown(code)}
    sums = {code: Figures() for code in names}
    for area, stands in figures.items():
        code = area if area in names else _home(area, wanted, names, lineage)
        while code is not None:
            sums[code].take(stands)
            code = parents[code]
    kept: set[str] = set()
    for wants in wanted:
        code = wants
        while code is not None and code not in kept:
            kept.add(code)
            code = parents[code]
    children: dict[str | None, list[str]] = {}
    for code in sorted(kept):
        children.setdefault(parents[code], []).append(code)

    def view(code: str) -> AreaView:
        stands = sums[code]
        return AreaView.model_construct(
            code=code,
            level=level_of(code),
            name=names[code],
            children=[view(child) for child in children.get(code, ())],
            cameras=stands.cameras,
            online=stands.online,
            households=stands.households,
            households_covered=stands.covered,
        )

    roots = children.get(None, [])
    if not roots:
        return None
    root = roots[0]
    while root not in wanted and len(children.get(root, ())) == 1:
        root = children[root][0]
    return view(root)


def _above(code: str, names: Mapping[str, str], lineage: Lineage) -> str | None:
    above = lineage.above(code, names)
    return above if above in names else None


def _home(area: str, wanted: set[str], names: Mapping[str, str], lineage: Lineage) -> str | None:
    """Where things of an area without a node count: at the heir, or else above."""
    heir = lineage.heir(area)
    if heir in wanted:
        return heir
    above = lineage.above(area, names)
    return above if above in names else None
