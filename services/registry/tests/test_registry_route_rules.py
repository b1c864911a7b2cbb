"""route_rules.yaml: one line for each route of the service, and no line that says nothing."""

import pytest
from fastapi.routing import APIRoute
from huiyan_registry.route_rules import differences, read_rules
from huiyan_registry.session.guard import public_routes


async def test_every_route_has_exactly_one_line(world):
    routes = {
        (method, route.path)
        for route in world.registry.api.routes
        if isinstance(route, APIRoute)
        for method in route.methods
    }
    assert differences(read_rules(), routes, public_routes()) == []
    assert len(routes) >= 90


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        (
            '"GET /x": {roles: any, scope: none}\n  "GET /x": {roles: public, scope: none}',
            "two lines",
        ),
        ('"GET /x": {roles: [king], scope: none}', "king"),
        ('"GET /x": {roles: any, scope: world}', "world"),
        ('"GET /x": {roles: [], scope: none}', "no role"),
        ('"LOOK /x": {roles: any, scope: none}', "no route"),
        ('"GET /x": {roles: any}', "needs roles and scope"),
    ],
)
def test_a_wrong_line_is_refused(line, wrong):
    with pytest.raises(ValueError, match=wrong):
        read_rules(f"rules:\n  {line}\n")


def test_a_route_without_a_line_and_a_line_without_a_route_are_told():
    rules = read_rules('rules:\n  "GET /x": {roles: public, scope: none}\n')
    told = differences(rules, [("GET", "/y")], [])
    assert told == ["no line: GET /y", "no route: GET /x"]
    assert differences(rules, [("GET", "/x")], []) == ["public here, not there: GET /x"]
