"""Options, addresses, environments and what a person reads."""

import socket
from pathlib import Path

import pytest
from huiyan_ingest.settings import IngestSettings
from huiyan_registry.settings import RegistrySettings
from huiyan_relay.settings import RelaySettings
from huiyan_runner.addresses import choose, lan_address
from huiyan_runner.camera_command import NewCamera, describe_tracks, without_user_info
from huiyan_runner.data_folder import DataFolder
from huiyan_runner.main import main, parser
from huiyan_runner.options import UpOptions
from huiyan_runner.settings_of import ServiceSettings, Surroundings
from huiyan_runner.status_board import fit, width
from huiyan_runner.welcome import Door, Login, welcome
from huiyan_testing.nats_server import ensure_passwords

SURROUNDINGS = Surroundings(
    "nats://127.0.0.1:1", "postgresql+asyncpg://a", "postgresql+asyncpg://o"
)


def options(tmp_path: Path, **more) -> UpOptions:
    return UpOptions(data=tmp_path, **{"port": 0, "relay_port": 0, **more})


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"port": 70000}, "65535"),
        ({"port": 9, "relay_port": 9}, "differ"),
        ({"cameras": 0}, "1 to 40"),
        ({"cameras": 41}, "1 to 40"),
        ({"listen": "everywhere"}, "IP address"),
        ({"public_ip": "1.2.3"}, "IP address"),
        ({"town": "51"}, "12-digit"),
        ({"tls_cert": Path("/nonexistent")}, "both"),
        ({"tls_cert": Path("/nonexistent"), "tls_key": Path("/nonexistent")}, "no such file"),
    ],
)
def test_wrong_options_are_told_in_a_sentence(tmp_path, wrong, said):
    with pytest.raises(ValueError, match=said):
        options(tmp_path, **wrong).check()


def test_the_defaults_pass(tmp_path):
    UpOptions(data=tmp_path).check()
    assert UpOptions(data=tmp_path).listen == "127.0.0.1"


def test_loopback_by_default_also_for_pictures(tmp_path):
    found = choose(options(tmp_path))
    assert found.public_url == f"http://127.0.0.1:{found.registry_port}"
    assert (found.media_host, found.public_ip, found.on_a_network) == ("127.0.0.1", "", False)
    assert found.registry_port != found.relay_port


def test_on_every_address_the_machines_own_one_is_named(tmp_path):
    found = choose(options(tmp_path, listen="0.0.0.0"))
    assert found.public_url == f"http://{lan_address()}:{found.registry_port}"
    assert found.local_registry_url == f"http://127.0.0.1:{found.registry_port}"
    assert (found.media_host, found.public_ip) == ("0.0.0.0", lan_address())
    assert found.on_a_network


def test_a_given_public_url_and_address_win(tmp_path):
    found = choose(
        options(
            tmp_path, public_url="https://see.example/", public_ip="203.0.113.5", listen="0.0.0.0"
        )
    )
    assert (found.public_url, found.public_ip) == ("https://see.example", "203.0.113.5")


def test_a_taken_port_is_told(tmp_path):
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(ValueError, match="is taken"),
    ):
        choose(options(tmp_path, port=taken.getsockname()[1]))


@pytest.mark.parametrize("listen", ["127.0.0.1", "0.0.0.0"])
@pytest.mark.parametrize("public_url", ["", "https://see.example"])
@pytest.mark.parametrize("demo", [True, False])
def test_every_service_accepts_its_environment(tmp_path, monkeypatch, listen, public_url, demo):
    chosen = options(tmp_path, listen=listen, public_url=public_url, demo=demo)
    folder = DataFolder(tmp_path / "data")
    folder.prepare()
    folder.sealing_keys()
    settings = ServiceSettings(chosen, folder, choose(chosen))
    for service in ("registry", "ingest", "relay"):
        environment = getattr(settings, service)(SURROUNDINGS, {"internal": 4242})
        assert all(name.startswith(f"HUIYAN_{service.upper()}_") for name in environment)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
    registry = RegistrySettings.model_validate({})
    registry.check()
    relay, ingest = RelaySettings.model_validate({}), IngestSettings.model_validate({})
    assert registry.public_url in relay.origin_list
    assert {registry.internal_port, relay.internal_port, ingest.internal_port} == {4242}
    assert ("127.0.0.0/8" in ingest.camera_network_list) is demo
    assert registry.profile == ("production" if public_url and not demo else "demo")
    assert {one.nats_user for one in (registry, relay, ingest)} == {"registry", "relay", "ingest"}


def test_secrets_are_named_by_file_in_environments(tmp_path):
    chosen = options(tmp_path)
    folder = DataFolder(tmp_path / "data")
    folder.prepare()
    secret = ensure_passwords(folder.keys, ["relay"])["relay"].read_text()
    settings = ServiceSettings(chosen, folder, choose(chosen))
    environment = settings.relay(SURROUNDINGS, {})
    assert environment["HUIYAN_RELAY_NATS_PASSWORD_FILE"].endswith("nats-relay.password")
    assert secret not in str(environment)


def test_user_info_is_taken_out_of_a_camera_url():
    camera = without_user_info(NewCamera("rtsp://admin:p%40ss@192.168.1.20:554/s1?x=1", "院坝"))
    assert camera.url == "rtsp://192.168.1.20:554/s1?x=1"
    assert (camera.user, camera.password) == ("admin", "p@ss")
    given = without_user_info(NewCamera("rtsp://192.168.1.20/", "院坝", user="u", password="p"))
    assert (given.url, given.user, given.password) == ("rtsp://192.168.1.20/", "u", "p")


def test_tracks_are_described_on_one_line():
    tracks = [{"track": "main", "codec": "h264", "width": 1280, "height": 720, "fps": 25.0}]
    assert describe_tracks({"tracks": tracks}) == "main h264 1280×720 25 fps"
    assert describe_tracks({"tracks": []}) == "—"


def test_the_welcome_has_a_qr_code_and_a_warning_on_a_network_only():
    known = {
        "public_url": "http://192.168.1.5:8800",
        "login": Login("zhang", "secret-1"),
        "family_link": "http://192.168.1.5:8800/f#c=abc",
        "data": "data",
    }
    loopback = welcome(**known, on_a_network=False, secure=False)
    assert "/room" in loopback
    assert "secret-1" in loopback
    assert "/f#c=abc" in loopback
    assert "█" not in loopback
    network = welcome(**known, on_a_network=True, secure=False)
    assert "█" in network
    assert "wake lock" in network
    assert "wake lock" not in welcome(**known, on_a_network=True, secure=True)


def test_the_welcome_names_every_door_after_the_rooms():
    told = welcome(
        public_url="http://127.0.0.1:8800",
        login=Login("zhang", "secret-1"),
        family_link="http://127.0.0.1:8800/f#c=abc",
        on_a_network=False,
        secure=False,
        data="data",
        doors=[Door("装维 install", "/i", Login("he", "secret-2"))],
        new_camera_login="data/keys/camera.login",
    )
    assert "http://127.0.0.1:8800/i    账号 he    密码 secret-2" in told
    assert told.index("secret-1") < told.index("secret-2")
    assert "data/keys/camera.login" in told


def test_cameras_are_searched_where_we_are_reached(tmp_path):
    alone = choose(options(tmp_path))
    assert alone.discovery_addresses == "127.0.0.1"
    assert alone.discovery_port not in (0, 3702), "another demo's camera is not found"
    real = choose(options(tmp_path, demo=False))
    assert (real.discovery_addresses, real.discovery_port) == ("", 3702)
    named = choose(options(tmp_path, demo=False, search_on="10.0.0.5,10.1.0.5"))
    assert named.discovery_addresses == "10.0.0.5,10.1.0.5"
    both = choose(options(tmp_path, search_on="10.0.0.5"))
    assert (both.discovery_addresses, both.discovery_port) == ("10.0.0.5,127.0.0.1", 3702)
    with pytest.raises(ValueError, match="--search-on"):
        options(tmp_path, search_on="fe80::1").check()


def test_lines_never_wrap():
    assert width("慧眼 ok") == 7
    assert fit("慧眼 ok", 3) == "慧"
    assert fit("ok", 10) == "ok"


def test_commands_without_a_suite_say_so(tmp_path, capsys):
    for command in (["watch"], ["status"], ["down"], ["camera", "list"], ["link", "new", "hh_x"]):
        assert main([*command, "--data", str(tmp_path)]) == 1
        assert "huiyan up" in capsys.readouterr().err


def test_every_port_can_be_chosen():
    given = parser().parse_args(
        ["up", "--port", "0", "--relay-port", "0", "--nats-port", "0", "--camera-port", "0"]
    )
    assert (given.port, given.relay_port, given.nats_port, given.camera_port) == (0, 0, 0, 0)
