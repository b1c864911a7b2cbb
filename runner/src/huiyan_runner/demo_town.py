"""The demo town as the runner sees it: sites for the registry's seed, logins that come back."""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import Any

from huiyan_testing.camera.demo_sites import demo_sites

from huiyan_runner.data_folder import DataFolder, write_private
from huiyan_runner.welcome import Door, Login

_CAMERA_USER = "demo"
_MACHINES = ("operator", "probe")
# Role, what the page is called, where it is.
_DOORS = (
    ("installer", "装维 install", "/i"),
    ("administrator", "管理 admin  ", "/admin"),
    ("auditor", "审计 audit  ", "/admin"),
)


class DemoTown:
    """Links work once and are kept in memory only; keys of machines go to files of mode 0600."""

    def __init__(self, folder: DataFolder, cameras: int) -> None:
        self._folder = folder
        self._cameras = cameras
        self._seeded: dict[str, Any] = {}

    @property
    def first_camera(self) -> int:
        """The number of the camera that the family's link shows: drawn before all others."""
        sites = demo_sites(self._cameras)
        return next((site.number for site in sites if site.household == 1), 1)

    def camera_login(self) -> Path:
        """The file with the login of the simulated cameras, one line `user:password`."""
        path = self._folder.keys / "camera.login"
        if not path.exists():
            write_private(path, f"{_CAMERA_USER}:{secrets.token_urlsafe(12)}\n")
        return path

    def write_sites(self, rtsp_port: int) -> Path:
        """The file of sites for `seed-demo`; it holds the cameras' login, so it is 0600."""
        user, _, password = self.camera_login().read_text("utf-8").strip().partition(":")
        base = f"rtsp://127.0.0.1:{rtsp_port}/auth/cam"
        sites = [
            {
                "name": site.name,
                "site_kind": site.kind.value,
                "household": site.household,
                "main_url": f"{base}/{site.number}/main",
                "sub_url": f"{base}/{site.number}/sub",
                "user": user,
                "password": password,
            }
            for site in demo_sites(self._cameras)
        ]
        path = self._folder.keys / "demo-sites.json"
        write_private(path, json.dumps(sites, ensure_ascii=False))
        return path

    def accept(self, seeded: str) -> None:
        """Take what the seed told. ValueError when it is not its JSON."""
        self._seeded = json.loads(seeded)
        for machine in _MACHINES:
            write_private(self._folder.keys / f"{machine}.key", json.dumps(self._seeded[machine]))
        self._folder.write_home(self._seeded["household"])

    def clerk(self) -> Login:
        """Who sits in the village's monitor room."""
        return self._login("clerk")

    def doors(self) -> list[Door]:
        """Where the others go in."""
        return [Door(word, path, self._login(role)) for role, word, path in _DOORS]

    def _login(self, role: str) -> Login:
        accounts = self._seeded["accounts"]
        chosen = next((one for one in accounts if one["role"] == role), accounts[0])
        return Login(chosen["account"], chosen["password"], f"{chosen['name']} · {chosen['room']}")

    def family_link(self) -> str:
        """For the owner of the first household."""
        return str(self._seeded["family_link"])

    def relative_link(self) -> str:
        """For a relative far away."""
        return str(self._seeded["relative_link"])
