"""What only the real tools can tell; each test is skipped by the tool's name when it is missing."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
OVERLAYS = ("k8s/towns/shuangban", "k8s/towns/shuangban/media", "k8s/towns/shiqiao", "k8s/turn")


def build(kubectl: str, folder: str) -> list[dict[str, Any]]:
    built = subprocess.run(
        [kubectl, "kustomize", folder], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert built.returncode == 0, built.stderr
    return [each for each in yaml.safe_load_all(built.stdout) if each]


@pytest.mark.parametrize("folder", OVERLAYS)
def test_the_overlay_builds_and_its_names_lead_somewhere(
    folder: str, tool: Callable[[str], str]
) -> None:
    objects = build(tool("kubectl"), folder)
    namespaces = {
        each["metadata"]["name"]: each["metadata"]["labels"]
        for each in objects
        if each["kind"] == "Namespace"
    }
    assert len(namespaces) == 1
    (namespace,) = namespaces
    configs = {
        each["metadata"]["name"]: each["data"] for each in objects if each["kind"] == "ConfigMap"
    }
    hosts = []
    for each in objects:
        if each["kind"] != "Namespace":
            assert each["metadata"]["namespace"] == namespace
        pod = each.get("spec", {}).get("template", {}).get("spec", {})
        if pod.get("hostNetwork"):
            hosts.append(each["metadata"]["name"])
        for container in [*pod.get("initContainers", []), *pod.get("containers", [])]:
            assert not container["image"].endswith((":latest", ":set-by-town"))
            for variable in container.get("env", []):
                reference = variable.get("valueFrom", {}).get("configMapKeyRef")
                assert reference is None or reference["key"] in configs[reference["name"]]
        for volume in pod.get("volumes", []):
            for source in volume.get("projected", {}).get("sources", []):
                if "configMap" in source:
                    assert configs[source["configMap"]["name"]].keys() == {
                        "nats.conf",
                        "users.conf",
                    }
    level = namespaces[namespace]["pod-security.kubernetes.io/enforce"]
    assert level == ("privileged" if hosts else "restricted")
    assert hosts == [] or len(hosts) == 1


def test_relays_know_from_where_their_media_leaves(tool: Callable[[str], str]) -> None:
    found = {}
    for folder in ("k8s/towns/shiqiao", "k8s/towns/shuangban/media"):
        relay = next(
            each
            for each in build(tool("kubectl"), folder)
            if each["kind"] == "Deployment" and each["metadata"]["name"] == "relay"
        )
        container = relay["spec"]["template"]["spec"]["containers"][0]
        variables = {each["name"]: each for each in container["env"]}
        assert len(variables) == len(container["env"])
        source = variables["HUIYAN_RELAY_MEDIA_HOST"]["valueFrom"]["fieldRef"]["fieldPath"]
        found[folder] = (source, variables["HUIYAN_RELAY_NATS_URL"]["value"])
    assert found == {
        "k8s/towns/shiqiao": ("status.podIP", "nats://nats:4222"),
        "k8s/towns/shuangban/media": ("status.hostIP", "nats://nats.huiyan-shuangban.svc:4222"),
    }


@pytest.mark.parametrize("folder", OVERLAYS)
def test_the_schema_is_kept(folder: str, tool: Callable[[str], str], tmp_path: Path) -> None:
    validate = tool("kubernetes-validate")
    (tmp_path / "built.yaml").write_text(yaml.safe_dump_all(build(tool("kubectl"), folder)))
    checked = subprocess.run(
        [validate, "--strict", "--quiet", tmp_path / "built.yaml"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_dockerfiles_are_clean(tool: Callable[[str], str]) -> None:
    files = sorted(ROOT.glob("deploy/*/Dockerfile"))
    assert len(files) == 5
    checked = subprocess.run(
        [tool("hadolint"), *files], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
