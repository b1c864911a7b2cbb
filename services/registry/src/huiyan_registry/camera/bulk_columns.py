"""The table of cameras that people fill in: its columns, and the words that they may use."""

from enum import StrEnum

from huiyan_registry.camera.datum import Datum
from huiyan_registry.camera.life import LifeState
from huiyan_registry.camera.placement import LegalClass, Placement, SiteKind
from huiyan_registry.camera.purpose import PURPOSE_WORDS, CameraPurpose, RetentionClass
from huiyan_registry.importing.schemas import Column

ID = Column("id", "摄像机编号", longest=64)
NAME = Column("name", "名称", longest=60)
AREA = Column("area", "区划代码", longest=15)
HOUSEHOLD = Column("household", "住户编号", longest=64)
LEGAL_CLASS = Column("legal_class", "类别", longest=20)
SITE_KIND = Column("site_kind", "场所", longest=20)
PLACEMENT = Column("placement", "安装位置", longest=20)
MAIN_URL = Column("main_url", "主码流地址", longest=1024)
SUB_URL = Column("sub_url", "子码流地址", longest=1024)
USER = Column("user", "用户名", longest=200)
PASSWORD = Column("password", "密码", longest=200)
PURPOSE = Column("purpose", "用途", longest=20)
PURPOSE_TEXT = Column("purpose_text", "用途说明", longest=200)
RETENTION = Column("retention_class", "保存期", longest=20)
LAT = Column("lat", "纬度", longest=30)
LON = Column("lon", "经度", longest=30)
DATUM = Column("datum", "坐标系", longest=10)
GB_ID = Column("gb_id", "国标编号", longest=20)
STATE = Column("state", "状态", longest=20)
NUMBER = Column("number", "序号", longest=20)

COLUMNS = (
    ID,
    NAME,
    AREA,
    HOUSEHOLD,
    LEGAL_CLASS,
    SITE_KIND,
    PLACEMENT,
    MAIN_URL,
    SUB_URL,
    USER,
    PASSWORD,
    PURPOSE,
    PURPOSE_TEXT,
    RETENTION,
    LAT,
    LON,
    DATUM,
    GB_ID,
    STATE,
    NUMBER,
)
# Addresses and logins go in and never come out.
EXPORTED = tuple(column for column in COLUMNS if column not in (MAIN_URL, SUB_URL, USER, PASSWORD))

_WORDS: dict[str, StrEnum] = {
    "政府公共": LegalClass.GOV_PUBLIC,
    "场所公共": LegalClass.SITE_PUBLIC,
    "其他公共": LegalClass.OTHER_PUBLIC,
    "家庭": LegalClass.HOUSEHOLD,
    "道路": SiteKind.ROAD,
    "广场": SiteKind.SQUARE,
    "市场": SiteKind.MARKET,
    "办公": SiteKind.OFFICE,
    "学校": SiteKind.SCHOOL,
    "地质灾害点": SiteKind.GEOHAZARD,
    "水库": SiteKind.RESERVOIR,
    "森林防火": SiteKind.FOREST_FIRE,
    "热成像": SiteKind.THERMAL,
    "秸秆禁烧": SiteKind.STRAW_BURNING,
    "院坝": SiteKind.COURTYARD,
    "其他": SiteKind.OTHER,
}
_PLACEMENTS = {
    "路边": Placement.ROADSIDE,
    "室外公共": Placement.PUBLIC_OUTDOOR,
    "室内公共": Placement.PUBLIC_INDOOR,
    "院坝": Placement.COURTYARD,
    "大门": Placement.GATE,
    "客厅": Placement.LIVING_ROOM,
    "田间": Placement.FIELD,
    "水边": Placement.WATERSIDE,
    "山顶": Placement.HILLTOP,
}


def _table(kind: type[StrEnum], words: dict[str, StrEnum]) -> dict[str, StrEnum]:
    named = {word: value for word, value in words.items() if isinstance(value, kind)}
    return named | {value.value: value for value in kind}


# What each column of choices takes: its codes, and Chinese words.
CHOICES: dict[Column, dict[str, StrEnum]] = {
    LEGAL_CLASS: _table(LegalClass, _WORDS),
    SITE_KIND: _table(SiteKind, _WORDS),
    PLACEMENT: _table(Placement, dict(_PLACEMENTS)),
    PURPOSE: _table(CameraPurpose, {zh: code for code, (zh, _) in PURPOSE_WORDS.items()}),
    RETENTION: _table(RetentionClass, {}),
    DATUM: _table(Datum, {}),
    STATE: _table(LifeState, {}),
}
