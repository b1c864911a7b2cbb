"""What the deployment files say, read once."""

import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from huiyan_analytics.settings import AnalyticsSettings
from huiyan_ingest.settings import IngestSettings
from huiyan_kit.settings import ServiceSettings
from huiyan_recorder.settings import RecorderSettings
from huiyan_registry.openapi import compose_unconnected
from huiyan_registry.settings import RegistrySettings
from huiyan_relay.settings import RelaySettings

ROOT = Path(__file__).parents[2]
Object = dict[str, Any]
SETTINGS: dict[str, type[ServiceSettings]] = {
    "registry": RegistrySettings,
    "ingest": IngestSettings,
    "relay": RelaySettings,
    "recorder": RecorderSettings,
    "analytics": AnalyticsSettings,
}
# What a filled-in .env would say.
ENV_FILE = {
    "TAG": "0.1.0",
    "TOWN": "510799101000",
    "PUBLIC_URL": "https://huiyan.example.org",
    "RELAY_URL": "https://huiyan.example.org:8444",
    "PUBLIC_IP": "192.0.2.1",
    "CAMERA_NETWORKS": "10.0.0.0/8,fc00::/7",
    "NOTICE_OPERATOR": "双板镇综治中心",
    "NOTICE_CONTACT": "028-00000000",
    "TURN_URLS": "turn:huiyan.example.org:3478?transport=udp",
    "TURN_REALM": "huiyan.example.org",
}
FIELD_VALUES = {
    "status.podIP": "10.244.1.2",
    "status.hostIP": "10.0.0.3",
    "metadata.name": "nats-0",
}


@dataclass(frozen=True)
class Running:
    """A container as it would be started: from compose or from a manifest."""

    where: str
    service: str
    environment: dict[str, str]


def _substitute(text: str) -> str:
    def value(match: re.Match[str]) -> str:
        return ENV_FILE[match[1]]

    return re.sub(r"\$\{([A-Z_]+)(?::\?[^}]*)?\}", value, text)


@cache
def compose_file() -> Object:
    text = (ROOT / "deploy/compose/compose.yaml").read_text("utf-8")
    read: Object = yaml.safe_load(_substitute(text))
    return read


def _documents(path: Path) -> list[Object]:
    return [each for each in yaml.safe_load_all(path.read_text("utf-8")) if each]


@cache
def _manifests() -> tuple[Object, ...]:
    """Objects as they are written, before kustomize adds names, patches and namespaces."""
    files = [
        path for path in sorted(ROOT.glob("k8s/**/*.yaml")) if path.name != "kustomization.yaml"
    ]
    return tuple(document for path in files for document in _documents(path))


@cache
def _kustomizations() -> dict[str, Object]:
    return {
        str(path.parent.relative_to(ROOT / "k8s")): _documents(path)[0]
        for path in sorted(ROOT.glob("k8s/**/kustomization.yaml"))
    }


def _town_values(folder: str) -> dict[str, str]:
    generators = _kustomizations()[folder].get("configMapGenerator", [])
    literals = [
        literal for each in generators if each["name"] == "town" for literal in each["literals"]
    ]
    return dict(literal.split("=", 1) for literal in literals)


def _kubernetes_environment(container: Object, values: dict[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for each in container.get("env", []):
        source = each.get("valueFrom", {})
        if "configMapKeyRef" in source:
            value = values[source["configMapKeyRef"]["key"]]
        elif "fieldRef" in source:
            value = FIELD_VALUES[source["fieldRef"]["fieldPath"]]
        else:
            value = re.sub(r"\$\(([A-Z_]+)\)", lambda match: found[match[1]], each["value"])
        found[each["name"]] = value
    return found


@pytest.fixture(scope="session")
def compose() -> Object:
    return compose_file()


@pytest.fixture(scope="session")
def manifests() -> tuple[Object, ...]:
    return _manifests()


@pytest.fixture(scope="session")
def kustomizations() -> dict[str, Object]:
    return _kustomizations()


@pytest.fixture(scope="session")
def town_values() -> Callable[[str], dict[str, str]]:
    return _town_values


@pytest.fixture(scope="session")
def settings_classes() -> dict[str, type[ServiceSettings]]:
    return SETTINGS


@pytest.fixture(scope="session")
def running() -> list[Running]:
    """Every container of a service of ours, from compose and for the town Shiqiao."""
    found = []
    for name, each in compose_file()["services"].items():
        image = re.fullmatch(r"huiyan/([a-z]+):.*", each["image"])
        if image and name != "volumes":
            # Compose puts values in after reading the YAML, so that all of them are text.
            environment = {key: str(value) for key, value in each["environment"].items()}
            found.append(Running(f"compose {name}", image[1], environment))
    values = _town_values("towns/shiqiao")
    for each in _manifests():
        pod = each.get("spec", {}).get("template", {}).get("spec", {})
        for container in pod.get("containers", []):
            image = re.fullmatch(r"huiyan/([a-z]+):.*", container["image"])
            if image:
                environment = _kubernetes_environment(container, values)
                found.append(Running(f"k8s {each['metadata']['name']}", image[1], environment))
    return found


@pytest.fixture(scope="session")
def registry_keys(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The files that a registry makes in an empty folder at its first start; in a deployment the
    folder is read-only, and each of them must lie in it."""
    folder = tmp_path_factory.mktemp("signing")
    compose_unconnected(folder, ENV_FILE["TOWN"])
    return {path.name for path in folder.iterdir()}


@pytest.fixture(scope="session")
def tool() -> Callable[[str], str]:
    """The path of a deployment tool; a test that needs a missing one is skipped by its name."""

    def find(name: str) -> str:
        folder = os.environ.get("HUIYAN_DEPLOY_TOOLS", str(ROOT / ".venv-deploy" / "bin"))
        path = Path(folder) / name
        found = str(path.resolve()) if path.is_file() else shutil.which(name)
        if found is None:
            pytest.skip(f"{name} is missing: `make k8s-check` installs it")
        return found

    return find
