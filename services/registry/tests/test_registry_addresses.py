"""Camera addresses: schemes, networks, user info, and a canary password that never comes out."""

import json
import logging
from ipaddress import ip_network

import pytest
from huiyan.ingest.v1.camera_pb2 import CameraRow
from huiyan_kit.errors import HuiyanError
from huiyan_kit.sealing import open_seal
from huiyan_registry.camera.addresses import AddressRule, split_url
from huiyan_registry.camera.search import grams, wanted_grams
from huiyan_registry.camera.tables import Camera
from huiyan_registry.database.row_scope import EVERYTHING
from huiyan_registry.outbox.tables import OutboxMessage
from sqlalchemy import select

NEW = {
    "name": "二社·石桥头",
    "area": "510799101201002",
    "legal_class": "gov_public",
    "site_kind": "road",
    "placement": "roadside",
    "main_url": "rtsp://10.20.0.9:554/main",
}
BAD_URLS = [
    "exec:ffmpeg -i x",
    "file:///etc/passwd",
    "concat:rtsp://10.20.0.9/a|b",
    "http://10.20.0.9/",
    "ffmpeg:rtsp://10.20.0.9/",
    "rtsp:/10.20.0.9",
    "rtsp://",
    "rtsp://10.20.0.9:99999/",
    "rtsp://10.20.0.9/ a",
    "rtsp://10.20.0.9\\@8.8.8.8/",
    "rtsp://10.20.0.1:0/",
    "rtsp://8.8.8.8/",
    "rtsp://169.254.169.254/latest",
    "rtsp://100.100.100.200/",
    "rtsp://[::ffff:8.8.8.8]/",
    "rtsp://[::ffff:169.254.169.254]/",
    "rtsp://[fe80::1]/",
    "rtsp://[ff02::1]/",
    "rtsp://224.0.0.1/",
    "rtsp://0.0.0.0/",
    "rtsp://2130706433/",
    "rtsp://0x7f.1/",
    "rtsp://a:b@8.8.8.8/",
    "rtsp://no-such-host.invalid/",
]


@pytest.fixture
async def operator(world):
    return await world.machine("operator")


@pytest.mark.parametrize("url", BAD_URLS)
async def test_refused_addresses(url):
    rule = AddressRule([ip_network("10.20.0.0/16"), ip_network("127.0.0.0/8")], _resolve_nothing)
    with pytest.raises(HuiyanError) as caught:
        await rule.check(split_url(url)[0])
    assert caught.value.status == 422
    assert caught.value.code in ("camera_url", "camera_network")


async def _resolve_nothing(_: str) -> list[str]:
    return []


@pytest.mark.parametrize(
    ("answers", "accepted"),
    [
        (["10.20.1.1"], True),
        (["10.20.1.1", "8.8.8.8"], False),
        (["::ffff:10.20.1.1"], True),
        ([], False),
    ],
)
async def test_every_address_of_a_name_counts(answers, accepted):
    async def resolver(_: str) -> list[str]:
        return answers

    rule = AddressRule([ip_network("10.20.0.0/16")], resolver)
    try:
        await rule.check("rtsp://nvr.village.example/1")
    except HuiyanError as error:
        assert not accepted and error.code == "camera_network"
    else:
        assert accepted


def test_user_info_is_split_off():
    url, login = split_url("RTSP://us%65r:p%40ss@10.20.0.9:554/ch/1?x=1")
    assert url == "rtsp://10.20.0.9:554/ch/1?x=1"
    assert login is not None and (login.user, login.password) == ("user", "p@ss")
    assert "p@ss" not in repr(login)


async def test_bad_addresses_and_places_are_422_over_http(operator):
    for change in (
        {"main_url": "exec:true"},
        {"main_url": "rtsp://8.8.8.8/"},
        {"sub_url": "rtsp://169.254.169.254/"},
        {"placement": "dormitory"},
        {"placement": "bathroom"},
        {"legal_class": "household"},
        {"area": "510799101201099"},
    ):
        answer = await operator.call("POST", "/api/v1/cameras", {**NEW, **change})
        assert answer.status_code == 422, change
        assert answer.headers["content-type"] == "application/problem+json"


async def test_login_goes_in_and_never_comes_out(world, operator, caplog):
    caplog.set_level(logging.DEBUG)
    secret = "canary-Zx9"
    body = {**NEW, "main_url": f"rtsp://root:{secret}@10.20.0.9:554/main"}
    answer = await operator.call("POST", "/api/v1/cameras", body)
    assert answer.status_code == 201, answer.text
    camera = answer.json()["id"]
    listed = await operator.call("GET", "/api/v1/cameras?q=石桥")
    assert camera in listed.text
    async with world.registry.database.transaction(EVERYTHING) as session:
        row = await session.get(Camera, (world.seed.town, camera))
        queued = (await session.scalars(select(OutboxMessage.value))).all()
    assert row is not None and row.main_url == "rtsp://10.20.0.9:554/main"
    opened = open_seal(row.credential, world.ingest_private_key)
    assert (opened.user, opened.password) == ("root", secret)
    everything = [answer.text, listed.text, caplog.text, str(vars(row))]
    assert not any(secret in text or "10.20.0.9" in text for text in everything[:3])
    assert not any(secret.encode() in (value or b"") for value in queued)
    assert secret not in everything[3]


async def test_a_new_host_never_gets_the_old_login(world, operator):
    body = {**NEW, "user": "root", "password": "x1"}
    camera = (await operator.call("POST", "/api/v1/cameras", body)).json()["id"]
    path = f"/api/v1/cameras/{camera}"
    same = await operator.call("PATCH", path, {"main_url": "rtsp://10.20.0.9:554/other"})
    assert same.status_code == 200, same.text
    async with world.registry.database.transaction(EVERYTHING) as session:
        row = await session.get(Camera, (world.seed.town, camera))
        assert row is not None and row.credential != b""
    await operator.call("PATCH", path, {"main_url": "rtsp://10.20.0.66:554/main"})
    async with world.registry.database.transaction(EVERYTHING) as session:
        row = await session.get(Camera, (world.seed.town, camera))
        assert row is not None and row.credential == b"" and row.rev == 3


async def test_validation_problem_names_fields_not_values(operator):
    answer = await operator.call(
        "POST", "/api/v1/cameras", {**NEW, "password": "x" * 300, "name": ""}
    )
    assert answer.status_code == 422
    problem = answer.json()
    assert "name" in problem["detail_en"] and "password" in problem["detail_en"]
    assert "xxx" not in json.dumps(problem)


async def test_row_reaches_the_bus_and_leaves_with_retirement(world, operator):
    mine = {"legal_class": "household", "placement": "courtyard", "area": "510799101201002"}
    body = NEW | mine | {"household": world.seed.household}
    camera = (await operator.call("POST", "/api/v1/cameras", body)).json()["id"]
    assert await world.registry.outbox.flush(world.seed.town)
    bucket = world.bus.key_value("cameras")
    entry = await bucket.get(f"{world.seed.town}.{camera}")
    row = CameraRow.FromString(entry.value)
    assert (row.main_url, row.sinks.live, row.off) == (NEW["main_url"], True, False)
    gone = await operator.call("DELETE", f"/api/v1/cameras/{camera}")
    assert gone.status_code == 204
    assert await bucket.get(f"{world.seed.town}.{camera}") is None
    assert (await operator.call("GET", f"/api/v1/cameras/{camera}")).status_code == 404


def test_bigrams():
    assert set(wanted_grams("石桥头")) <= set(grams("二社·石桥头"))
    assert not set(wanted_grams("桥石")) <= set(grams("石桥头"))
    assert wanted_grams("石") == ["石"]
