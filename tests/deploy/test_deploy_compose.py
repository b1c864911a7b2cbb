"""The compose file: what it names exists, nobody has too much, nothing starts without secrets."""

import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy/compose"
Object = dict[str, Any]


def secrets_of(service: Object) -> dict[str, str]:
    """Secret → path inside the container."""
    found = {}
    for each in service.get("secrets", []):
        if isinstance(each, str):
            found[each] = f"/run/secrets/{each}"
        else:
            found[each["source"]] = each["target"]
    return found


def test_everything_runs_as_nobody_special(compose: Object) -> None:
    for name, service in compose["services"].items():
        if name != "volumes":
            assert service["user"].split(":")[0] not in ("", "0", "root"), name
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert "no-new-privileges:true" in service["security_opt"], name
        assert service["mem_limit"], name
        assert "privileged" not in service
    assert compose["services"]["volumes"]["network_mode"] == "none"


def test_images_have_a_tag(compose: Object) -> None:
    for name, service in compose["services"].items():
        assert re.fullmatch(r"[a-z/]+:[\w.-]+", service["image"]), name
        assert not service["image"].endswith(":latest"), name


def test_networks_keep_people_cameras_and_inside_apart(compose: Object) -> None:
    networks = {name: set(s.get("networks", [])) for name, s in compose["services"].items()}
    members = {
        network: {name for name, of in networks.items() if network in of}
        for network in compose["networks"]
    }
    assert members["cameras"] == {"ingest"}
    assert members["public"] == {"registry", "relay"}
    assert compose["networks"]["internal"] == {"internal": True}
    published = {name for name, s in compose["services"].items() if s.get("ports")}
    assert published == {"registry", "relay"}


def test_the_relay_publishes_exactly_its_media_ports(compose: Object) -> None:
    relay = compose["services"]["relay"]
    first = relay["environment"]["HUIYAN_RELAY_MEDIA_PORT_MIN"]
    last = relay["environment"]["HUIYAN_RELAY_MEDIA_PORT_MAX"]
    assert f"{first}-{last}:{first}-{last}/udp" in relay["ports"]
    sessions = int(relay["environment"]["HUIYAN_RELAY_MAX_SESSIONS"])
    assert int(last) - int(first) + 1 >= sessions * 1.2
    turn = (ROOT / "deploy/coturn/turnserver.conf").read_text("utf-8")
    turn_last = re.search(r"^max-port=(\d+)$", turn, re.MULTILINE)
    turn_first = re.search(r"^min-port=(\d+)$", turn, re.MULTILINE)
    assert turn_first is not None
    assert turn_last is not None
    assert int(first) > int(turn_last[1]) or int(last) < int(turn_first[1])


def test_secret_files_that_are_named_are_mounted(compose: Object) -> None:
    for name, service in compose["services"].items():
        mounted = set(secrets_of(service).values())
        text = " ".join(
            [*map(str, service.get("environment", {}).values()), *service.get("command", [])]
        )
        named = set(re.findall(r"/run/secrets/[\w.-]+", text))
        if name == "migrate":
            # It shares the registry's settings and opens only the owner's database.
            named = {path for path in named if "owner" in path}
            assert named <= mounted
            continue
        assert named <= mounted, name
        if service["image"].startswith("huiyan/") and name != "volumes":
            assert {path for path in mounted if path.startswith("/run/secrets/")} == named, name


def test_secrets_are_declared_used_and_made(compose: Object) -> None:
    used = {name for s in compose["services"].values() for name in secrets_of(s)}
    assert used == compose["secrets"].keys()
    files = {each["file"] for each in compose["secrets"].values()}
    assert all(file.startswith("secrets/") for file in files)
    ignored = (ROOT / "deploy/.gitignore").read_text("utf-8").splitlines()
    assert {"compose/secrets/", "compose/.env"} <= set(ignored)
    assert not any("environment" in each for each in compose["secrets"].values())


def test_the_registrys_keys_lie_where_it_looks(compose: Object, registry_keys: set[str]) -> None:
    registry = compose["services"]["registry"]
    folder = registry["environment"]["HUIYAN_REGISTRY_SECRETS_DIR"]
    mounted = {path for path in secrets_of(registry).values() if path.startswith(f"{folder}/")}
    assert mounted == {f"{folder}/{name}" for name in registry_keys}


def test_who_waits_for_health_waits_for_somebody_with_a_check(compose: Object) -> None:
    services = compose["services"]
    waited = 0
    for service in services.values():
        for name, how in service.get("depends_on", {}).items():
            waited += 1
            if how["condition"] == "service_healthy":
                own = services[name]["image"].startswith("huiyan/")  # from its Dockerfile
                assert own or "test" in services[name]["healthcheck"], name
            else:
                assert services[name]["restart"] == "no", name
    assert waited > 8


def test_volumes_and_mounted_files_exist(compose: Object) -> None:
    for name, service in compose["services"].items():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith("."):
                assert (FOLDER / source).is_file(), f"{name}: {source}"
            else:
                assert source in compose["volumes"], f"{name}: {source}"


def test_what_must_be_filled_in_is_named_and_nothing_has_a_default() -> None:
    text = (FOLDER / "compose.yaml").read_text("utf-8")
    wanted = set(re.findall(r"\$\{([A-Z_]+)", text))
    listed = set(re.findall(r"^([A-Z_]+)=", (FOLDER / "env.example").read_text("utf-8"), re.M))
    assert wanted == listed
    assert re.findall(r"\$\{[A-Z_]+:?-", text) == []
    required = set(re.findall(r"\$\{([A-Z_]+):\?", text))
    assert required == wanted


@pytest.mark.parametrize("word", ["changeme", "secret123", "postgres:postgres", "admin:"])
def test_no_default_password_anywhere(word: str) -> None:
    pages = [*ROOT.glob("deploy/**/*"), *ROOT.glob("k8s/**/*")]
    texts = {
        path: path.read_text("utf-8")
        for path in pages
        if path.is_file() and "secrets" not in path.parts
    }
    assert len(texts) > 20
    assert [str(path) for path, text in texts.items() if word in text] == []
