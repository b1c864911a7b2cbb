"""Routes of the register: what auditors and households get, and who gets nothing."""

import pytest
from huiyan_registry.database.row_scope import EVERYTHING
from huiyan_registry.register.trust import read_heads, read_keys
from huiyan_registry.register.verify import verify
from sqlalchemy import text

TOWN = "510799101000"
VILLAGE, SISTER = "510799101201", "510799101202"


async def _auditor(world, area, account="lixiuying"):
    """A clerk becomes an auditor; the session of before goes on with the new role."""
    visitor = await world.staff(account)
    principal = (await visitor.get("/api/v1/me"))["principal"]
    async with world.registry.database.transaction(EVERYTHING) as session:
        await session.execute(
            text(
                "UPDATE role_assignment SET role = 'auditor', area = :area "
                "WHERE principal = :principal AND role = 'clerk'"
            ),
            {"area": area, "principal": principal},
        )
    return visitor


async def _looks(world):
    """One look of the town's clerk at each public camera, one of the family."""
    clerk = await world.staff("zhaojianguo")
    for name in ("村口主路·东", "三岔路口"):
        given = await clerk.grant(world.camera(name), purpose="patrol")
        assert given.status_code == 201, given.text
    owner = await world.owner()
    assert (await owner.grant(world.camera("院坝", "1"))).status_code == 201
    await world.registry.register.sealer.seal(TOWN)
    return clerk, owner


async def test_an_auditor_reads_his_areas_and_no_more(world):
    await _looks(world)
    village = await _auditor(world, VILLAGE)
    page = await village.get("/api/v1/register")
    assert {row["camera_name"] for row in page["items"]} == {"村口主路·东", "院坝"}
    assert page["next"] is None and page["items"][0]["seq"] > page["items"][-1]["seq"]
    one = await village.get(f"/api/v1/register?household={world.seed.household}")
    assert [(row["who"], row["own"]) for row in one["items"]] == [("王大娘", True)]
    foreign = await village.get(f"/api/v1/register?camera={world.camera('三岔路口')}")
    assert foreign["items"] == []
    road = await village.get(f"/api/v1/register?camera={world.camera('村口主路·东')}")
    assert road["items"][0]["purpose"] == "日常巡看" and len(road["items"][0]["hash"]) == 64
    refused = await village.call("GET", "/api/v1/register/export")
    assert (refused.status_code, refused.json()["code"]) == (403, "scope")
    early = await village.get("/api/v1/register?to=2020-01-01T00:00:00Z")
    assert early["items"] == []


async def test_an_export_is_verified_with_the_published_key(world, tmp_path):
    await _looks(world)
    auditor = await _auditor(world, TOWN)
    exported = await auditor.call("GET", "/api/v1/register/export")
    assert exported.status_code == 200
    assert exported.headers["content-type"].startswith("application/x-ndjson")
    trust, heads = tmp_path / "trust.jwk", tmp_path / "heads.json"
    trust.write_text((await auditor.call("GET", "/api/v1/keys/register")).text)
    heads.write_text((await auditor.call("GET", "/api/v1/register/heads")).text)
    lines = exported.text.splitlines()
    proven = verify(lambda: lines, read_keys(trust), read_heads(heads))
    assert proven.rows >= 3 and proven.head is not None
    changed = [line.replace("王大娘", "王大爷") for line in lines]
    with pytest.raises(Exception, match="changed"):
        verify(lambda: changed, read_keys(trust))


async def test_a_household_gets_a_receipt(world, tmp_path):
    clerk, owner = await _looks(world)
    path = f"/api/v1/register/receipts/{world.seed.household}"
    receipt = await owner.get(path)
    assert receipt["look"]["seq"] <= receipt["head"]["seq"]
    kept = tmp_path / "receipt.json"
    kept.write_text((await owner.call("GET", path)).text)
    auditor = await _auditor(world, TOWN)
    lines = (await auditor.call("GET", "/api/v1/register/export")).text.splitlines()
    trust = tmp_path / "trust.jwk"
    trust.write_text((await owner.call("GET", "/api/v1/keys/register")).text)
    assert verify(lambda: lines, read_keys(trust), read_heads(kept)).rows >= 3
    assert (await clerk.call("GET", path)).status_code == 404
    other = await owner.call("GET", "/api/v1/register/receipts/hh_aaaaaaaaaaaaaaaa")
    assert other.status_code == 404


@pytest.mark.parametrize("path", ["", "/heads", "/export"])
async def test_nobody_else_reads_the_register(world, path):
    for visitor in (
        await world.staff("zhaojianguo"),
        await world.staff("chenyong"),
        await world.owner(),
        await world.machine("operator"),
    ):
        answer = await visitor.call("GET", f"/api/v1/register{path}")
        assert answer.status_code == 403, answer.text
    assert (await world.visitor().call("GET", f"/api/v1/register{path}")).status_code == 401


async def test_bad_input_is_said(world):
    auditor = await _auditor(world, TOWN)
    for query in ("after=0", "after=x", "from=yesterday", "to=0001-01-01T00:00:00Z", "camera=a.b",
                  "from=2026-01-01T00:00:00", "after=99999999999999999999"):  # fmt: skip
        answer = await auditor.call("GET", f"/api/v1/register?{query}")
        assert answer.status_code == 422, query
