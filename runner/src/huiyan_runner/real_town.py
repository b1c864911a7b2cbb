"""A town without the demo: what its first start made, for the welcome and for `camera add`."""

from __future__ import annotations

import json
from typing import Any

from huiyan_runner.data_folder import DataFolder
from huiyan_runner.options import UpOptions
from huiyan_runner.welcome import Login


class RealTown:
    """The first password is kept in memory only, to be shown once."""

    def __init__(self, folder: DataFolder, options: UpOptions) -> None:
        self._folder = folder
        self._options = options
        self._made: dict[str, Any] = {}

    def bootstrap_words(self) -> tuple[str, ...]:
        """What the registry's command `bootstrap` is asked for."""
        options = self._options
        words = ["--town", options.town, "--account", options.account]
        words += ["--keys", str(self._folder.keys)]
        if options.town_name:
            words += ["--town-name", options.town_name]
        if options.reset_password:
            words.append("--reset-password")
        return ("bootstrap", *words)

    def accept(self, told: str) -> None:
        """Take what the command told. ValueError or KeyError when it is not its JSON."""
        made = json.loads(told)
        self._folder.write_home(made["household"])
        self._made = made

    def login(self) -> Login | None:
        """The account; its password is empty unless it was made in this start."""
        if not self._made:
            return None
        account = self._made["account"]
        return Login(account["account"], account.get("password", ""))

    @property
    def household(self) -> str:
        """The home that `camera add` takes without --household."""
        return str(self._made.get("household", ""))
