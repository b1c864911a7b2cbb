"""Each fault of a camera has a name in presence, and no other camera suffers."""

import asyncio
from typing import Any

import httpx
import pytest
from huiyan_testing.town import Town

pytestmark = [pytest.mark.chaos, pytest.mark.asyncio(loop_scope="module")]
TOWN_CAMERAS = 3

FAULTS = [
    ("fault/stall1", {"stalled"}),
    ("fault/drop1", {"connecting", "unreachable", "stalled"}),
    ("fault/end1", {"connecting", "unreachable", "stalled"}),
    ("fault/hang", {"unreachable"}),
    ("fault/401", {"unauthorised"}),
    ("fault/404", {"not_found"}),
    ("fault/garbage", {"garbage"}),
]


async def cameras(operator: httpx.AsyncClient) -> list[dict[str, Any]]:
    answer = await operator.get("/api/v1/cameras")
    answer.raise_for_status()
    items: list[dict[str, Any]] = answer.json()["items"]
    return sorted(items, key=lambda one: one["number"])


async def state_of(operator: httpx.AsyncClient, camera: str) -> str:
    answer = await operator.get(f"/api/v1/cameras/{camera}")
    answer.raise_for_status()
    return str(answer.json()["presence"]["state"])


async def wait_state(
    operator: httpx.AsyncClient, camera: str, wanted: set[str], within_s: float = 25.0
) -> None:
    last = ""
    try:
        async with asyncio.timeout(within_s):
            while (last := await state_of(operator, camera)) not in wanted:
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise AssertionError(f"wanted {wanted} within {within_s} s, have {last}") from None


@pytest.mark.parametrize(("fault", "states"), FAULTS)
async def test_a_fault_has_a_name_and_stops_no_other_camera(
    town: Town, fault: str, states: set[str]
) -> None:
    async with town.operator() as operator:
        bad, good, *_ = await cameras(operator)
        base = f"rtsp://127.0.0.1:{town.state['ports']['cameras']['rtsp']}"
        await wait_state(operator, good["id"], {"online"})
        broken = {f"{name}_url": f"{base}/{fault}/cam/1/{name}" for name in ("main", "sub")}
        answer = await operator.patch(f"/api/v1/cameras/{bad['id']}", json=broken)
        assert answer.status_code == 200, answer.text
        await wait_state(operator, bad["id"], states)
        assert await state_of(operator, good["id"]) == "online"
        healed = {f"{name}_url": f"{base}/cam/1/{name}" for name in ("main", "sub")}
        await operator.patch(f"/api/v1/cameras/{bad['id']}", json=healed)
        await wait_state(operator, bad["id"], {"online"})
        assert await state_of(operator, good["id"]) == "online"
