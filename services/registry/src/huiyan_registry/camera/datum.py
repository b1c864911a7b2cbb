"""Turns map coordinates of China into WGS-84, in which locations are stored: pure.

GCJ-02 (maps of the survey authority, AutoNavi, Tencent) shifts WGS-84 by up to 700 m; BD-09 (Baidu)
shifts GCJ-02 once more. Neither is published by its maker. The shift is that of the projects
googollee/eviltransform (MIT) and Artoria2e5/PRCoords (CC0), on the Krasovsky 1940 ellipsoid;
the way back is a fixed-point iteration, exact to far less than a metre.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

# Krasovsky 1940: semi-major axis in metres, first eccentricity squared.
_AXIS_M = 6_378_245.0
_ECCENTRICITY_2 = 0.00669342162296594323
# Outside of this box (degrees) the maps are not shifted.
_SOUTH, _NORTH, _WEST, _EAST = 0.8293, 55.8271, 72.004, 137.8347
# BD-09 adds a ripple of this period, an offset and nothing else.
_BD_PI = math.pi * 3000 / 180
_BD_LAT, _BD_LON = 0.006, 0.0065
_STEPS = 12
_CLOSE_DEG = 1e-9


class Datum(StrEnum):
    """In which system a pair of coordinates was read."""

    WGS84 = "wgs84"
    GCJ02 = "gcj02"
    BD09 = "bd09"


@dataclass(frozen=True, slots=True)
class Point:
    """Latitude and longitude in degrees; the system is said beside it."""

    lat: float
    lon: float


def to_wgs84(point: Point, datum: Datum) -> Point:
    """`point`, read in `datum`, in WGS-84."""
    if datum is Datum.WGS84:
        return point
    gcj = _gcj_of_bd(point) if datum is Datum.BD09 else point
    return _inverse(gcj)


def from_wgs84(point: Point, datum: Datum) -> Point:
    """`point` of WGS-84 as maps of `datum` show it."""
    if datum is Datum.WGS84:
        return point
    gcj = _gcj_of_wgs(point)
    return _bd_of_gcj(gcj) if datum is Datum.BD09 else gcj


def metres_between(one: Point, other: Point) -> float:
    """The distance of two near points of one system, in metres (haversine)."""
    lat_1, lat_2 = math.radians(one.lat), math.radians(other.lat)
    half_lat = (lat_2 - lat_1) / 2
    half_lon = math.radians(other.lon - one.lon) / 2
    chord = math.sin(half_lat) ** 2 + math.cos(lat_1) * math.cos(lat_2) * math.sin(half_lon) ** 2
    return 2 * 6_371_008.8 * math.asin(math.sqrt(chord))


def _shifted(point: Point) -> bool:
    return _SOUTH <= point.lat <= _NORTH and _WEST <= point.lon <= _EAST


def _gcj_of_wgs(point: Point) -> Point:
    if not _shifted(point):
        return point
    x, y = point.lon - 105.0, point.lat - 35.0
    ripple = (20 * math.sin(6 * x * math.pi) + 20 * math.sin(2 * x * math.pi)) * 2 / 3
    north_m = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x)) + ripple
    north_m += (20 * math.sin(y * math.pi) + 40 * math.sin(y / 3 * math.pi)) * 2 / 3
    north_m += (160 * math.sin(y / 12 * math.pi) + 320 * math.sin(y * math.pi / 30)) * 2 / 3
    east_m = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x)) + ripple
    east_m += (20 * math.sin(x * math.pi) + 40 * math.sin(x / 3 * math.pi)) * 2 / 3
    east_m += (150 * math.sin(x / 12 * math.pi) + 300 * math.sin(x / 30 * math.pi)) * 2 / 3
    latitude = math.radians(point.lat)
    root = math.sqrt(1 - _ECCENTRICITY_2 * math.sin(latitude) ** 2)
    meridian = _AXIS_M * (1 - _ECCENTRICITY_2) / root**3
    parallel = _AXIS_M / root * math.cos(latitude)
    return Point(
        point.lat + math.degrees(north_m / meridian), point.lon + math.degrees(east_m / parallel)
    )


def _inverse(gcj: Point) -> Point:
    """The point that is shifted to `gcj`: the shift changes slowly, so each step gains digits."""
    found = gcj
    for _ in range(_STEPS):
        again = _gcj_of_wgs(found)
        missed = Point(gcj.lat - again.lat, gcj.lon - again.lon)
        found = Point(found.lat + missed.lat, found.lon + missed.lon)
        if abs(missed.lat) < _CLOSE_DEG and abs(missed.lon) < _CLOSE_DEG:
            break
    return found


def _bd_of_gcj(gcj: Point) -> Point:
    if not _shifted(gcj):
        return gcj
    distance = math.hypot(gcj.lon, gcj.lat) + 0.00002 * math.sin(gcj.lat * _BD_PI)
    angle = math.atan2(gcj.lat, gcj.lon) + 0.000003 * math.cos(gcj.lon * _BD_PI)
    return Point(distance * math.sin(angle) + _BD_LAT, distance * math.cos(angle) + _BD_LON)


def _gcj_of_bd(bd: Point) -> Point:
    if not _shifted(bd):
        return bd
    lat, lon = bd.lat - _BD_LAT, bd.lon - _BD_LON
    found = Point(lat, lon)
    for _ in range(_STEPS):
        again = _bd_of_gcj(found)
        missed = Point(bd.lat - again.lat, bd.lon - again.lon)
        found = Point(found.lat + missed.lat, found.lon + missed.lon)
        if abs(missed.lat) < _CLOSE_DEG and abs(missed.lon) < _CLOSE_DEG:
            break
    return found
