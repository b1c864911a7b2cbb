"""The demo's new camera: an installer searches, finds it, connects and sees its picture."""

import httpx
import pytest
from huiyan_testing.browser import chromium
from huiyan_testing.town import Town
from playwright.async_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]
TOWN_CAMERAS = 2


async def tap(page: Page, name: str) -> None:
    await page.get_by_role("button", name=name).first.tap()


async def sign_in(page: Page, town: Town) -> None:
    account, password = town.demo_login("hezhiyuan")
    await page.goto(town.url + "/i")
    await page.get_by_label("账号").fill(account)
    await page.get_by_label("密码", exact=True).fill(password)
    await tap(page, "进入")
    await tap(page, "新寨村")
    await tap(page, "四社")
    await tap(page, "装在住户家")
    await tap(page, "新的一户")
    await page.get_by_label("户名").fill("孙家院子")
    await tap(page, "就建这一户")


async def test_the_new_camera_is_found_and_its_picture_seen(town: Town) -> None:
    user, _, password = (town.data / "keys" / "camera.login").read_text().strip().partition(":")
    assert str(town.data / "keys" / "camera.login") in town.printed
    assert password not in town.printed
    assert f"{town.url}/i" in town.printed
    async with chromium(width=360, height=740, has_touch=True) as browser:
        page = browser.pages[0]
        await sign_in(page, town)
        await tap(page, "自动找")
        found = page.get_by_role("button", name="HY-SIM-1")
        await expect(found).to_have_count(1, timeout=20_000)
        await found.tap()
        await page.get_by_label("用户名").fill(user)
        await page.get_by_label("密码", exact=True).fill(password)
        await tap(page, "连上看看")
        await expect(page.get_by_role("heading", name="连上了")).to_be_visible(timeout=20_000)
        await tap(page, "就用这两路")
        await page.get_by_text("自家院坝", exact=True).tap()
        await page.get_by_text("我在现场看过").tap()
        await tap(page, "记下，去看画面")
        await expect(page.get_by_role("img", name="测试画面")).to_be_visible(timeout=25_000)
        await tap(page, "对好了，下一步")
        await expect(page.get_by_role("heading", name="请把手机交给户主")).to_be_visible()


async def test_a_search_finds_this_demos_camera_only(town: Town) -> None:
    account, password = town.demo_login("hezhiyuan")
    async with httpx.AsyncClient(base_url=f"{town.url}/api/v1", timeout=30) as client:
        body = {"account": account, "password": password}
        entered = (await client.post("/login", json=body)).raise_for_status().json()
        client.headers["Huiyan-CSRF"] = entered["csrf"]
        answer = await client.post("/onboarding/discover", json={"seconds": 1})
        found = answer.raise_for_status().json()["found"]
    ports = {str(number) for name, number in town.state["ports"]["cameras"].items()
             if name.startswith("onvif-")}  # fmt: skip
    assert {str(one["port"]) for one in found} == ports
    assert len(found) == 1
