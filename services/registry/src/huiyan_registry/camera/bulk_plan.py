"""From the lines of a table to what is wanted of each camera: pure, every error with its cell."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from huiyan_kit.errors import HuiyanError
from huiyan_kit.sealing import CameraCredential

from huiyan_registry.camera import bulk_columns as of
from huiyan_registry.camera.addresses import split_url
from huiyan_registry.camera.datum import Datum, Point, to_wgs84
from huiyan_registry.camera.life import LifeState, first_state
from huiyan_registry.camera.placement import PROHIBITED, LegalClass, SiteKind
from huiyan_registry.camera.purpose import (
    CameraPurpose,
    RetentionClass,
    RetentionRule,
    check_camera_purpose,
    usual_purpose,
)
from huiyan_registry.importing.schemas import Column, LineError, Row

_GB_ID = re.compile(r"[0-9]{20}")
_DEGREES = re.compile(r"-?[0-9]{1,3}(\.[0-9]{1,15})?")
_NEEDED = (of.NAME, of.AREA, of.LEGAL_CLASS, of.SITE_KIND, of.PLACEMENT, of.MAIN_URL)
# What a file cannot change of a camera that is there: each such step is a person's.
_FIXED = (of.HOUSEHOLD, of.LEGAL_CLASS, of.STATE)


@dataclass(frozen=True, slots=True)
class Places:
    """The town as the import finds it, and the part of it that the caller answers for."""

    areas: frozenset[str]
    homes: Mapping[str, str]
    mine: tuple[str, ...]
    retention: RetentionRule


@dataclass(frozen=True, slots=True)
class Wanted:
    """One line, understood: `facts` are columns of the table `camera`; absent ones stay."""

    line: int
    facts: dict[str, Any]
    login: CameraCredential | None


class _Wrong(Exception):  # noqa: N818 - it carries a cell's error out of a helper
    def __init__(self, column: Column | None, message: str, message_en: str) -> None:
        super().__init__(message_en)
        self.column, self.message, self.message_en = column, message, message_en


def plan_new(row: Row, places: Places) -> Wanted | LineError:
    """A camera to add."""
    try:
        for column in _NEEDED:
            if not row.cells.get(column.key):
                raise _Wrong(column, "新摄像机要填这一格", "A new camera needs this cell")
        facts, login = _facts(row, places)
        legal_class, site = LegalClass(facts["legal_class"]), SiteKind(facts["site_kind"])
        household = facts.setdefault("household", None)
        if (legal_class is LegalClass.HOUSEHOLD) != (household is not None):
            raise _Wrong(
                of.HOUSEHOLD,
                "家庭摄像机要写明住户，公共的不写",
                "A household camera needs its household, a public one has none",
            )
        if household is not None and places.homes.get(household) != facts["area"]:
            raise _Wrong(
                of.HOUSEHOLD, "住户不在这个社里", "The household does not belong to this group"
            )
        facts.setdefault("purpose_code", usual_purpose(site, legal_class).value)
        facts.setdefault("purpose_text", "")
        facts.setdefault("retention_class", places.retention.usual(legal_class).value)
        facts.setdefault("sub_url", "")
        _check_together(facts, legal_class, places)
        facts["state"] = _first_state(facts.get("state"), legal_class)
    except _Wrong as wrong:
        return row.error(wrong.column, wrong.message, wrong.message_en)
    return Wanted(row.line, facts, login)


def plan_change(row: Row, places: Places, held: Mapping[str, Any]) -> Wanted | LineError:
    """What changes of a camera that is there; `held` are its facts."""
    try:
        facts, login = _facts(row, places)
        for column in _FIXED:
            if column.key in facts and facts[column.key] != held[column.key]:
                raise _Wrong(
                    column, "这一格不能用表格改", "A file cannot change this of a known camera"
                )
        if not _within(held["area"], places.mine):
            raise _Wrong(of.AREA, "这里不归您管", "This area is not yours")
        household = held["household"]
        if household is not None and places.homes.get(household) != facts.get("area", held["area"]):
            raise _Wrong(of.AREA, "住户不在这个社里", "The household does not belong to this group")
        if (
            held["state"] == LifeState.DRAFT
            and facts.get("placement", held["placement"]) != (held["placement"])
        ):
            raise _Wrong(
                of.PLACEMENT,
                "草稿的安装位置要由正在装的人来改",
                "Who sets this camera up says where it hangs",
            )
        _check_together({**held, **facts}, LegalClass(held["legal_class"]), places)
    except _Wrong as wrong:
        return row.error(wrong.column, wrong.message, wrong.message_en)
    changed = {name: value for name, value in facts.items() if held.get(name) != value}
    return Wanted(row.line, changed, login)


def _facts(row: Row, places: Places) -> tuple[dict[str, Any], CameraCredential | None]:
    cells = row.cells
    facts: dict[str, Any] = {}
    if name := cells.get("name"):
        facts["name"] = name
    if area := cells.get("area"):
        if area not in places.areas:
            raise _Wrong(of.AREA, "没有这个区划代码", "No such area")
        if not _within(area, places.mine):
            raise _Wrong(of.AREA, "这里不归您管", "This area is not yours")
        facts["area"] = area
    if household := cells.get("household"):
        if household not in places.homes:
            raise _Wrong(of.HOUSEHOLD, "没有这个住户", "No such household")
        facts["household"] = household
    for column, key in (
        (of.LEGAL_CLASS, "legal_class"),
        (of.SITE_KIND, "site_kind"),
        (of.PLACEMENT, "placement"),
        (of.PURPOSE, "purpose_code"),
        (of.RETENTION, "retention_class"),
        (of.STATE, "state"),
    ):
        if (value := _choice(row, column)) is not None:
            facts[key] = value.value
    if facts.get("placement") in PROHIBITED:
        raise _Wrong(
            of.PLACEMENT,
            "这种地方依法不能装摄像机",
            "The law forbids cameras in such places",
        )
    if text := cells.get("purpose_text"):
        facts["purpose_text"] = text
    if gb_id := cells.get("gb_id"):
        if not _GB_ID.fullmatch(gb_id):
            raise _Wrong(of.GB_ID, "国标编号是 20 位数字", "A GB id has 20 digits")
        facts["gb_id"] = gb_id
    _locate(row, facts)
    return facts, _addresses(row, facts)


def _choice(row: Row, column: Column) -> StrEnum | None:
    text = row.cells.get(column.key)
    if not text:
        return None
    known = of.CHOICES[column]
    value = known.get(text) or known.get(text.lower())
    if value is None:
        raise _Wrong(
            column, "不认识这个词，请照说明填", "Unknown word; use one of the listed codes"
        )
    return value


def _locate(row: Row, facts: dict[str, Any]) -> None:
    texts = row.cells.get("lat", ""), row.cells.get("lon", "")
    if not any(texts):
        return
    for column, text, most in ((of.LAT, texts[0], 90), (of.LON, texts[1], 180)):
        if not _DEGREES.fullmatch(text) or abs(float(text)) > most:
            raise _Wrong(column, "坐标要写成度，如 31.1234", "Coordinates are degrees: 31.1234")
    datum = _choice(row, of.DATUM) or Datum.WGS84
    point = to_wgs84(Point(float(texts[0]), float(texts[1])), Datum(datum.value))
    facts |= {"lat": round(point.lat, 7), "lon": round(point.lon, 7), "datum": datum.value}


def _addresses(row: Row, facts: dict[str, Any]) -> CameraCredential | None:
    """URLs without user info; the login from its own cells, else from a URL."""
    login: CameraCredential | None = None
    for column in (of.SUB_URL, of.MAIN_URL):
        if text := row.cells.get(column.key):
            try:
                facts[column.key], inside = split_url(text)
            except HuiyanError as error:
                raise _Wrong(column, error.zh, error.en) from error
            login = inside or login
    user, password = row.cells.get("user", ""), row.cells.get("password", "")
    return CameraCredential(user=user, password=password) if user or password else login


def _check_together(facts: Mapping[str, Any], legal_class: LegalClass, places: Places) -> None:
    try:
        check_camera_purpose(CameraPurpose(facts["purpose_code"]), facts["purpose_text"])
    except HuiyanError as error:
        raise _Wrong(of.PURPOSE_TEXT, error.zh, error.en) from error
    try:
        places.retention.check(RetentionClass(facts["retention_class"]), legal_class)
    except HuiyanError as error:
        raise _Wrong(of.RETENTION, error.zh, error.en) from error


def _first_state(asked: str | None, legal_class: LegalClass) -> str:
    """A household's camera may be active at once; a public one waits for the photo of its sign."""
    household = legal_class is LegalClass.HOUSEHOLD
    if asked is None:
        return first_state(answers=True, public=not household).value
    if asked == LifeState.ACTIVE and not household:
        raise _Wrong(
            of.STATE,
            "公共摄像机要先有告示牌的照片才能启用，请填 verified",
            "A public camera needs its sign's photo before it is active; write verified",
        )
    if asked in (LifeState.SUSPENDED, LifeState.RETIRED):
        raise _Wrong(
            of.STATE, "新摄像机只能是 draft、verified 或 active", "Not a state of a new camera"
        )
    return asked


def _within(area: str, prefixes: tuple[str, ...]) -> bool:
    return area.startswith(prefixes) if prefixes else False
