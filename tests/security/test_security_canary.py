"""A camera's password goes in and never comes out: the whole platform is searched for it."""

import asyncio
import json
import secrets
from pathlib import Path
from typing import Any

import httpx
import nats
import pytest
import pytest_asyncio

pytestmark = pytest.mark.asyncio(loop_scope="session")
BUCKETS = ("cameras", "presence", "workers", "signing_keys", "revocations")


def disguises(secret: str) -> list[bytes]:
    """The secret as it is, and as PostgreSQL or JSON might write it."""
    raw = secret.encode()
    return [raw, raw.hex().encode()]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def canaries(house):
    """Passwords that were said in every way in which one can be said; the cameras go afterwards."""
    made = {
        name: f"Canary{secrets.token_hex(8)}"
        for name in ("body", "url", "user", "changed", "refused", "overlong", "foreign")
    }
    port = house.town.state["ports"]["cameras"]["rtsp"]
    place = f"127.0.0.1:{port}/auth/cam/1/main"
    body = {"name": "金丝雀", **await house.at_home()}
    said = [
        {"main_url": f"rtsp://{place}", "user": made["user"], "password": made["body"]},
        {"main_url": f"rtsp://admin:{made['url']}@{place}"},
        {"main_url": f"rtsp://admin:{made['refused']}@8.8.8.8/x"},
        {"main_url": f"rtsp://{place}", "user": "a", "password": made["overlong"] * 20},
        {"main_url": f"http://admin:{made['foreign']}@127.0.0.1/x"},
    ]
    ids, told = [], []
    for words in said:
        answer = await house.operator.call("POST", "/api/v1/cameras", body | words)
        told.append(answer.text)
        if answer.status_code == 201:
            ids.append(answer.json()["id"])
        else:
            assert answer.status_code == 422
    assert len(ids) == 2
    change = {"user": "other", "password": made["changed"]}
    answer = await house.operator.call("PATCH", f"/api/v1/cameras/{ids[1]}", change)
    assert answer.status_code == 200
    told.append(answer.text)
    await unauthorised(house, ids)
    yield made, ids, told
    for camera in ids:
        gone = await house.operator.call("DELETE", f"/api/v1/cameras/{camera}")
        assert gone.status_code == 204


async def unauthorised(house: Any, ids: list[str]) -> None:
    """Return when ingest has tried the logins and said that they are wrong."""
    async with asyncio.timeout(20):
        for camera in ids:
            while True:
                seen = await house.operator.call("GET", f"/api/v1/cameras/{camera}")
                if seen.json()["presence"]["state"] == "unauthorised":
                    break
                await asyncio.sleep(0.1)


def hits(text: bytes, made: dict[str, str]) -> list[str]:
    return [
        name for name, secret in made.items() if any(form in text for form in disguises(secret))
    ]


def files(folder: Path) -> list[Path]:
    return [
        path
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink() and "clips" not in path.parts
    ]


async def test_no_answer_tells_them(house, canaries):
    made, ids, told = canaries
    paths = ["/api/v1/cameras", "/api/v1/areas", "/api/v1/me", "/api/v1/looks"]
    paths += [f"/api/v1/cameras/{camera}" for camera in ids]
    for person in house.people.values():
        told += [(await person.call("GET", path)).text for path in paths]
        async with person.http.stream("GET", "/api/v1/events", headers=bearer(person)) as events:
            assert events.status_code == 200
            rename = {"name": f"金丝雀 {secrets.token_hex(2)}"}
            await house.operator.call("PATCH", f"/api/v1/cameras/{ids[0]}", rename)
            async with asyncio.timeout(10):
                async for line in events.aiter_lines():
                    told.append(line)
                    if line.startswith("data:") or person is house.owner:
                        break
    text = "\n".join(told)
    assert ids[0] in text
    assert hits(text.encode(), made) == []
    assert "rtsp://" not in text, "addresses go in and never come out"


def bearer(person: Any) -> dict[str, str]:
    return {"Authorization": f"Bearer {person.bearer}"} if person.bearer else {}


async def test_no_metric_or_probe_tells_them(house, canaries):
    made, ids, _ = canaries
    async with httpx.AsyncClient(timeout=5) as client:
        for service in ("registry", "ingest", "relay", "recorder", "analytics"):
            base = f"http://127.0.0.1:{house.town.state['ports'][service]['internal']}"
            for path in ("/metrics", "/health/ready"):
                text = (await client.get(base + path)).text
                assert text
                assert hits(text.encode(), made) == [], (service, path)
                assert not any(camera in text for camera in ids), (service, path)


async def test_no_bucket_and_no_stream_holds_them(house, canaries):
    made, ids, _ = canaries
    port = house.town.state["ports"]["nats"]["nats"]
    password = (house.data / "keys" / "nats-registry.password").read_text().strip()
    client = await nats.connect(
        f"nats://127.0.0.1:{port}",
        user="registry",
        password=password,
        inbox_prefix=b"_INBOX_registry",
    )
    seen: dict[str, bytes] = {}
    try:
        for name in BUCKETS:
            bucket = await client.jetstream(timeout=5).key_value(name)
            try:
                keys = await bucket.keys()
            except nats.js.errors.NoKeysError:
                continue
            for key in keys:
                seen[f"{name}/{key}"] = (await bucket.get(key)).value or b""
    finally:
        await client.close()
    assert all(f"cameras/{house.code}.{camera}" in seen for camera in ids)
    for key, value in seen.items():
        assert hits(key.encode() + value, made) == [], key


async def test_no_row_of_the_database_holds_them(house, canaries):
    made, ids, _ = canaries
    database = await house.database()
    try:
        tables = await database.fetch(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
        )
        text = ""
        for table in tables:
            name = table["table_name"]
            rows = await database.fetch(f'SELECT t::text AS row FROM "{name}" t')
            text += "\n".join(row["row"] for row in rows)
    finally:
        await database.close()
    assert all(camera in text for camera in ids)
    assert hits(text.encode(), made) == []
    # Nor the simulators', which were right.
    assert house.secrets()["camera"] not in text
    assert house.town.clerk[1] not in text


async def test_no_file_of_the_data_folder_holds_them(house, canaries):
    """Logs, state, JetStream's and PostgreSQL's own files and their journals."""
    made, ids, _ = canaries
    searched = files(house.data)
    assert {"registry.log", "ingest.log", "relay.log", "nats-server.log", "state.json"} <= {
        path.name for path in searched
    }
    found_id = False
    for path in searched:
        content = path.read_bytes()
        found_id = found_id or ids[0].encode() in content
        assert hits(content, made) == [], path
    assert found_id, "the search itself works"


async def test_logs_hold_no_secret_of_ours(house, canaries):
    """Passwords, keys, sessions, grants and link codes; ingest has logged, so has the registry."""
    grant = await house.clerk.grant(house.road_camera)
    known = house.secrets() | house.database_secrets()
    known |= {f"session {name}": person.token for name, person in house.people.items()}
    known["grant"] = grant["token"]
    known["grant's signature"] = grant["token"].rpartition(".")[2]
    known["link"] = house.town.family_link.partition("#")[2]
    logs = [path for path in files(house.data) if path.suffix == ".log"]
    assert len(logs) >= 8
    for path in logs:
        content = path.read_text(errors="replace")
        for name, secret in known.items():
            assert secret not in content, (path.name, name)
    assert any(json.loads(line) for line in (house.data / "logs/ingest.log").open())
