"""Dockerfiles and their locks: the same shape, only what a service needs, nothing from nowhere."""

import importlib.util
import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SERVICES = ("registry", "ingest", "relay", "recorder", "analytics")
PINNED = re.compile(r"^([a-z0-9][a-z0-9._-]*)==([^ ;\\]+)", re.MULTILINE)


def image_parts() -> Any:
    spec = importlib.util.spec_from_file_location("image_parts", ROOT / "deploy/image_parts.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def dockerfile(service: str) -> str:
    return (ROOT / f"deploy/{service}/Dockerfile").read_text("utf-8")


def final_stage(service: str) -> str:
    return dockerfile(service).rsplit("\nFROM ", 1)[1]


@pytest.mark.parametrize("service", SERVICES)
def test_the_image_is_nobody_special_and_ends_by_sigterm(service: str) -> None:
    last = final_stage(service)
    assert dockerfile(service).count("ARG BASE=python:3.11-slim-bookworm\n") == 1
    assert set(re.findall(r"^FROM (\S+)", dockerfile(service), re.MULTILINE)) == {"${BASE}"}
    assert "\nUSER 10001:10001\n" in last
    assert "\nSTOPSIGNAL SIGTERM\n" in last
    assert f'\nENTRYPOINT ["python", "-m", "huiyan_{service}"]\n' in last
    assert f"HUIYAN_{service.upper()}_INTERNAL_PORT=9090" in last
    assert "/health/live" in last.split("HEALTHCHECK")[1]
    assert "apt-get" not in dockerfile(service)


@pytest.mark.parametrize("service", SERVICES)
def test_only_what_the_service_needs_goes_in(service: str) -> None:
    own, _ = image_parts().parts(service)
    text = dockerfile(service)
    wheels = re.search(r"--wheel-dir wheels \\\n +(.*) \\\n", text)
    assert wheels is not None
    assert sorted(wheels[1].split()) == [f"./{folder}" for folder in own]
    copied = set(re.findall(r"^COPY (\S+) \1$", text, re.MULTILINE))
    assert copied == {folder for folder in own if folder != "web"}
    ignore = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    for folder in own:
        assert f"!{folder}/pyproject.toml" in ignore
    assert f"!deploy/{service}/requirements.lock" in ignore
    assert next(line for line in ignore if line and line[0] not in "#!") == "**"
    assert not any("secrets" in line for line in ignore if line.startswith("!"))


@pytest.mark.parametrize("service", SERVICES)
def test_the_lock_fits_the_code_and_what_was_tested(service: str) -> None:
    text = (ROOT / f"deploy/{service}/requirements.lock").read_text("utf-8")
    assert "http" not in re.sub(r"^\S*http\S*==", "", text, flags=re.MULTILINE)
    pinned = dict(PINNED.findall(text))
    tested = (ROOT / "requirements.lock").read_text("utf-8")
    versions = set(PINNED.findall(tested))
    assert [each for each in pinned.items() if each not in versions] == []
    assert text.count("--hash=sha256:") > len(pinned)
    _, outside = image_parts().parts(service)
    names = {re.split(r"[\[<>=!~ ]", each)[0].lower() for each in outside}
    missing = {name for name in names if name.replace("_", "-") not in pinned}
    assert missing == set(), "run deploy/lock.sh"


def test_only_the_services_that_touch_media_carry_media_code() -> None:
    parts = {service: image_parts().parts(service)[1] for service in SERVICES}
    heavy = {"av", "aiortc", "numpy"}
    for service in ("registry", "recorder", "analytics"):
        names = {re.split(r"[\[<>=]", each)[0] for each in parts[service]}
        assert names.isdisjoint(heavy), service
