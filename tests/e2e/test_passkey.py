"""Passkeys in a real browser with a virtual authenticator (W3C WebAuthn, 11): made on one's own
account, asked at the door, removed; and what a bare IP address is told."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from huiyan_testing.admin_pages import agree, go, sign_in, sign_out, told
from huiyan_testing.browser import chromium
from huiyan_testing.town import Town
from playwright.async_api import CDPSession, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]
TOWN_CAMERAS = 2
ROOM_ADMIN = "chenyong"
FINGERPRINT = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def phone(town: Town) -> AsyncIterator[Page]:
    """A phone whose fingerprint reader always says yes."""
    async with chromium(width=360, height=740) as browser:
        yield browser.pages[0]


def by_name(town: Town) -> str:
    """A passkey belongs to a host name; the loopback address has the name localhost."""
    return town.url.replace("127.0.0.1", "localhost")


async def reader(phone: Page) -> tuple[CDPSession, str]:
    """The fingerprint reader of this page: the session that rules it, and its id."""
    device = await phone.context.new_cdp_session(phone)
    await device.send("WebAuthn.enable")
    added = await device.send("WebAuthn.addVirtualAuthenticator", {"options": FINGERPRINT})
    return device, str(added["authenticatorId"])


async def test_a_bare_address_says_why_and_where_it_works(town: Town, phone: Page) -> None:
    await sign_in(phone, town.url, *town.demo_login(ROOM_ADMIN))
    await go(phone, "me")
    await expect(phone.get_by_text("这个网址是一串数字，用不了通行密钥")).to_be_visible()
    await expect(phone.get_by_role("button", name="加一把")).to_have_count(0)
    await phone.get_by_role("link", name="用 localhost 打开这一页").click()
    await expect(phone.get_by_label("账号")).to_be_visible()
    assert phone.url.startswith(by_name(town) + "/admin")


async def test_a_passkey_is_made_asked_for_at_the_door_and_removed(town: Town, phone: Page) -> None:
    login = town.demo_login(ROOM_ADMIN)
    device, fingerprints = await reader(phone)
    kept = {"authenticatorId": fingerprints}

    await sign_in(phone, by_name(town), *login)
    await go(phone, "me")
    await phone.get_by_label("给它起个名字").fill("我的手机")
    await phone.get_by_role("button", name="加一把").click()
    await expect(told(phone, "通行密钥加好了")).to_be_visible()
    await expect(phone.get_by_role("listitem").filter(has_text="我的手机")).to_be_visible()
    (made,) = (await device.send("WebAuthn.getCredentials", kept))["credentials"]
    assert made["rpId"] == "localhost"
    await sign_out(phone)

    # The password alone is not enough any more; a finger that is not his is refused in words.
    await sign_in(phone, by_name(town), *login)
    await expect(phone.get_by_role("heading", name="再确认一步")).to_be_visible()
    assert (await Axe().run(phone)).response["violations"] == []
    await device.send("WebAuthn.removeCredential", {**kept, "credentialId": made["credentialId"]})
    await phone.get_by_role("button", name="用通行密钥").click()
    await expect(phone.get_by_role("alert")).to_contain_text("没有用成通行密钥")
    await expect(phone.locator("nav")).to_have_count(0)
    await device.send("WebAuthn.addCredential", {**kept, "credential": made})
    await phone.get_by_role("button", name="用通行密钥").click()
    await go(phone, "me")

    await phone.get_by_role("button", name="去掉 我的手机").click()
    assert "不能用通行密钥登录" in await agree(phone, "去掉")
    await expect(phone.get_by_text("还没有通行密钥")).to_be_visible()
    await sign_out(phone)
    await sign_in(phone, by_name(town), *login)
    await expect(phone.locator("nav")).to_be_visible()
