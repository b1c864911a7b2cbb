"""Builds the tree that a caller sees: pure."""

from collections.abc import Callable, Iterable, Mapping

from huiyan_registry.area.codes import level_of, parent_of
from huiyan_registry.area.schemas import AreaView


def build_tree(
    names: Mapping[str, str],
    shown: Callable[[str], bool],
    cameras: Iterable[tuple[str, bool]],
) -> AreaView | None:
    """The smallest tree that holds every shown area. `cameras`: (area, online) of each.

    Areas above are kept only where they join two shown ones. None without any area.
    """
    wanted = {code for code in names if shown(code)}
    nodes = {
        code: AreaView(code=code, level=level_of(code), name=name, children=[], cameras=0, online=0)
        for code, name in names.items()
    }
    for area, online in cameras:
        code: str | None = area
        while code is not None:
            if code in nodes:
                nodes[code].cameras += 1
                nodes[code].online += online
            code = parent_of(code)
    kept = {code for wants in wanted for code in _line(wants) if code in nodes}
    roots = []
    for code in sorted(kept):
        parent = parent_of(code)
        if parent is not None and parent in kept:
            nodes[parent].children.append(nodes[code])
        else:
            roots.append(nodes[code])
    root = roots[0] if roots else None
    while root is not None and root.code not in wanted and len(root.children) == 1:
        root = root.children[0]
    return root


def _line(code: str) -> Iterable[str]:
    line: str | None = code
    while line is not None:
        yield line
        line = parent_of(line)
