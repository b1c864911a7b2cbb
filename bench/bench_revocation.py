"""How long a picture still moves after the right to it is gone, in a real browser (P7, P10, P11).

The page of a relative and the wall of a village clerk are open; the right is taken away by the
call that the owner's or the administrator's page makes. Measured is the time from that call to the
last picture that the page painted, live or still; the page is watched for longer than the limit,
so that a picture which comes back counts.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from huiyan_testing.browser import chromium
from huiyan_testing.pages import open_family, open_wall, tiles, wait_live_tiles, wait_moving
from huiyan_testing.person import Person
from huiyan_testing.town import Town
from playwright.async_api import Page
from report import Report
from watching import NOTE_PAINTED, last_painted, median

LIMIT_S = 10.0
QUIET_S = 3.0
GIVE_UP_S = 40.0
MOVING_S = 1.0
LAPSE = timedelta(seconds=60)


@dataclass(slots=True)
class House:
    """The town and the two who may take a right away."""

    town: Town
    owner: Person
    administrator: Person
    household: str
    camera: str

    async def call(self, who: Person, method: str, path: str, body: Any = None) -> Any:
        answer = await who.call(method, f"/api/v1{path}", body)
        if answer.status_code >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json() if answer.content else None

    async def relative_link(self, name: str) -> str:
        wish = {"household": self.household, "name": name, "relation": "女儿"}
        return str((await self.call(self.owner, "POST", "/links", wish))["url"])

    async def member(self, name: str) -> str:
        path = f"/households/{self.household}/members"
        items = (await self.call(self.owner, "GET", path))["items"]
        return next(str(one["principal"]) for one in items if one["name"] == name)

    async def agree(self, until: datetime) -> None:
        """A new agreement of the clerk's."""
        account = self.town.clerk[0]
        found = (await self.call(self.administrator, "GET", f"/accounts?q={account}"))["items"]
        wish = {
            "from": (datetime.now(UTC) - timedelta(minutes=1)).isoformat(),
            "until": until.isoformat(),
            "text_version": "2026-11",
        }
        path = f"/accounts/{found[0]['id']}/agreements"
        await self.call(self.administrator, "POST", path, wish)

    async def withdraw_agreements(self) -> None:
        page = await self.call(self.administrator, "GET", "/agreements?limit=200")
        for one in page["items"]:
            if one["account"] == self.town.clerk[0] and one["state"] not in ("lapsed", "withdrawn"):
                path = f"/agreements/{one['id']}/withdraw"
                await self.call(self.administrator, "POST", path, {"reason": "离岗"})

    async def consent(self) -> str:
        texts = await self.call(self.owner, "GET", "/consent-texts?language=zh-CN")
        wish = {
            "scope": "live_village",
            "text_version": texts["version"],
            "language": texts["language"],
        }
        given = await self.call(self.owner, "PUT", f"/households/{self.household}/consents", wish)
        return str(given["id"])

    async def open_consents(self) -> list[str]:
        path = f"/households/{self.household}/consents"
        items = (await self.call(self.owner, "GET", path))["items"]
        return [str(one["id"]) for one in items if one["scope"] == "live_village"]

    async def withdraw_consents(self) -> None:
        for one in await self.open_consents():
            await self.call(self.owner, "DELETE", f"/households/{self.household}/consents/{one}")


async def last_frame_s(
    page: Page, keys: list[str], act: Callable[[], Awaitable[None]], at: float | None = None
) -> float:
    """Seconds from the instant of the act (`at`, epoch seconds; without it the moment before the
    call) to the last picture that the page painted in any of these places.

    It goes on looking for longer than a picture may still move, so that one which comes back is
    seen. RuntimeError when nothing moved before the act, or something never ends.
    """

    async def last() -> float:
        seen = await last_painted(page)
        return max((seen.get(key, 0.0) for key in keys), default=0.0)

    began = time.time() if at is None else at
    if time.time() - await last() > MOVING_S:
        raise RuntimeError("no picture moved before the act")
    await act()
    while True:
        await asyncio.sleep(0.1)
        newest, now = await last(), time.time()
        if now - began > LIMIT_S + QUIET_S and now - newest > QUIET_S:
            return max(0.0, newest - began)
        if newest - began > GIVE_UP_S:
            raise RuntimeError(f"pictures still move {GIVE_UP_S:g} s later")


async def key_of(page: Page, camera: str) -> str:
    """The tile of the wall that shows this camera."""
    async with asyncio.timeout(30):
        while True:
            for key, one in (await tiles(page)).items():
                if one.get("camera") == camera and one.get("state") == "live":
                    return key
            await asyncio.sleep(0.1)


async def on_family_page(house: House, cut: str) -> float:
    """The page of a relative: the owner turns the camera off, or takes the relative out."""
    async with chromium(width=390, height=844) as context:
        await context.add_init_script(NOTE_PAINTED)
        page = context.pages[0]
        name = f"女儿{cut}"
        await open_family(page, await house.relative_link(name))
        await wait_moving(page, "hero", frames=25)
        member = await house.member(name)

        async def off() -> None:
            await house.call(house.owner, "POST", f"/cameras/{house.camera}/off", {})

        async def remove() -> None:
            path = f"/households/{house.household}/members/{member}"
            await house.call(house.owner, "DELETE", path)

        if cut == "off":
            seconds = await last_frame_s(page, ["hero"], off)
        else:
            seconds = await last_frame_s(page, ["hero", "other"], remove)
    if cut == "off":
        await house.call(house.owner, "POST", f"/cameras/{house.camera}/on")
    return seconds


async def on_wall(house: House, cut: str) -> float:
    """The wall of the clerk, who has leave until the cut."""
    if not await house.open_consents():
        await house.consent()
    await house.withdraw_agreements()
    until = datetime.now(UTC) + (LAPSE if cut == "lapse" else timedelta(days=300))
    await house.agree(until)
    async with chromium(width=1600, height=900) as context:
        await context.add_init_script(NOTE_PAINTED)
        page = context.pages[0]
        await open_wall(page, house.town.url, *house.town.clerk)
        await wait_live_tiles(page, 2)
        key = await key_of(page, house.camera)
        await wait_moving(page, key, frames=25)
        every = list(await tiles(page))

        async def off() -> None:
            await house.call(house.owner, "POST", f"/cameras/{house.camera}/off", {})

        async def nothing() -> None:
            """The clock acts by itself."""

        if cut == "lapse":
            await asyncio.sleep(max(0.0, until.timestamp() - time.time()))
            seconds = await last_frame_s(page, every, nothing, until.timestamp())
        elif cut == "agreement":
            seconds = await last_frame_s(page, every, house.withdraw_agreements)
        else:
            act = off if cut == "off" else house.withdraw_consents
            seconds = await last_frame_s(page, [key], act)
            await others_move(page, key)
    if cut == "off":
        await house.call(house.owner, "POST", f"/cameras/{house.camera}/on")
    return seconds


async def others_move(page: Page, key: str) -> None:
    """A household takes away its own picture only: RuntimeError when all stand still."""
    seen = await last_painted(page)
    if time.time() - max(at for other, at in seen.items() if other != key) > MOVING_S:
        raise RuntimeError("the other pictures of the wall stand still too")


async def measure(rounds: int) -> Report:
    report = Report("revocation", packages=("aiortc", "nats-py"))
    async with AsyncExitStack() as stack:
        town = await stack.enter_async_context(Town(cameras=4))
        owner = await stack.enter_async_context(Person(town.url))
        code = town.family_link.partition("#")[2]
        await owner.enter("/api/v1/link/exchange", {"code": code, "device_name": "手机"})
        administrator = await stack.enter_async_context(Person(town.url))
        account, password = town.demo_login("wangjun")
        await administrator.enter("/api/v1/login", {"account": account, "password": password})
        homes = (await owner.call("GET", "/api/v1/cameras")).json()["items"]
        household = str(homes[0]["household"])
        house = House(town, owner, administrator, household, str(homes[0]["id"]))
        cases = [
            ("family page: off switch", on_family_page, "off"),
            ("family page: relative removed", on_family_page, "remove"),
            ("wall: off switch", on_wall, "off"),
            ("wall: consent withdrawn", on_wall, "consent"),
            ("wall: agreement withdrawn", on_wall, "agreement"),
            ("wall: agreement lapses", on_wall, "lapse"),
        ]
        for name, run, cut in cases:
            found = [await run(house, cut) for _ in range(rounds)]
            report.check(f"{name}: last frame, worst", max(found), "<=", LIMIT_S, "s")
            report.figure(f"{name}: last frame, median", median(found), "s")
    report.note("from the call (or the instant of the lapse) to the last frame the page painted")
    report.note("the off switch ends every picture of the camera, the household's own too (P11)")
    return report


def main() -> int:
    """Exit status 1 when a limit is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    return asyncio.run(measure(parser.parse_args().rounds)).finish()


if __name__ == "__main__":
    sys.exit(main())
