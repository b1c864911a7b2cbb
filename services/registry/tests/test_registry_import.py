"""Cameras by table: dry run, every line's error, nothing half done, and the way back."""

import asyncio
import csv
import io

from huiyan.ingest.v1.camera_pb2 import CameraRow
from huiyan_kit.sealing import open_seal
from huiyan_registry.__main__ import main
from huiyan_registry.camera.tables import Camera
from huiyan_registry.database.row_scope import EVERYTHING
from huiyan_registry.outbox.tables import OutboxMessage
from sqlalchemy import func, select

GROUP, NEXT = "510799101201002", "510799101202001"
HEAD = (
    "name,area,household,legal_class,site_kind,placement,main_url,user,password,lat,lon,datum,state"
)


def table(*lines):
    return "\n".join((HEAD, *lines)).encode()


def home_line(world, number, *, state="", name="院坝"):
    household = world.seed.household
    return (
        f"{name}{number},{GROUP},{household},家庭,院坝,courtyard,"
        f"rtsp://10.20.1.{number}:554/main,admin,canary-{number},31.17530398,121.53154186,gcj02,{state}"
    )


def road_line(number, *, area=GROUP, state="", url=""):
    url = url or f"rtsp://u:canary-u@10.20.2.{number}/main"
    return f"村路{number},{area},,gov_public,road,roadside,{url},,,,,,{state}"


async def send(visitor, body, *, dry_run=False, kind="text/csv"):
    path = f"/api/v1/cameras/import?dry_run={str(dry_run).lower()}"
    return await visitor.call("POST", path, content=body, headers={"content-type": kind})


async def count(world):
    async with world.registry.database.transaction(EVERYTHING) as session:
        return await session.scalar(select(func.count()).select_from(Camera))


async def test_a_table_comes_in_whole(world):
    operator = await world.machine("operator")
    before = await count(world)
    body = table(home_line(world, 1), home_line(world, 2), road_line(3))
    dry = (await send(operator, body, dry_run=True)).json()
    assert dry | {"errors": []} == {
        "dry_run": True,
        "applied": False,
        "rows": 3,
        "added": 3,
        "changed": 0,
        "unchanged": 0,
        "errors": [],
    }
    assert dry["errors"] == [] and await count(world) == before
    report = (await send(operator, body)).json()
    assert (report["applied"], report["added"], report["errors"]) == (True, 3, [])
    listed = (await operator.get("/api/v1/cameras?limit=500"))["items"]
    mine = {row["name"]: row for row in listed if row["number"] > before}
    assert [row["number"] for row in mine.values()] == [before + 1, before + 2, before + 3]
    assert mine["院坝1"]["life"] == "active" and mine["村路3"]["life"] == "verified"
    place = mine["院坝1"]["location"]
    assert (round(place["lat"], 4), place["datum"]) == (31.1774, "gcj02")
    assert [row["name"] for row in (await operator.get("/api/v1/cameras?q=坝2"))["items"]] == [
        "院坝2"
    ]
    async with world.registry.database.transaction(EVERYTHING) as session:
        rows = {row.name: row for row in await session.scalars(select(Camera))}
        told = (await session.scalars(select(OutboxMessage))).all()
    assert open_seal(rows["院坝2"].credential, world.ingest_private_key).password == "canary-2"
    assert open_seal(rows["村路3"].credential, world.ingest_private_key).user == "u"
    assert "canary" not in rows["村路3"].main_url
    wanted = {rows["院坝1"].id, rows["院坝2"].id}
    assert {CameraRow.FromString(one.value).camera for one in told} >= wanted
    assert rows["村路3"].id not in {one.key.partition(".")[2] for one in told}


async def test_every_wrong_line_is_named_and_nothing_is_applied(world):
    operator = await world.machine("operator")
    before = await count(world)
    lines = {
        2: home_line(world, 1),
        3: road_line(2, area="510799101999"),
        4: road_line(3, url="http://10.20.0.1/x"),
        5: road_line(4, url="rtsp://192.0.2.9/x"),
        6: road_line(5, state="active"),
        7: f"无户,{GROUP},,household,courtyard,courtyard,rtsp://10.20.0.7/m,,,,,,",
        8: f"宿舍,{GROUP},,site_public,other,dormitory,rtsp://10.20.0.8/m,,,,,,",
        9: f"远,{GROUP},,gov_public,road,roadside,rtsp://10.20.0.9/m,,,95,10,wgs84,",
        10: home_line(world, 1),
        11: f",{GROUP},,gov_public,road,roadside,rtsp://10.20.0.11/m,,,,,,",
        12: f"别处,{NEXT},{world.seed.household},household,courtyard,gate,rtsp://10.20.0.12/m,,,,,,",
    }
    report = (await send(operator, table(*lines.values()))).json()
    wrong = {one["line"]: one["column"] for one in report["errors"]}
    assert wrong == {
        3: "区划代码",
        4: "主码流地址",
        5: "主码流地址",
        6: "状态",
        7: "住户编号",
        8: "安装位置",
        9: "纬度",
        10: "",
        11: "名称",
        12: "住户编号",
    }
    assert not report["applied"] and await count(world) == before
    assert "canary" not in str(report)


async def test_a_known_camera_changes_and_the_export_is_read_again(world):
    admin = await world.staff("chenyong")
    await send(admin, table(home_line(world, 1), road_line(2)))
    before = await count(world)
    exported = await admin.call("GET", "/api/v1/cameras/export?format=csv")
    assert exported.headers["content-disposition"].endswith('"cameras.csv"')
    assert b"canary" not in exported.content and b"rtsp" not in exported.content
    same = (await send(admin, exported.content)).json()
    assert (same["rows"], same["unchanged"], same["errors"]) == (before, before, [])
    rows = list(csv.DictReader(io.StringIO(exported.content.decode("utf-8-sig"))))
    for row in rows:
        row["名称"] = row["名称"].replace("村路", "机耕道")
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0].keys())
    writer.writeheader()
    writer.writerows(rows)
    changed = (await send(admin, out.getvalue().encode())).json()
    assert (changed["changed"], changed["added"], changed["unchanged"]) == (1, 0, before - 1)
    found = (await admin.get("/api/v1/cameras?q=机耕道2"))["items"]
    assert len(found) == 1 and await count(world) == before
    moved = road_line(2, url="rtsp://10.20.2.2/main", state="active")
    refused = (await send(admin, table(moved))).json()["errors"]
    assert [one["column"] for one in refused] == ["状态"]
    sheet = await admin.call("GET", "/api/v1/cameras/export?format=xlsx")
    again = (await send(admin, sheet.content, kind=sheet.headers["content-type"])).json()
    assert (again["unchanged"], again["errors"]) == (before, [])


async def test_only_for_who_answers_and_only_there(world):
    for visitor in (await world.staff("lixiuying"), await world.owner()):
        assert (await send(visitor, table(road_line(1)))).status_code == 403
        assert (await visitor.call("GET", "/api/v1/cameras/export")).status_code == 403
    operator = await world.machine("operator")
    assert (await send(operator, b"{}", kind="application/json")).status_code == 415
    assert (await operator.call("GET", "/api/v1/cameras/export?format=exe")).status_code == 422
    unknown = (await send(operator, b"name,spy\nx,y\n")).json()
    assert unknown["errors"][0]["line"] == 1


async def test_the_command(world, tmp_path, capsys, monkeypatch):
    settings = world.settings
    given = {
        "TOWNS": settings.towns,
        "PROFILE": "demo",
        "DATABASE_URL": settings.database_url,
        "SECRETS_DIR": str(settings.secrets_dir),
        "INGEST_PUBLIC_KEY_FILE": str(settings.ingest_public_key_file),
        "CAMERA_NETWORKS": settings.camera_networks,
    }
    for name, value in given.items():
        monkeypatch.setenv(f"HUIYAN_REGISTRY_{name}", value)
    file = tmp_path / "cameras.csv"
    file.write_bytes(table(road_line(1), road_line(2, area=NEXT)))
    before = await count(world)
    # The command has a loop of its own.

    assert await asyncio.to_thread(main, ["import-cameras", str(file), "--dry-run"]) == 0
    assert await count(world) == before
    assert await asyncio.to_thread(main, ["import-cameras", str(file)]) == 0
    assert '"added": 2' in capsys.readouterr().out and await count(world) == before + 2
    file.write_text(HEAD + "\nx")
    assert await asyncio.to_thread(main, ["import-cameras", str(file)]) == 1
    assert await asyncio.to_thread(main, ["import-cameras", str(tmp_path / "none")]) == 1
