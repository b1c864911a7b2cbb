"""Revocation in the flow (rules.md P7, P10, P11): the last frame comes within 10 s, then none."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from huiyan_testing.whep_viewer import WhepError, WhepViewer

log = logging.getLogger(__name__)
pytestmark = pytest.mark.asyncio(loop_scope="session")
LATEST_S = 10.0
SILENCE_S = 2.5
# Long enough for a picture to begin on a busy machine.
LEFT_S = 6


@asynccontextmanager
async def watching(grant: dict[str, Any], camera: str) -> AsyncIterator[WhepViewer]:
    """A viewer with a moving picture and its channel open."""
    url = f"{grant['relay']['whep']}/{camera}/main"
    channel = grant["relay"]["channel"]
    async with WhepViewer(url, grant["token"], channel_url=channel) as viewer:
        await viewer.wait_units(10)
        yield viewer


async def last_frames(
    viewers: list[WhepViewer], cut: Callable[[], Awaitable[None]]
) -> tuple[float, list[float]]:
    """Seconds until all were told, and of each viewer's last frame after the cut."""
    for viewer in viewers:
        await viewer.wait_units(viewer.tiles[0].counter.units + 5)
    began = time.monotonic()
    await cut()
    await asyncio.gather(
        *(viewer.wait_for(lambda said: said["type"] == "ended", LATEST_S) for viewer in viewers)
    )
    told_s = time.monotonic() - began
    counts = [viewer.tiles[0].counter.units for viewer in viewers]
    # That nothing comes has to be waited for; what was on its way arrives in its first moment.
    await asyncio.sleep(SILENCE_S)
    for viewer, count in zip(viewers, counts, strict=True):
        assert viewer.tiles[0].counter.units - count <= 2
        settled = viewer.tiles[0].last_at
        assert settled is not None
        assert time.monotonic() - settled >= SILENCE_S - 0.5
    return told_s, [(viewer.tiles[0].last_at or began) - began for viewer in viewers]


async def shut(house: Any, tokens: dict[str, str], camera: str, statuses: set[int]) -> None:
    """No door gives a picture for these tokens."""
    async with httpx.AsyncClient(base_url=house.town.relay_url, timeout=10) as client:
        for name, token in tokens.items():
            bearer = {"Authorization": f"Bearer {token}"}
            answer = await client.get(f"/snapshot/{camera}", headers=bearer)
            assert answer.status_code in statuses, (name, answer.text)
            assert not answer.headers["content-type"].startswith("image/"), name
            url = f"{house.town.relay_url}/whep/{camera}/main"
            with pytest.raises(WhepError) as refused:
                async with WhepViewer(url, token):
                    pytest.fail("a session opened")
            assert refused.value.status in statuses, name


async def online_again(house: Any) -> None:
    async with asyncio.timeout(15):
        while True:
            seen = (await house.owner.call("GET", f"/api/v1/cameras/{house.home_camera}")).json()
            if seen["presence"]["state"] == "online":
                return
            await asyncio.sleep(0.1)


async def test_the_owners_switch_ends_every_picture(house):
    camera = house.home_camera
    path = f"/api/v1/cameras/{camera}"
    grants = {
        "clerk": await house.clerk.grant(camera),
        "owner": await house.owner.grant(camera, purpose=False),
    }

    async def switch_off() -> None:
        assert (await house.owner.call("POST", f"{path}/off", {})).status_code == 200

    async with AsyncExitStack() as stack:
        viewers = [
            await stack.enter_async_context(watching(grant, camera)) for grant in grants.values()
        ]
        try:
            told_s, lasts = await last_frames(viewers, switch_off)
            log.info("told after %.2f s, last frames after %s s", told_s, lasts)
            assert told_s <= LATEST_S
            assert max(lasts) <= LATEST_S
            tokens = {name: grant["token"] for name, grant in grants.items()}
            await shut(house, tokens, camera, {403, 503})
            seen = (await house.clerk.call("GET", path)).json()
            assert (seen["presence"]["state"], seen["may"]["live"]) == ("off", False)
            wish = {
                "kind": "view",
                "views": [{"camera": camera}],
                "purpose": {"code": "patrol", "text": ""},
            }
            for person in (house.clerk, house.owner):
                asked = await person.call("POST", "/api/v1/grants", wish)
                assert asked.status_code == 403, asked.text
            renew = f"/api/v1/grants/{grants['clerk']['id']}/renew"
            renewed = await house.clerk.call("POST", renew)
            assert renewed.status_code == 403 or renewed.json()["views"] == []
        finally:
            assert (await house.owner.call("POST", f"{path}/on")).status_code == 200
    await online_again(house)
    async with AsyncExitStack() as stack:
        for person, purpose in ((house.clerk, True), (house.owner, False)):
            again = await person.grant(camera, purpose=purpose)
            viewer = await stack.enter_async_context(watching(again, camera))
            assert viewer.tiles[0].counter.units >= 10


async def test_a_logout_ends_the_running_picture_and_no_other(house):
    camera = house.road_camera
    other = await house.clerk.grant(camera)
    async with await house.new_clerk() as clerk, AsyncExitStack() as stack:
        grant = await clerk.grant(camera)
        stays = await stack.enter_async_context(watching(other, camera))
        goes = await stack.enter_async_context(watching(grant, camera))

        async def log_out() -> None:
            assert (await clerk.call("POST", "/api/v1/logout")).status_code == 204

        told_s, lasts = await last_frames([goes], log_out)
        log.info("told after %.2f s, last frames after %s s", told_s, lasts)
        assert max(told_s, *lasts) <= LATEST_S
        await shut(house, {"clerk": grant["token"]}, camera, {403})
        await stays.wait_units(stays.tiles[0].counter.units + 10)
        assert stays.connection_state == "connected"


async def test_a_lapsed_agreement_ends_the_picture(house):
    """P7: the clerk's agreement runs out while the picture runs."""
    camera, account = house.road_camera, house.town.clerk[0]
    change = "UPDATE principal SET agreement_valid_until = $1 WHERE account = $2"
    database = await house.database()
    before = await database.fetchval(
        "SELECT agreement_valid_until FROM principal WHERE account = $1", account
    )
    try:
        lapse = datetime.now(UTC) + timedelta(seconds=LEFT_S)
        assert await database.execute(change, lapse, account) == "UPDATE 1"
        grant = await house.clerk.grant(camera)
        assert datetime.fromisoformat(grant["expires_at"]) <= lapse
        async with watching(grant, camera) as viewer:
            await viewer.wait_for(lambda said: said["type"] == "ended", LEFT_S + LATEST_S)
            units = viewer.tiles[0].counter.units
            await asyncio.sleep(SILENCE_S)
            assert viewer.tiles[0].counter.units - units <= 2
        await shut(house, {"clerk": grant["token"]}, camera, {401})
        renewed = await house.clerk.call("POST", f"/api/v1/grants/{grant['id']}/renew")
        assert renewed.status_code == 403, renewed.text
        wish = {
            "kind": "view",
            "views": [{"camera": camera}],
            "purpose": {"code": "patrol", "text": ""},
        }
        asked = await house.clerk.call("POST", "/api/v1/grants", wish)
        assert asked.status_code == 403
    finally:
        await database.execute(change, before, account)
        await database.close()
