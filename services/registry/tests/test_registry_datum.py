"""Coordinates: known points of other people's programs, and there and back again."""

import itertools

import pytest
from huiyan_registry.camera.datum import Datum, Point, from_wgs84, metres_between, to_wgs84

# Test vectors of googollee/eviltransform: WGS-84 and its GCJ-02 (Shanghai, Shenzhen, Beijing).
GCJ = [
    (Point(31.1774276, 121.5272106), Point(31.17530398364597, 121.531541859215)),
    (Point(22.543847, 113.912316), Point(22.540796131694766, 113.9171764808363)),
    (Point(39.911954, 116.377817), Point(39.91334545536069, 116.38404722455657)),
]
# Examples of wandergis/coordtransform: a GCJ-02 point and its BD-09, the exact way. (The vectors of
# eviltransform for BD-09 are left out: it takes pi where Baidu's ripple has pi * 3000 / 180.)
BD = [
    (Point(39.915, 116.404), Point(39.92133699351021, 116.41036949371029)),
    (Point(39.90865673957631, 116.39762729119315), Point(39.915, 116.404)),
]


@pytest.mark.parametrize(("wgs", "gcj"), GCJ)
def test_known_points_of_gcj02(wgs, gcj):
    assert metres_between(from_wgs84(wgs, Datum.GCJ02), gcj) < 0.1
    assert metres_between(to_wgs84(gcj, Datum.GCJ02), wgs) < 0.1
    assert metres_between(wgs, gcj) > 300


@pytest.mark.parametrize(("gcj", "bd"), BD)
def test_known_points_of_bd09(gcj, bd):
    wgs = to_wgs84(gcj, Datum.GCJ02)
    assert metres_between(from_wgs84(wgs, Datum.BD09), bd) < 0.1
    assert metres_between(to_wgs84(bd, Datum.BD09), wgs) < 0.1
    assert metres_between(bd, wgs) > 500


def test_there_and_back_again_all_over_china():
    places = itertools.product(range(20, 51, 3), range(76, 131, 4))
    worst = dict.fromkeys(Datum, 0.0)
    for (lat, lon), datum in itertools.product(places, Datum):
        place = Point(lat + 0.123, lon + 0.456)
        back = to_wgs84(from_wgs84(place, datum), datum)
        worst[datum] = max(worst[datum], metres_between(place, back))
    assert worst[Datum.WGS84] == 0 and max(worst.values()) < 0.01


def test_outside_of_china_nothing_moves():
    paris = Point(48.8584, -2.2945)
    assert {to_wgs84(paris, datum) for datum in Datum} == {paris}
