"""Cross references of the manifests, which schema checkers do not follow."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
Object = dict[str, Any]
WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet", "Job")


def of_kind(manifests: tuple[Object, ...], *kinds: str) -> list[Object]:
    return [each for each in manifests if each["kind"] in kinds]


def pod_spec(workload: Object) -> Object:
    spec: Object = workload["spec"]["template"]["spec"]
    return spec


def containers(manifests: tuple[Object, ...]) -> Iterator[tuple[str, Object, Object]]:
    """(name of the workload, pod spec, container), init containers too."""
    for workload in of_kind(manifests, *WORKLOADS):
        spec = pod_spec(workload)
        for container in [*spec.get("initContainers", []), *spec["containers"]]:
            yield workload["metadata"]["name"], spec, container


def matches(selector: Object, labels: Object) -> bool:
    return bool(selector) and selector.items() <= labels.items()


def test_workloads_are_there_as_designed(manifests: tuple[Object, ...]) -> None:
    found = {each["metadata"]["name"]: each for each in of_kind(manifests, *WORKLOADS)}
    assert set(found) == {
        "nats",
        "registry",
        "registry-migrate",
        "ingest",
        "relay",
        "recorder",
        "analytics",
        "turn",
    }
    ingest, relay, registry = found["ingest"], found["relay"], found["registry"]
    assert (ingest["kind"], ingest["spec"]["podManagementPolicy"]) == ("StatefulSet", "Parallel")
    assert pod_spec(ingest)["terminationGracePeriodSeconds"] == 120
    assert ingest["spec"]["volumeClaimTemplates"][0]["metadata"]["name"] == "spool"
    assert relay["spec"]["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}
    assert pod_spec(relay)["terminationGracePeriodSeconds"] == 300
    assert registry["spec"]["replicas"] >= 2


def test_selectors_find_their_own_pods(manifests: tuple[Object, ...]) -> None:
    templates = {
        each["metadata"]["name"]: each["spec"]["template"]["metadata"]["labels"]
        for each in of_kind(manifests, *WORKLOADS)
    }
    for workload in of_kind(manifests, "Deployment", "StatefulSet", "DaemonSet"):
        name, selector = workload["metadata"]["name"], workload["spec"]["selector"]["matchLabels"]
        assert [each for each, labels in templates.items() if matches(selector, labels)] == [name]
    for service in of_kind(manifests, "Service"):
        found = [
            each
            for each, labels in templates.items()
            if matches(service["spec"]["selector"], labels)
        ]
        assert len(found) == 1, service["metadata"]["name"]
    for workload in of_kind(manifests, "StatefulSet"):
        headless = [
            each
            for each in of_kind(manifests, "Service")
            if each["metadata"]["name"] == workload["spec"]["serviceName"]
        ]
        assert headless[0]["spec"]["clusterIP"] == "None"


def test_every_lasting_workload_has_a_disruption_budget(manifests: tuple[Object, ...]) -> None:
    budgets = [
        each["spec"]["selector"]["matchLabels"]
        for each in of_kind(manifests, "PodDisruptionBudget")
    ]
    lasting = of_kind(manifests, "Deployment", "StatefulSet", "DaemonSet")
    for workload in lasting:
        labels = workload["spec"]["template"]["metadata"]["labels"]
        assert sum(matches(budget, labels) for budget in budgets) == 1
    assert len(budgets) == len(lasting)


def test_ports_that_are_named_exist(manifests: tuple[Object, ...]) -> None:
    for name, _, container in containers(manifests):
        ports = {port["name"] for port in container.get("ports", [])}
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            for way in ("httpGet", "tcpSocket"):
                if way in container.get(probe, {}):
                    assert container[probe][way]["port"] in ports, f"{name} {probe}"
    for service in of_kind(manifests, "Service"):
        selector = service["spec"]["selector"]
        target = next(
            each
            for each in of_kind(manifests, *WORKLOADS)
            if matches(selector, each["spec"]["template"]["metadata"]["labels"])
        )
        ports = {port["name"] for port in pod_spec(target)["containers"][0]["ports"]}
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= ports


def test_our_services_are_probed_by_heartbeat_on_the_internal_port(
    manifests: tuple[Object, ...],
) -> None:
    probed = set()
    for name, _, container in containers(manifests):
        if not container["image"].startswith("huiyan/") or "ports" not in container:
            continue
        probed.add(name)
        environment = {each["name"]: each.get("value") for each in container["env"]}
        internal = next(p["containerPort"] for p in container["ports"] if p["name"] == "internal")
        prefix = f"HUIYAN_{name.upper()}_INTERNAL_"
        assert environment[prefix + "PORT"] == str(internal)
        assert environment[prefix + "TOKEN_FILE"].startswith("/run/secrets/internal/")
        startup = container["startupProbe"]
        assert startup["periodSeconds"] * startup["failureThreshold"] <= 60
        assert container["livenessProbe"]["httpGet"] == {"path": "/health/live", "port": "internal"}
        assert container["readinessProbe"]["httpGet"]["path"] == "/health/ready"
    assert probed == {"registry", "ingest", "relay", "recorder", "analytics"}


def test_mounts_volumes_and_secret_files_fit(manifests: tuple[Object, ...]) -> None:
    for workload in of_kind(manifests, *WORKLOADS):
        spec = pod_spec(workload)
        volumes = {each["name"] for each in spec["volumes"]}
        volumes |= {c["metadata"]["name"] for c in workload["spec"].get("volumeClaimTemplates", [])}
        used = set()
        for container in [*spec.get("initContainers", []), *spec["containers"]]:
            mounts = {each["name"]: each["mountPath"] for each in container["volumeMounts"]}
            used |= set(mounts)
            for variable in container.get("env", []):
                value = variable.get("value", "")
                for path in re.findall(r"/run/[a-z]+/[\w./-]+", value):
                    if workload["kind"] == "Job" and path == "/run/secrets/signing":
                        continue  # the settings want it, a migration never opens it
                    inside = [mount for mount in mounts.values() if path.startswith(mount)]
                    assert inside, f"{workload['metadata']['name']}: {path} is mounted nowhere"
        assert used == volumes, workload["metadata"]["name"]


def test_pods_fit_the_restricted_level(manifests: tuple[Object, ...]) -> None:
    """Pod Security Standards, `restricted`; TURN alone is written with the host's network."""
    for name, spec, container in containers(manifests):
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["securityContext"]["runAsUser"] > 10_000
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert spec["automountServiceAccountToken"] is False
        assert spec.get("hostNetwork", False) is (name == "turn")
        own = container["securityContext"]
        assert own["allowPrivilegeEscalation"] is False
        assert own["readOnlyRootFilesystem"] is True
        assert own["capabilities"] == {"drop": ["ALL"]}
        assert {"requests", "limits"} <= container["resources"].keys()
        assert container["resources"]["limits"].keys() == {"cpu", "memory"}
        assert not any("hostPath" in volume for volume in spec["volumes"])


def test_accounts_exist_and_carry_no_token(manifests: tuple[Object, ...]) -> None:
    accounts = {each["metadata"]["name"]: each for each in of_kind(manifests, "ServiceAccount")}
    used = {pod_spec(each)["serviceAccountName"] for each in of_kind(manifests, *WORKLOADS)}
    assert used == accounts.keys()
    assert not any(each["automountServiceAccountToken"] for each in accounts.values())


def test_no_secret_lies_in_the_repository_and_each_one_is_made(
    manifests: tuple[Object, ...], kustomizations: dict[str, Object]
) -> None:
    assert of_kind(manifests, "Secret") == []
    assert not any("secretGenerator" in each for each in kustomizations.values())
    wanted = set()
    for workload in of_kind(manifests, *WORKLOADS):
        for volume in pod_spec(workload)["volumes"]:
            wanted |= {volume["secret"]["secretName"]} if "secret" in volume else set()
            for source in volume.get("projected", {}).get("sources", []):
                wanted |= {source["secret"]["name"]} if "secret" in source else set()
    script = (ROOT / "k8s/make-secrets.sh").read_text("utf-8")
    made = set(re.findall(r"^(?:secret|tls) \S+ ([a-z-]+)", script, re.MULTILINE))
    assert wanted == made
    readme = (ROOT / "k8s/README.md").read_text("utf-8")
    assert [name for name in sorted(wanted) if f"`{name}`" not in readme] == []


def test_every_replica_of_the_registry_gets_all_of_its_keys(registry_keys: set[str]) -> None:
    """They are mounted read-only: a key that is missing stops the start of each pod."""
    script = (ROOT / "k8s/make-secrets.sh").read_text("utf-8").replace("\\\n", " ")
    line = re.search(r'^secret "\$town" registry-signing (.*)$', script, re.MULTILINE)
    assert line is not None
    words = line[1].replace('"', "").replace("$1", "510799101000").split()
    assert {word.partition("=")[0] for word in words} == registry_keys


def test_values_that_are_asked_of_a_town_are_given(
    manifests: tuple[Object, ...], town_values: Callable[[str], dict[str, str]]
) -> None:
    asked: dict[str, set[str]] = {"relay": set(), "town": set()}
    for name, _, container in containers(manifests):
        for each in container.get("env", []):
            source = each.get("valueFrom", {}).get("configMapKeyRef", {})
            if source.get("name") == "town":
                asked["relay" if name == "relay" else "town"].add(source["key"])
    for folder in ("towns/shuangban", "towns/shiqiao"):
        assert set(town_values(folder)) == asked["town"] | asked["relay"]
        assert len(town_values(folder)) <= 9
    assert set(town_values("towns/shuangban/media")) == asked["relay"]


def test_a_town_and_its_media_namespace_agree_and_towns_differ(
    town_values: Callable[[str], dict[str, str]], kustomizations: dict[str, Object]
) -> None:
    town, media = town_values("towns/shuangban"), town_values("towns/shuangban/media")
    assert media.items() <= town.items()
    url = kustomizations["towns/shuangban/media"]["patches"][0]["patch"]
    assert f"nats.{kustomizations['towns/shuangban']['namespace']}.svc" in url
    other = town_values("towns/shiqiao")
    assert {name for name in town if town[name] == other[name]} == {"MAX_CAMERAS", "TURN_URLS"}


@pytest.mark.parametrize("folder", ["base", "relay", "turn"])
def test_nothing_is_written_and_forgotten(folder: str, kustomizations: dict[str, Object]) -> None:
    listed = set(kustomizations[folder]["resources"])
    there = {path.name for path in (ROOT / "k8s" / folder).glob("*.yaml")}
    assert listed == there - {"kustomization.yaml"}


def test_images_get_a_tag_from_the_town(
    manifests: tuple[Object, ...], kustomizations: dict[str, Object]
) -> None:
    for name, _, container in containers(manifests):
        image, _, tag = container["image"].partition(":")
        assert tag not in ("", "latest"), name
        assert (tag == "set-by-town") is image.startswith("huiyan/"), name
    for folder, services in {
        "towns/shiqiao": {"registry", "ingest", "relay", "recorder", "analytics"},
        "towns/shuangban": {"registry", "ingest", "recorder", "analytics"},
        "towns/shuangban/media": {"relay"},
    }.items():
        tags = {each["name"]: each["newTag"] for each in kustomizations[folder]["images"]}
        assert tags.keys() == {f"huiyan/{service}" for service in services}
        assert all(tag not in ("", "latest", "set-by-town") for tag in tags.values())
