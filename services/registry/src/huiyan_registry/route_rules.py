"""route_rules.yaml: who may call each route, and what the matrix test expects of everybody else."""

import importlib.resources
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import yaml

from huiyan_registry.account.roles import RoleName

Route = tuple[str, str]


class RuleScope(StrEnum):
    """What a role must cover."""

    NONE = "none"
    OWN = "own"
    HOUSEHOLD = "household"
    AREA = "area"
    TOWN = "town"


@dataclass(frozen=True, slots=True)
class RouteRule:
    """One line. `roles` is empty for public routes and for those of every session."""

    method: str
    path: str
    roles: frozenset[RoleName]
    scope: RuleScope
    public: bool = False

    @property
    def anyone(self) -> bool:
        """True when every session may call it."""
        return not self.roles and not self.public


def read_rules(text: str | None = None) -> dict[Route, RouteRule]:
    """The lines by (method, path). ValueError for a line that is twice there or says nothing."""
    if text is None:
        package = importlib.resources.files("huiyan_registry")
        text = package.joinpath("route_rules.yaml").read_text("utf-8")
    _check_once(text)
    return {
        (rule.method, rule.path): rule
        for rule in (_rule(str(name), told) for name, told in yaml.safe_load(text)["rules"].items())
    }


def _check_once(text: str) -> None:
    # YAML readers let the second of two equal keys win.
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    if not isinstance(root, yaml.MappingNode):
        raise ValueError("there are no rules")
    rules = next((value for key, value in root.value if key.value == "rules"), None)
    names = [key.value for key, _ in rules.value] if rules is not None else []
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"{name} has two lines")


def _rule(name: str, told: Mapping[str, Any]) -> RouteRule:
    method, _, path = name.partition(" ")
    if method not in ("GET", "POST", "PUT", "PATCH", "DELETE") or not path.startswith("/"):
        raise ValueError(f"{name} is no route")
    if set(told) != {"roles", "scope"}:
        raise ValueError(f"{name} needs roles and scope, nothing else")
    roles, scope = told["roles"], RuleScope(told["scope"])
    if roles in ("any", "public"):
        return RouteRule(method, path, frozenset(), scope, roles == "public")
    if not isinstance(roles, list) or not roles:
        raise ValueError(f"{name} names no role")
    return RouteRule(method, path, frozenset(RoleName(one) for one in roles), scope)


def differences(
    rules: Mapping[Route, RouteRule], routes: Iterable[Route], public: Iterable[Route]
) -> list[str]:
    """What does not fit: routes without a line, lines without a route, and lines that disagree
    with public_routes.yaml."""
    there, open_routes = set(routes), set(public)
    found = [f"no line: {method} {path}" for method, path in sorted(there - set(rules))]
    found += [f"no route: {method} {path}" for method, path in sorted(set(rules) - there)]
    for route in sorted(there & set(rules)):
        if rules[route].public != (route in open_routes):
            found.append(f"public here, not there: {' '.join(route)}")
    return found
