"""make-secrets.sh: whole, private, kept on a second run, and what the services can read."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from huiyan_kit.sealing import CameraCredential, open_seal, read_key, seal
from huiyan_registry.openapi import compose_unconnected

ROOT = Path(__file__).parents[2]
TOWN = "510799101000"


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "compose/make-secrets.sh", *arguments], cwd=folder, capture_output=True, text=True,
        check=False,
    )  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is missing: secrets cannot be made")
    for part in ("compose", "coturn"):
        shutil.copytree(
            ROOT / "deploy" / part,
            tmp_path / part,
            ignore=shutil.ignore_patterns("secrets", ".env"),
        )
    shutil.copy(ROOT / "deploy/keys.sh", tmp_path)
    return tmp_path


def fill_in(folder: Path, town: str) -> None:
    text = (folder / "compose/env.example").read_text("utf-8")
    (folder / "compose/.env").write_text(text.replace("TOWN=\n", f"TOWN={town}\n"), "utf-8")


@pytest.mark.root
def test_secrets_are_made_once_and_fit_the_services(folder: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("root is missing: files get the containers' owners")
    fill_in(folder, TOWN)
    assert run(folder).returncode == 2, "without a certificate"
    assert run(folder, "--self-signed", "huiyan.example.org").returncode == 0
    made = folder / "compose/secrets"
    assert made.stat().st_mode & 0o777 == 0o711
    first = {path.name: path.read_bytes() for path in made.iterdir()}
    assert len(first["second-factor.key"]) == 32
    assert all(first.values())
    assert {path.stat().st_mode & 0o777 for path in made.iterdir()} == {0o400}
    owners = {name: (made / name).stat().st_uid for name in first}
    assert owners["tls.key"] == owners["postgres-app.pgpass"] == 10001
    assert owners["postgres-app.password"] == 999
    assert owners["turnserver.conf"] == 65534

    credential = CameraCredential(user="admin", password="p")
    sealed = seal(credential, read_key(made / "ingest.pub"))
    assert open_seal(sealed, read_key(made / "ingest.key")).password == "p"
    # The registry starts on them and makes none of its own (compose mounts them read-only).
    before = set(made.iterdir())
    assert compose_unconnected(made, TOWN).keys.of(TOWN).kid
    assert set(made.iterdir()) == before
    secret = first["turn.secret"].strip()
    assert b"static-auth-secret=" + secret in first["turnserver.conf"]
    assert first["nats-relay.password"].strip() in first["nats-passwords.conf"]

    (made / "nats-relay.password").unlink()
    assert run(folder).returncode == 0
    second = {path.name: path.read_bytes() for path in made.iterdir()}
    changed = {name for name in second if second[name] != first[name]}
    assert changed == {"nats-relay.password", "nats-passwords.conf"}


@pytest.mark.root
@pytest.mark.parametrize("town", ["", "51079910100", "510799101000x"])
def test_a_wrong_town_is_refused(folder: Path, town: str) -> None:
    if os.geteuid() != 0:
        pytest.skip("root is missing: files get the containers' owners")
    fill_in(folder, town)
    refused = run(folder, "--self-signed", "huiyan.example.org")
    assert refused.returncode == 2
    assert "12 digits" in refused.stderr
    assert not (folder / "compose/secrets").exists()


def test_scripts_are_good_shell() -> None:
    scripts = [*ROOT.glob("deploy/**/*.sh"), *ROOT.glob("k8s/*.sh")]
    assert len(scripts) >= 6
    for script in scripts:
        checked = subprocess.run(["sh", "-n", script], capture_output=True, text=True, check=False)
        assert checked.stderr == "", script
