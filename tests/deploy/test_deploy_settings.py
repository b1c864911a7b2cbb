"""What compose and the manifests set is what the services read."""

import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SERVICES = ("registry", "ingest", "relay", "recorder", "analytics")


def test_every_service_runs_in_both(running: list[Any]) -> None:
    assert {(each.where.split()[0], each.service) for each in running} == {
        (where, service) for where in ("compose", "k8s") for service in SERVICES
    }


def test_every_variable_is_a_setting_of_its_service(
    running: list[Any], settings_classes: dict[str, Any]
) -> None:
    unknown = []
    for each in running:
        known = {
            f"HUIYAN_{each.service.upper()}_{name.upper()}"
            for name in settings_classes[each.service].model_fields
        }
        given = {name for name in each.environment if name.startswith("HUIYAN_")}
        assert given, each.where
        unknown += [f"{each.where}: {name}" for name in sorted(given - known)]
    assert unknown == []


def test_the_settings_accept_what_they_are_given(
    running: list[Any], settings_classes: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for each in running:
        with monkeypatch.context() as patch:
            for name, value in each.environment.items():
                patch.setenv(name, value)
            settings = settings_classes[each.service]()
        assert settings.profile == "production", each.where
        settings.check_internal_exposure()
        assert "*" not in str(settings.model_dump()), each.where


def test_no_password_stands_in_an_environment(running: list[Any]) -> None:
    suspicious = re.compile(r"(PASSWORD|SECRET|TOKEN)$")
    for each in running:
        for name, value in each.environment.items():
            assert not suspicious.search(name), f"{each.where}: {name} is no file"
            assert not re.search(r"://[^/@]*:[^/@]*@", value), f"{each.where}: {name}"


def test_every_variable_elsewhere_is_a_setting_too(settings_classes: dict[str, Any]) -> None:
    known = {
        f"HUIYAN_{service.upper()}_{name.upper()}"
        for service, settings in settings_classes.items()
        for name in settings.model_fields
    }
    pages = [*ROOT.glob("deploy/*/Dockerfile"), *ROOT.glob("deploy/**/*.md")]
    pages += [*ROOT.glob("k8s/**/*.md"), ROOT / "docs/guide/operator.md"]
    pages += [*ROOT.glob("k8s/components/*/kustomization.yaml")]
    named = {
        (path.name, name)
        for path in pages
        for name in re.findall(
            r"HUIYAN_(?:REGISTRY|INGEST|RELAY|RECORDER|ANALYTICS)_\w*[A-Z]", path.read_text("utf-8")
        )
    }
    assert len(named) > 5
    assert {each for each in named if each[1] not in known} == set()
