"""The installer on a phone against a running town and a simulated ONVIF camera: from the group to
the verified camera, the owner's signed consent, and the owner who then sees the courtyard."""

import json
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from huiyan_testing.browser import chromium
from huiyan_testing.camera import Credential
from huiyan_testing.onvif import OnvifCamera, OnvifDevice
from huiyan_testing.pages import open_family, wait_moving
from huiyan_testing.town import Town
from playwright.async_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]
TOWN_CAMERAS = 2
INSTALLER, ROOM_ADMIN = "hezhiyuan", "chenyong"
CAMERA_LOGIN = Credential("admin", "Door-canary-77")
SIGN = (
    "data => new Promise(done => { const c = document.createElement('canvas');"
    " c.width = c.height = 64; c.toBlob(async b => done([...new Uint8Array(await"
    " b.arrayBuffer())]), 'image/jpeg') })"
)


def password_of(town: Town, account: str) -> str:
    """Of one account of the demo."""
    (file,) = town.data.rglob("demo-logins.json")
    kept: dict[str, str] = json.loads(file.read_text())
    return kept[f"password:{account}"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def camera(town: Town) -> AsyncIterator[OnvifCamera]:
    """A camera on the town's network whose streams are those of the demo's first camera."""
    rtsp = json.loads((town.data / "ports" / "cameras.json").read_text())["rtsp"]
    device = OnvifDevice(lambda track: f"rtsp://127.0.0.1:{rtsp}/cam/1/{track}")
    async with OnvifCamera(device, credential=CAMERA_LOGIN) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def phone(town: Town) -> AsyncIterator[Page]:
    """The installer's phone, signed in."""
    async with chromium(width=360, height=740, has_touch=True) as browser:
        page = browser.pages[0]
        await page.goto(town.url + "/i")
        await page.get_by_label("账号").fill(INSTALLER)
        await page.get_by_label("密码", exact=True).fill(password_of(town, INSTALLER))
        await page.get_by_role("button", name="进入").tap()
        await page.get_by_role("heading", name="哪个村").wait_for()
        yield page


async def tap(page: Page, name: str, *, exact: bool = False) -> None:
    """One button."""
    await page.get_by_role("button", name=name, exact=exact).tap()


async def faultless(page: Page) -> None:
    """No axe violation, and nothing hangs over the edge."""
    found = await Axe().run(page)
    assert [f"{one['id']}: {one['help']}" for one in found.response["violations"]] == []
    assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


async def connect(page: Page, camera: OnvifCamera, *, password: str) -> None:
    """Type the camera's address and login."""
    await tap(page, "自己填地址")
    await page.get_by_label("地址，比如").fill("127.0.0.1")
    await page.get_by_label("端口").fill(str(camera.port))
    await tap(page, "下一步")
    await page.get_by_label("密码", exact=True).fill(password)
    await tap(page, "连上看看")


async def kept(page: Page) -> str:
    """Everything that the page keeps on the phone."""
    text: str = await page.evaluate("JSON.stringify({...localStorage, ...sessionStorage})")
    return text


async def test_from_the_group_to_the_camera_that_answers(phone: Page, camera: OnvifCamera) -> None:
    await faultless(phone)
    await tap(phone, "新寨村")
    await tap(phone, "四社")
    await tap(phone, "装在住户家")
    await tap(phone, "新的一户")
    await phone.get_by_label("户名").fill("赵家院子")
    await tap(phone, "就建这一户")
    await connect(phone, camera, password="not this one")
    # The camera's refusal is said in words; what was typed is still there.
    await expect(phone.get_by_role("alert")).to_contain_text("密码")
    await expect(phone.get_by_label("用户名")).to_have_value("admin")
    await faultless(phone)
    await phone.get_by_label("密码", exact=True).fill(CAMERA_LOGIN.password)
    await tap(phone, "连上看看")
    await expect(phone.get_by_role("heading", name="连上了")).to_be_visible(timeout=20_000)
    await expect(phone.get_by_text("1280×720").first).to_be_visible()
    await faultless(phone)


async def test_a_reload_loses_nothing_but_the_password(phone: Page, camera: OnvifCamera) -> None:
    assert CAMERA_LOGIN.password not in await kept(phone)
    await phone.reload()
    await expect(phone.get_by_text("赵家院子")).to_be_visible()
    await expect(phone.get_by_label("密码", exact=True)).to_have_value("")
    await phone.get_by_label("密码", exact=True).fill(CAMERA_LOGIN.password)
    await phone.context.set_offline(True)
    await tap(phone, "连上看看")
    await expect(phone.get_by_text("没有网").first).to_be_visible()
    await expect(phone.get_by_label("密码", exact=True)).to_have_value(CAMERA_LOGIN.password)
    await phone.context.set_offline(False)
    await tap(phone, "连上看看")
    await tap(phone, "就用这两路")


async def test_prohibited_places_end_here(phone: Page) -> None:
    await phone.locator("summary").tap()
    await phone.get_by_text("浴室", exact=True).tap()
    await expect(phone.get_by_role("alert")).to_contain_text("浴室不能装")
    await expect(phone.get_by_role("button", name="记下，去看画面")).to_be_disabled()
    await faultless(phone)
    await phone.get_by_text("自家院坝", exact=True).tap()
    # Not attested yet: no way on.
    await expect(phone.get_by_role("button", name="记下，去看画面")).to_be_disabled()
    await phone.get_by_text("我在现场看过").tap()
    await phone.get_by_label("补一句").fill("安全")
    await expect(phone.get_by_role("button", name="记下，去看画面")).to_be_disabled()
    await phone.get_by_label("补一句").fill("")
    await tap(phone, "记下，去看画面")


async def test_the_test_picture_is_shown_once_and_kept_nowhere(phone: Page) -> None:
    picture = phone.get_by_role("img", name="测试画面")
    await expect(picture).to_be_visible(timeout=25_000)
    assert await picture.evaluate("i => i.naturalWidth") >= 320
    await expect(phone.get_by_text("不留底")).to_be_visible()
    await faultless(phone)
    assert "data:image" not in await kept(phone)
    await tap(phone, "对好了，下一步")
    await expect(phone.get_by_role("heading", name="请把手机交给户主")).to_be_visible()
    await expect(picture).to_have_count(0)


async def test_the_owner_ticks_signs_and_sees_home(town: Town, phone: Page) -> None:
    boxes = phone.get_by_role("checkbox")
    await boxes.first.wait_for()
    # Nothing is ticked before the owner does.
    assert await phone.get_by_role("checkbox", checked=True).count() == 0
    await faultless(phone)
    await phone.get_by_role("checkbox", name="村监控室看直播").check()
    await phone.get_by_role("checkbox", name="家里人看").check()
    await expect(phone.get_by_role("button", name="签好了")).to_be_disabled()
    await phone.get_by_label("户主叫什么").fill("赵大爷")
    pad = phone.get_by_role("img", name="签字板")
    await pad.scroll_into_view_if_needed()
    box = await pad.bounding_box()
    assert box is not None
    await phone.mouse.move(box["x"] + 40, box["y"] + 40)
    await phone.mouse.down()
    await phone.mouse.move(box["x"] + 220, box["y"] + 90, steps=8)
    await phone.mouse.up()
    await tap(phone, "签好了")
    await expect(phone.get_by_text("记下了 2 项")).to_be_visible()
    sheet = await phone.get_by_role("link", name="签字单：村监控室看直播").get_attribute("href")
    printed = await phone.evaluate("async a => (await fetch(a)).text()", sheet)
    assert "赵大爷" in printed
    assert "data:image/png;base64" in printed
    await tap(phone, "下一步")
    await expect(phone.get_by_role("heading", name="装好了")).to_be_visible()
    await faultless(phone)
    made = phone.expect_response(lambda r: r.url.endswith("/links") and r.ok)
    async with made as answer:
        await tap(phone, "做链接")
    link = (await (await answer.value).json())["url"]
    await expect(phone.get_by_role("img", name="扫一扫")).to_be_visible()
    # The code is told once and is not kept on the installer's phone.
    assert link.partition("#")[2] not in await kept(phone)
    await activate(town)
    async with chromium(width=360, height=740) as browser:
        await open_family(browser.pages[0], link)
        await wait_moving(browser.pages[0], "hero")


async def activate(town: Town) -> None:
    """The room's administrator puts the new camera to work."""
    login = {"account": ROOM_ADMIN, "password": password_of(town, ROOM_ADMIN)}
    async with httpx.AsyncClient(base_url=town.url) as client:
        entered = (await client.post("/api/v1/login", json=login)).raise_for_status().json()
        found = (await client.get("/api/v1/cameras", params={"limit": 64})).json()["items"]
        (new,) = [one for one in found if one["life"] == "verified"]
        (
            await client.post(
                f"/api/v1/cameras/{new['id']}/state",
                json={"state": "active"},
                headers={"Huiyan-CSRF": entered["csrf"]},
            )
        ).raise_for_status()


async def test_a_public_place_needs_its_sign(phone: Page, camera: OnvifCamera) -> None:
    await tap(phone, "再装一路")
    await tap(phone, "不是住户，是公共地点")
    await connect(phone, camera, password=CAMERA_LOGIN.password)
    await tap(phone, "就用这两路")
    await phone.get_by_text("水库河道", exact=True).tap()
    await phone.get_by_text("水边", exact=True).tap()
    await phone.get_by_text("我在现场看过").tap()
    await phone.get_by_label("给这一路起个名").fill("水库大坝")
    await tap(phone, "记下，去看画面")
    await expect(phone.get_by_role("img", name="测试画面")).to_be_visible(timeout=25_000)
    await tap(phone, "对好了，下一步")
    await expect(phone.get_by_role("button", name="交上去")).to_be_disabled()
    jpeg = bytes(await phone.evaluate(SIGN, None))
    photo = {"name": "sign.jpg", "mimeType": "image/jpeg", "buffer": jpeg}
    await phone.locator("input[type=file]").set_input_files(photo)
    await expect(phone.get_by_role("img", name="公示牌照片")).to_be_visible()
    await faultless(phone)
    await tap(phone, "交上去")
    await expect(phone.get_by_role("heading", name="装好了")).to_be_visible()


async def test_other_accounts_are_shown_the_way(town: Town) -> None:
    async with chromium(width=360, height=740) as browser:
        page = browser.pages[0]
        await page.goto(town.url + "/i")
        account, password = town.clerk
        await page.get_by_label("账号").fill(account)
        await page.get_by_label("密码", exact=True).fill(password)
        await page.get_by_role("button", name="进入").click()
        await expect(page.get_by_text("这个账号不是装维的")).to_be_visible()
