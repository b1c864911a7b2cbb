"""Words for end-to-end tests of the administration page: its door, its places, its questions."""

from __future__ import annotations

from playwright.async_api import Locator, Page, expect


async def sign_in(page: Page, url: str, account: str, password: str) -> None:
    """Through the door of /admin, as far as the password goes."""
    await page.goto(f"{url}/admin")
    await page.get_by_label("账号").fill(account)
    await page.get_by_label("密码", exact=True).fill(password)
    await page.get_by_role("button", name="进入").click()


async def sign_out(page: Page) -> None:
    """Back to the door."""
    await page.locator("header").get_by_role("button", name="退出").click()
    await expect(page.get_by_label("账号")).to_be_visible()


async def go(page: Page, place: str) -> None:
    """To a place; returns when it has read what it shows."""
    await expect(page.locator("nav")).to_be_visible()
    await page.evaluate("place => { location.hash = '#/' + place }", place)
    await expect(page.locator("main h1")).to_be_visible()
    await expect(page.get_by_text("正在读…")).to_have_count(0)


async def agree(page: Page, act: str, reason: str = "") -> str:
    """Press the button of the question; return what the question said."""
    box = page.get_by_role("dialog")
    said = await box.inner_text()
    if reason:
        await box.get_by_role("textbox").fill(reason)
    await box.get_by_role("button", name=act, exact=True).click()
    await expect(box).to_be_hidden()
    return said


def told(page: Page, text: str) -> Locator:
    """The message at the foot of the page."""
    return page.get_by_role("status").get_by_text(text)
