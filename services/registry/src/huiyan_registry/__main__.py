"""Commands of the registry: `python -m huiyan_registry serve | migrate | bootstrap | …`."""

import argparse
import asyncio
import json
import sys
from pathlib import Path

from huiyan_kit.clock import SystemClock
from huiyan_kit.errors import HuiyanError
from huiyan_kit.lifecycle import run_service

from huiyan_registry.app import compose
from huiyan_registry.bootstrap.run import run_bootstrap
from huiyan_registry.bootstrap.schemas import FIRST_ROLES, NewTown
from huiyan_registry.camera.bulk_command import run_import
from huiyan_registry.database.migrate import migrate, step_back
from huiyan_registry.demo.run import read_sites, run_seed
from huiyan_registry.grant.keys import rotate_keys
from huiyan_registry.openapi import openapi_document
from huiyan_registry.register.command import run_export
from huiyan_registry.settings import RegistrySettings


def main(arguments: list[str] | None = None) -> int:
    """Run one command; settings come from the environment."""
    parser = argparse.ArgumentParser(prog="huiyan_registry", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("serve", help="serve pages and API")
    steps = commands.add_parser("migrate", help="bring the schema up to date, as huiyan_owner")
    steps.add_argument("--to", default="", help="down to this revision, for an older release")
    _add_bootstrap(commands.add_parser("bootstrap", help="a town's first areas and login"))
    seed = commands.add_parser("seed-demo", help="fill in the demo's people and cameras")
    seed.add_argument("--sites", type=Path, help="JSON list of camera sites (DemoSite)")
    seed.add_argument("--cameras", type=int, default=None, help="only the first N of them")
    commands.add_parser("rotate-keys", help="make the next key of grants now")
    register = commands.add_parser("register", help="the access register")
    export = register.add_subparsers(dest="register_command", required=True).add_parser(
        "export", help="the sealed rows as NDJSON, for `huiyan register verify`"
    )
    export.add_argument("--town", default="", help="which (the first that is served)")
    export.add_argument("--out", type=Path, help="a file instead of standard output")
    cameras = commands.add_parser("import-cameras", help="add and change cameras by a table")
    cameras.add_argument("file", type=Path, help="CSV or XLSX")
    cameras.add_argument("--town", default="", help="which (the first that is served)")
    cameras.add_argument("--dry-run", action="store_true", help="check every line, change nothing")
    commands.add_parser("openapi", help="print the API's description")
    given = parser.parse_args(arguments)
    if given.command == "openapi":
        sys.stdout.write(json.dumps(openapi_document(), ensure_ascii=False, indent=1) + "\n")
        return 0
    settings = RegistrySettings()  # type: ignore[call-arg]  # the environment fills it
    match given.command:
        case "serve":
            return run_service("registry", settings, compose)
        case "migrate":
            return _migrate(settings, given.to)
        case "bootstrap":
            return _bootstrap(settings, given)
        case "rotate-keys":
            made = rotate_keys(settings.secrets_dir, settings.town_list, SystemClock())
            sys.stdout.write(json.dumps(made) + "\n")
        case "register":
            return _export(settings, given)
        case "import-cameras":
            town = given.town or settings.town_list[0]
            return run_import(settings, given.file, town, dry_run=given.dry_run)
        case _:
            sites = read_sites(given.sites, given.cameras)
            seeded = asyncio.run(run_seed(settings, sites))
            sys.stdout.write(seeded.model_dump_json(indent=1) + "\n")
    return 0


def _migrate(settings: RegistrySettings, older: str) -> int:
    if not older:
        asyncio.run(migrate(settings.owner_database_url))
        return 0
    try:
        asyncio.run(step_back(settings.owner_database_url, older))
    except ValueError as error:
        sys.stderr.write(f"migrate: {error}\n")
        return 1
    return 0


def _add_bootstrap(bootstrap: argparse.ArgumentParser) -> None:
    bootstrap.add_argument("--town", required=True, help="the town's 12-digit area code")
    bootstrap.add_argument("--account", required=True, help="of the first administrator")
    bootstrap.add_argument("--name", default="", help="whose account it is")
    bootstrap.add_argument(
        "--roles", default=",".join(FIRST_ROLES), help="of a new account, comma separated"
    )
    bootstrap.add_argument("--town-name", default="")
    bootstrap.add_argument("--county-name", default="")
    bootstrap.add_argument("--village-name", default="")
    bootstrap.add_argument(
        "--keys",
        type=Path,
        help="folder for operator.key and probe.key (0600); without it they are printed, once",
    )
    bootstrap.add_argument(
        "--reset-password", action="store_true", help="a new password, no second factor"
    )
    bootstrap.add_argument(
        "--only-reset", action="store_true", help="the same, for an account that must be there"
    )


def _bootstrap(settings: RegistrySettings, given: argparse.Namespace) -> int:
    """Standard output holds secrets that were made now, once; nothing of them is logged."""
    names = ("town", "town_name", "county_name", "village_name", "account", "name")
    try:
        wanted = NewTown(
            **{name: getattr(given, name) for name in names},
            roles=given.roles.split(","),
            reset_password=given.reset_password,
            only_reset=given.only_reset,
        )
        told = asyncio.run(run_bootstrap(settings, wanted, given.keys))
    except (ValueError, OSError, HuiyanError) as error:
        sys.stderr.write(f"bootstrap: {error}\n")
        return 1
    sys.stdout.write(told.model_dump_json(exclude_none=True) + "\n")
    return 0


def _export(settings: RegistrySettings, given: argparse.Namespace) -> int:
    try:
        asyncio.run(run_export(settings, given.town, given.out))
    except (ValueError, OSError, HuiyanError) as error:
        sys.stderr.write(f"register export: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
