"""The first administrator of a town that is no demo, by https: made on the command line, led to a
password and a second factor of their own before anything else opens, and mended by a reset."""

import asyncio
import base64
import datetime
import ipaddress
import json
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from huiyan_registry.session.totp import code_at, step_of
from huiyan_testing.browser import chromium
from huiyan_testing.parent_death import end_with_parent
from playwright.async_api import Page, expect

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(240),
    pytest.mark.asyncio(loop_scope="module"),
]
PASSWORD = "清溪镇 2026 我自己的"
_READY_S = 120.0
_TOLD = re.compile(r"account:\s+(\S+)\s+密码 password:\s+(\S+)")


@dataclass
class RealTown:
    """`huiyan up --no-demo` by https."""

    data: Path
    url: str = ""

    async def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Another command on the same folder."""
        command = [sys.executable, "-m", "huiyan_runner", *words, "--data", str(self.data)]
        return await asyncio.to_thread(
            subprocess.run, command, capture_output=True, text=True, timeout=60
        )


def certificate(folder: Path) -> tuple[Path, Path]:
    """Self-signed, for localhost."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    names: list[x509.GeneralName] = [
        x509.DNSName("localhost"),
        x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
    ]
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + datetime.timedelta(1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    chain, private = folder / "chain.pem", folder / "key.pem"
    chain.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return chain, private


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def real_town(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RealTown]:
    folder = tmp_path_factory.mktemp("real")
    chain, private = certificate(folder)
    town = RealTown(folder / "data")
    words = ("up", "--no-demo", "--port", "0", "--relay-port", "0", "--data", str(town.data))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "huiyan_runner", *words),
        *("--tls-cert", str(chain), "--tls-key", str(private)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        preexec_fn=end_with_parent(),
    )
    assert process.stdout is not None
    printed = ""
    try:
        async with asyncio.timeout(_READY_S):
            while "Ctrl-C" not in printed:
                line = await process.stdout.readline()
                assert line, printed
                printed += line.decode()
        state = json.loads((town.data / "state.json").read_text())
        town.url = state["public_url"].replace("127.0.0.1", "localhost")
        yield town
    finally:
        process.send_signal(signal.SIGINT)
        await asyncio.wait_for(process.communicate(), 30)


async def sign_in(page: Page, url: str, account: str, password: str) -> None:
    await page.goto(url)
    await page.get_by_label("账号").fill(account)
    await page.get_by_label("密码", exact=True).fill(password)
    await page.get_by_role("button", name="进入").click()


async def new_password(page: Page, password: str) -> None:
    await page.get_by_label("新密码", exact=True).fill(password)
    await page.get_by_label("新密码再输一遍").fill(password)
    await page.get_by_role("button", name="换密码").click()


def code_of(secret: bytes, ahead: int = 0) -> str:
    now = datetime.datetime.now(datetime.UTC).timestamp()
    return code_at(secret, step_of(now) + ahead)


async def faultless(page: Page) -> None:
    found = await Axe().run(page)
    assert [f"{one['id']}: {one['help']}" for one in found.response["violations"]] == []


async def test_from_the_command_line_to_the_town_s_people(real_town: RealTown) -> None:
    made = await real_town.run("account", "add", "wanglan", "--name", "王兰")
    assert made.returncode == 0, made.stderr
    told = _TOLD.search(made.stdout)
    assert told is not None and "/admin" in made.stdout
    account, first = told.groups()
    logs = "".join(path.read_text() for path in (real_town.data / "logs").glob("*.log"))
    assert first not in logs
    again = await real_town.run("account", "add", "wanglan")
    assert (again.returncode, again.stdout) == (1, "")

    async with chromium(width=360, height=740, ignore_https_errors=True) as browser:
        page = browser.pages[0]
        await sign_in(page, f"{real_town.url}/admin", account, first)
        await expect(page.get_by_role("heading", name="先换个自己的密码")).to_be_visible()
        await new_password(page, PASSWORD)
        # Nothing but one's own account opens, and it says what is missing.
        await expect(page.get_by_role("status").first).to_contain_text("先设第二步验证")
        assert await page.get_by_role("navigation").get_by_role("link").all_inner_texts() == [
            "我的账号"
        ]
        await faultless(page)
        await page.goto(f"{real_town.url}/room")
        await page.get_by_role("link", name="去设").click()
        await page.get_by_role("button", name="设验证器").click()
        shown = await page.locator("code").inner_text()
        secret = _unbase32(shown.replace(" ", ""))
        await page.get_by_label("验证器上的 6 位数字").fill(code_of(secret))
        await page.get_by_role("button", name="确认").click()
        await page.get_by_role("link", name="人员").click()
        await expect(page.get_by_text("王兰").last).to_be_visible()
        await page.get_by_role("button", name="退出").first.click()

        await sign_in(page, f"{real_town.url}/admin", account, PASSWORD)
        await expect(page.get_by_role("heading", name="再确认一步")).to_be_visible()
        await page.get_by_label("验证码").fill(code_of(secret, 1))
        await page.get_by_role("button", name="确认").click()
        await expect(page.get_by_role("link", name="人员")).to_be_visible()

        # The phone is lost, and there is no other administrator.
        reset = await real_town.run("account", "reset", "wanglan")
        assert reset.returncode == 0, reset.stderr
        told = _TOLD.search(reset.stdout)
        assert told is not None and told[2] not in (first, PASSWORD)
        await page.reload()
        await sign_in(page, f"{real_town.url}/admin", account, told[2])
        await expect(page.get_by_role("heading", name="先换个自己的密码")).to_be_visible()


async def test_an_administrator_sees_no_pictures_and_nobody_is_reset_by_mistake(
    real_town: RealTown,
) -> None:
    nobody = await real_town.run("account", "reset", "nobody")
    assert nobody.returncode == 1
    assert "没有账号" in nobody.stderr and "{" not in nobody.stderr
    made = await real_town.run("account", "add", "zhangwei")
    told = _TOLD.search(made.stdout)
    assert told is not None
    async with httpx.AsyncClient(base_url=real_town.url, verify=False) as client:
        body = {"account": told[1], "password": told[2]}
        entered = (await client.post("/api/v1/login", json=body)).raise_for_status().json()
        assert sorted(entered["me"]["roles"]) == ["administrator", "room_admin"]
        assert entered["me"]["must_change_password"] is True
        refused = await client.get("/api/v1/cameras")
        assert (refused.status_code, refused.json()["code"]) == (403, "must_change_password")


def _unbase32(text: str) -> bytes:
    return base64.b32decode(text + "=" * (-len(text) % 8))
