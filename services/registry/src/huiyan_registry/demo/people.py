"""The demo's invented county: places, rooms, people and households. Plain data."""

from dataclasses import dataclass

from huiyan_registry.account.roles import RoleName
from huiyan_registry.area.codes import Level

COUNTY, TOWN = "510799000000", "510799101000"
XINZHAI, SHIQIAO = "510799101201", "510799101202"

AREAS: tuple[tuple[str, Level, str], ...] = (
    (COUNTY, Level.COUNTY, "演示县"),
    (TOWN, Level.TOWN, "双板镇"),
    (XINZHAI, Level.VILLAGE, "新寨村"),
    (SHIQIAO, Level.VILLAGE, "石桥村"),
    *(
        (f"{village}{number:03d}", Level.GROUP, f"{'一二三四五'[number - 1]}社")
        for village in (XINZHAI, SHIQIAO)
        for number in range(1, 6)
    ),
)


@dataclass(frozen=True, slots=True)
class DemoRoom:
    """A monitor room."""

    id: str
    area: str
    name: str


VILLAGE_ROOM = DemoRoom("room_xinzhai", XINZHAI, "双板镇新寨村监控室")
NEXT_ROOM = DemoRoom("room_shiqiao", SHIQIAO, "双板镇石桥村监控室")
TOWN_ROOM = DemoRoom("room_shuangban", TOWN, "双板镇综治中心监控室")
ROOMS = (VILLAGE_ROOM, NEXT_ROOM, TOWN_ROOM)


@dataclass(frozen=True, slots=True)
class DemoStaff:
    """Somebody with an account; `agreement_days` from now, negative = lapsed. The role reaches
    as far as the room, unless `area` says less."""

    account: str
    name: str
    role: RoleName
    room: DemoRoom
    agreement_days: int
    area: str = ""

    @property
    def scope(self) -> str:
        """The code of the area in which the role holds."""
        return self.area or self.room.area


INSTALLER = DemoStaff("hezhiyuan", "何志远", RoleName.INSTALLER, TOWN_ROOM, 365)
STAFF = (
    DemoStaff("lixiuying", "李秀英", RoleName.CLERK, VILLAGE_ROOM, 365),
    DemoStaff("zhaojianguo", "赵建国", RoleName.CLERK, TOWN_ROOM, 365),
    DemoStaff("zhoumin", "周敏", RoleName.CLERK, NEXT_ROOM, -2),
    DemoStaff("chenyong", "陈勇", RoleName.ROOM_ADMIN, TOWN_ROOM, 365),
    DemoStaff("wangjun", "王军", RoleName.ADMINISTRATOR, TOWN_ROOM, 365),
    DemoStaff("sunli", "孙丽", RoleName.AUDITOR, TOWN_ROOM, 365),
    DemoStaff("liuqiang", "刘强", RoleName.POLICE, TOWN_ROOM, 365),
    DemoStaff("tangmei", "唐梅", RoleName.GRID_OFFICER, VILLAGE_ROOM, 365, f"{XINZHAI}002"),
    INSTALLER,
)


@dataclass(frozen=True, slots=True)
class DemoHousehold:
    """A home, its group and owner, and whether it lets the village look."""

    key: str
    group: str
    name: str
    owner: str
    shares_with_village: bool = False


HOUSEHOLDS = (
    DemoHousehold("1", f"{XINZHAI}002", "妈妈家", "王大娘", shares_with_village=True),
    DemoHousehold("2", f"{XINZHAI}003", "陈家院子", "陈大爷"),
    DemoHousehold("3", f"{SHIQIAO}001", "刘二嬢家", "刘二嬢"),
)
RELATIVE, RELATION = "小芳", "儿媳"


def household(key: str) -> DemoHousehold:
    """A home by its key; beyond the three, homes without a story."""
    known = next((home for home in HOUSEHOLDS if home.key == key), None)
    if known is not None:
        return known
    number = int(key) if key.isdigit() else 4
    return DemoHousehold(key, f"{XINZHAI}{number % 5 + 1:03d}", f"{key} 号户", f"{key} 号户主")


# Public places of the neighbouring village; everything else is in 新寨村.
_NEXT_VILLAGE = ("三岔路口", "场镇街口")


def public_group(name: str, index: int) -> str:
    """The group in which a public camera stands."""
    village = SHIQIAO if name.startswith(_NEXT_VILLAGE) else XINZHAI
    return f"{village}{index % 5 + 1:03d}"
