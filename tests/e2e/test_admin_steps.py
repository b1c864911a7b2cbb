"""The steps of administration that bind or undo something, each clicked in a real browser: it asks,
says what follows, and shows what came of it."""

import io
from collections.abc import AsyncIterator
from pathlib import Path

import openpyxl
import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from huiyan_testing.admin_pages import agree, go, sign_in, sign_out, told
from huiyan_testing.browser import chromium
from huiyan_testing.pages import open_family, wait_moving
from huiyan_testing.person import Person
from huiyan_testing.town import Town
from playwright.async_api import FilePayload, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]
TOWN_CAMERAS = 4
ADMINISTRATOR, ROOM_ADMIN, CLERK, LAPSED = "wangjun", "chenyong", "lixiuying", "zhoumin"
XINZHAI, SHIQIAO = "510799101201", "510799101202"
ROAD, YARD = "村口主路·东", "院坝"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SIGN = (
    "() => new Promise(done => { const c = document.createElement('canvas');"
    " c.width = 320; c.height = 240; c.getContext('2d').fillText('sign', 20, 20);"
    " c.toBlob(async b => done([...new Uint8Array(await b.arrayBuffer())]), 'image/jpeg') })"
)
PAPER = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(town: Town) -> AsyncIterator[Page]:
    """A desk in the town's office."""
    async with chromium(width=1280, height=800) as browser:
        yield browser.pages[0]


async def enter(desk: Page, town: Town, account: str) -> None:
    """Whoever sat here before leaves; this one signs in."""
    await desk.goto(f"{town.url}/admin")
    out = desk.locator("header").get_by_role("button", name="退出")
    await expect(out.or_(desk.get_by_label("账号"))).to_be_visible()
    if await out.count():
        await sign_out(desk)
    await sign_in(desk, town.url, *town.demo_login(account))
    await expect(desk.locator("nav")).to_be_visible()


async def faultless(page: Page) -> None:
    """No axe violation."""
    found = await Axe().run(page)
    assert [f"{one['id']}: {one['help']}" for one in found.response["violations"]] == []


async def open_camera(desk: Page, name: str) -> None:
    """The page of one camera."""
    await go(desk, "cameras")
    await desk.get_by_role("link", name=name, exact=True).click()
    await expect(desk.get_by_role("heading", name=name, level=1)).to_be_visible()


async def reason_for(town: Town, account: str, camera: str) -> str:
    """Why somebody may not look at a camera just now; empty when he may."""
    login, password = town.demo_login(account)
    async with Person(town.url) as person:
        await person.enter("/api/v1/login", {"account": login, "password": password})
        answer = (await person.call("GET", f"/api/v1/cameras/{camera}/why")).json()
    return "" if answer["allowed"] else str(answer["reason"])


async def test_the_photo_of_a_sign_is_sent_seen_and_checked_first(town: Town, desk: Page) -> None:
    await enter(desk, town, ROOM_ADMIN)
    await open_camera(desk, ROAD)
    sign = desk.get_by_role("region", name="告示牌")
    await expect(sign).to_contain_text("还没选")
    photo = sign.get_by_label("照片")
    await photo.set_input_files({"name": "sign.gif", "mimeType": "image/gif", "buffer": b"GIF89a"})
    await sign.get_by_role("button", name="传上去").click()
    await expect(sign.get_by_role("alert")).to_contain_text("只收 JPEG 或 PNG")
    jpeg = bytes(await desk.evaluate(SIGN))
    await photo.set_input_files({"name": "牌子.jpg", "mimeType": "image/jpeg", "buffer": jpeg})
    await expect(sign).to_contain_text("牌子.jpg")
    await faultless(desk)
    await sign.get_by_role("button", name="传上去").click()
    await expect(told(desk, "告示牌登记好了")).to_be_visible()
    await expect(sign).to_contain_text("贴的")
    await sign.get_by_role("button", name="看照片").click()
    shown = sign.get_by_role("img", name="告示牌的照片")
    await expect(shown).to_be_visible()
    assert await shown.evaluate("i => i.decode().then(() => i.naturalWidth)") == 320


async def test_a_mask_is_drawn_closes_the_picture_and_is_undone(town: Town, desk: Page) -> None:
    await enter(desk, town, ROOM_ADMIN)
    await open_camera(desk, ROAD)
    camera = desk.url.rpartition("/")[2]
    assert await reason_for(town, CLERK, camera) in ("", "no_purpose")
    mask = desk.get_by_role("region", name="遮挡")
    frame = mask.get_by_role("img", name="画面的空框")
    await frame.scroll_into_view_if_needed()
    box = await frame.bounding_box()
    assert box is not None
    await desk.mouse.move(box["x"] + box["width"] * 0.25, box["y"] + box["height"] * 0.25)
    await desk.mouse.down()
    await desk.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.75, steps=5)
    await desk.mouse.up()
    sides = [
        await mask.get_by_label(label).input_value() for label in ("左 %", "上 %", "宽 %", "高 %")
    ]
    assert [round(float(side)) for side in sides] == pytest.approx([25, 25, 25, 50], abs=1)
    await mask.get_by_role("button", name="保存遮挡").click()
    assert "10 秒内断开" in await agree(desk, "保存")
    await expect(mask).to_contain_text("遮挡还没生效")
    await faultless(desk)
    assert await reason_for(town, CLERK, camera) == "mask_pending"
    await desk.get_by_role("button", name="撤销").click()
    await expect(mask).to_contain_text("没有遮挡")
    assert await reason_for(town, CLERK, camera) in ("", "no_purpose")


def with_row(sheet: bytes, row: list[str]) -> FilePayload:
    """An exported XLSX file with one more row, as a chosen file."""
    book = openpyxl.load_workbook(io.BytesIO(sheet))
    table = book.worksheets[0]
    # Its first three columns: code, level, name.
    table.append(row)
    written = io.BytesIO()
    book.save(written)
    return {"name": "areas.xlsx", "mimeType": XLSX, "buffer": written.getvalue()}


async def test_an_excel_file_is_tried_corrected_and_applied(town: Town, desk: Page) -> None:
    await enter(desk, town, ADMINISTRATOR)
    await go(desk, "areas")
    async with desk.expect_download() as downloading:
        await desk.get_by_role("link", name="导出 Excel").click()
    sheet = Path(await (await downloading.value).path()).read_bytes()
    rows = len(list(openpyxl.load_workbook(io.BytesIO(sheet)).worksheets[0].rows))
    await go(desk, "areas/import")
    field = desk.get_by_label("选文件")
    await field.set_input_files(with_row(sheet, [f"{XINZHAI}00X", "group", "六社"]))
    await desk.get_by_role("button", name="先空跑一遍").click()
    await expect(desk.get_by_role("row").filter(has_text=str(rows + 1)).first).to_be_visible()
    await expect(desk.get_by_text("什么都没写进去")).to_be_visible()
    await expect(desk.get_by_role("button", name="写进去")).to_have_count(0)
    await faultless(desk)
    await field.set_input_files(with_row(sheet, [f"{XINZHAI}006", "group", "六社"]))
    await desk.get_by_role("button", name="先空跑一遍").click()
    await expect(desk.get_by_text("每一行都对，还没写进去")).to_be_visible()
    await expect(desk.get_by_text("新加 1")).to_be_visible()
    await desk.get_by_role("button", name="写进去").click()
    assert "要么全部写进去，要么一条不写" in await agree(desk, "写进去")
    await expect(desk.get_by_role("heading", name="写好了：新加 1 条")).to_be_visible()
    await go(desk, "areas")
    await expect(desk.get_by_role("link", name="六社")).to_be_visible()


async def test_cameras_by_csv_change_only_what_was_changed(town: Town, desk: Page) -> None:
    await enter(desk, town, ADMINISTRATOR)
    await go(desk, "cameras")
    async with desk.expect_download() as downloading:
        await desk.get_by_role("link", name="导出 CSV").click()
    table = Path(await (await downloading.value).path()).read_text("utf-8-sig")
    await go(desk, "cameras/import")
    renamed = table.replace(ROAD, "村口主路·西").encode()
    await desk.get_by_label("选文件").set_input_files(
        {"name": "cameras.csv", "mimeType": "text/csv", "buffer": renamed}
    )
    await desk.get_by_role("button", name="先空跑一遍").click()
    await expect(desk.get_by_text("改 1", exact=True)).to_be_visible()
    await desk.get_by_role("button", name="写进去").click()
    await agree(desk, "写进去")
    await expect(desk.get_by_role("heading", name="写好了：新加 0 条，改 1 条")).to_be_visible()
    await go(desk, "cameras")
    await expect(desk.get_by_role("link", name="村口主路·西")).to_be_visible()


async def test_an_agreement_is_entered_with_its_paper_and_withdrawn(town: Town, desk: Page) -> None:
    await enter(desk, town, ADMINISTRATOR)
    await go(desk, "people")
    due = desk.get_by_role("region", name="要您办的：保密协议")
    await due.get_by_role("link", name="去续签 周敏").click()
    papers = desk.get_by_role("region", name="手续")
    await papers.get_by_role("button", name="登记新协议").click()
    await papers.get_by_label("签好的协议").set_input_files(
        {"name": "协议.pdf", "mimeType": "application/pdf", "buffer": PAPER}
    )
    await papers.get_by_role("button", name="登记", exact=True).click()
    await expect(told(desk, "登记好了")).to_be_visible()
    await expect(papers).to_contain_text("还剩")
    async with desk.expect_download() as downloading:
        await papers.get_by_role("link", name="看扫描件").click()
    assert Path(await (await downloading.value).path()).read_bytes() == PAPER
    await faultless(desk)

    withdraw = papers.get_by_role("button", name="收回 保密协议")
    await withdraw.click()
    await desk.keyboard.press("Escape")
    await expect(papers).to_contain_text("还剩")
    await withdraw.click()
    await desk.get_by_role("dialog").get_by_role("button", name="收回", exact=True).click()
    await expect(desk.get_by_role("dialog").get_by_role("alert")).to_be_visible()
    assert "10 秒内断开" in await agree(desk, "收回", reason="调离")
    await expect(told(desk, "收回了")).to_be_visible()
    await expect(withdraw).to_have_count(0)


async def test_a_look_by_break_glass_is_told_to_the_household(town: Town, desk: Page) -> None:
    await enter(desk, town, CLERK)
    await go(desk, "break-glass")
    await desk.get_by_label("加一路").fill(YARD)
    await desk.locator(".found button").first.click()
    await desk.get_by_label("出了什么事").fill("老人昨晚没回家，家人报警")
    await desk.get_by_role("button", name="申请", exact=True).click()
    assert "另一个人批准" in await agree(desk, "申请")
    await enter(desk, town, ADMINISTRATOR)
    await go(desk, "break-glass")
    await desk.get_by_role("button", name="批准").click()
    await agree(desk, "批准")
    await expect(desk.get_by_role("region", name="正在看")).to_contain_text("李秀英")
    await sign_out(desk)

    async with chromium(width=360, height=740) as browser:
        phone = browser.pages[0]
        await open_family(phone, town.family_link)
        await wait_moving(phone, "hero")
        await phone.goto(town.url + "/f/who/looks")
        notice = phone.get_by_text("紧急查看：李秀英要看院坝，王军批准")
        await expect(notice.first).to_be_visible()
        await expect(phone.get_by_text("您关了的画面，紧急查看也打不开")).to_be_visible()
        await faultless(phone)

        # The second person ends it before its time; the household hears of that too.
        await phone.goto(town.url + "/f")
        await wait_moving(phone, "hero")
        await enter(desk, town, ADMINISTRATOR)
        await go(desk, "break-glass")
        await desk.get_by_role("button", name="结束").click()
        await desk.get_by_role("dialog").get_by_role("button").first.click()
        await phone.goto(town.url + "/f/who/looks")
        await expect(phone.get_by_text("结束了").first).to_be_visible()


async def test_two_villages_merge_after_saying_what_follows(town: Town, desk: Page) -> None:
    await enter(desk, town, ADMINISTRATOR)
    await go(desk, f"areas/{SHIQIAO}")
    merge = desk.get_by_role("region", name="合并")
    await merge.get_by_label("并入哪里").select_option(XINZHAI)
    await merge.get_by_role("button", name="合并…").click()
    await faultless(desk)
    await desk.keyboard.press("Escape")
    await expect(desk.get_by_text("并入了")).to_have_count(0)
    await merge.get_by_role("button", name="合并…").click()
    said = await agree(desk, "合并")
    for line in ("停用", "新老两个编号", "住户同意过什么", "登记簿"):
        assert line in said
    await expect(told(desk, "并入了")).to_be_visible()
    await expect(desk.locator(".note.warn")).to_contain_text("新寨村")
    await expect(merge).to_have_count(0)
    await faultless(desk)
    # Its household and its group are found under the new village.
    await go(desk, "households")
    await expect(desk.get_by_text("刘二嬢家")).to_be_visible()
    # Two groups of that name now lie in one village: their codes tell them apart.
    await go(desk, "areas")
    for name in ("一社（201001）", "一社（202001）"):
        await expect(desk.get_by_role("link", name=name)).to_be_visible()
