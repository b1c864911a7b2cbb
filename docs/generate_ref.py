"""Writes docs/ref from the code: settings, subjects, OpenAPI, the command's help.

`python docs/generate_ref.py` writes, `--check` fails when a file differs from what it would write.
"""

import argparse
import importlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from huiyan_kit.settings import ServiceSettings
from huiyan_kit.subjects import contract

REF = Path(__file__).parent / "ref"
MADE = "<!-- Made by docs/generate_ref.py (`make docs`); do not edit. -->\n\n"
SETTINGS = {
    "registry": ("huiyan_registry.settings", "RegistrySettings"),
    "ingest": ("huiyan_ingest.settings", "IngestSettings"),
    "relay": ("huiyan_relay.settings", "RelaySettings"),
    "recorder": ("huiyan_recorder.settings", "RecorderSettings"),
    "analytics": ("huiyan_analytics.settings", "AnalyticsSettings"),
}


def _cell(value: object) -> str:
    return str(value).replace("|", "\\|").replace("\n", " ")


def _type_name(annotation: Any) -> str:
    name = getattr(annotation, "__name__", None)
    return name if isinstance(annotation, type) and name else str(annotation).replace("typing.", "")


def settings_page() -> str:
    """One table a service; a setting without a description is an error."""
    parts = [MADE, "# Settings\n\nEnvironment variables; secrets are files. "]
    parts.append("Every service also has the common ones.\n")
    common = set(ServiceSettings.model_fields)
    pages: dict[str, Any] = {"common": ServiceSettings}
    for service, (module, name) in SETTINGS.items():
        pages[service] = getattr(importlib.import_module(module), name)
    for service, cls in pages.items():
        prefix = cls.model_config.get("env_prefix") or "HUIYAN_<SERVICE>_"
        parts.append(
            f"\n## {service}\n\n"
            "| variable | type | default | meaning |\n| --- | --- | --- | --- |\n"
        )
        for name, field in cls.model_fields.items():
            if service != "common" and name in common:
                continue
            if not field.description:
                raise SystemExit(f"{cls.__name__}.{name} has no description")
            default = (
                "required" if field.is_required() else field.get_default(call_default_factory=True)
            )
            parts.append(
                f"| `{prefix}{name.upper()}` | {_cell(_type_name(field.annotation))} "
                f"| {_cell(default)} | {_cell(field.description)} |\n"
            )
    return "".join(parts)


def subjects_page() -> str:
    """Every subject and bucket with its readers and writers."""
    listed = contract()
    rows = [MADE, "# Subjects and buckets\n\n"]
    rows.append("| subject | payload | delivery | publish | subscribe | about |\n")
    rows.append("| --- | --- | --- | --- | --- | --- |\n")
    for entry in listed["subjects"].values():
        pattern = f"{listed['prefix']}.{entry['pattern']}"
        rows.append(
            f"| `{pattern}` | {entry['payload']} | {entry['delivery']} "
            f"| {', '.join(entry['publish'])} | {', '.join(entry['subscribe'])} "
            f"| {_cell(entry['about'])} |\n"
        )
    rows.append("\n| bucket | key | value | write | read |\n| --- | --- | --- | --- | --- |\n")
    for name, entry in listed["buckets"].items():
        rows.append(
            f"| `{name}` | `{entry['key']}` | {entry['value']} | {', '.join(entry['write'])} "
            f"| {', '.join(entry['read'])} |\n"
        )
    return "".join(rows)


def command_page() -> str:
    """The help of `huiyan` and its commands."""
    environment = {**os.environ, "COLUMNS": "100", "NO_COLOR": "1", "PYTHON_COLORS": "0"}
    parts = [MADE, "# The `huiyan` command\n"]
    for words in (
        [],
        ["up"],
        ["watch"],
        ["camera", "add"],
        ["camera", "list"],
        ["link", "new"],
        ["status"],
    ):
        done = subprocess.run(  # noqa: S603 - our own command
            [sys.executable, "-m", "huiyan_runner", *words, "--help"],
            capture_output=True,
            text=True,
            env=environment,
            check=True,
        )
        parts.append(
            f"\n## `huiyan {' '.join(words)}`".rstrip("` ") + "`\n\n```\n" + done.stdout + "```\n"
        )
    return "".join(parts)


def openapi_of(module: str, function: str) -> Callable[[], str]:
    """The OpenAPI document of a service, as `function` of `module` returns it."""

    def page() -> str:
        document = getattr(importlib.import_module(module), function)()
        return json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n"

    return page


PAGES: dict[str, Callable[[], str]] = {
    "settings.md": settings_page,
    "subjects.md": subjects_page,
    "command.md": command_page,
    "registry.openapi.json": openapi_of("huiyan_registry.openapi", "openapi_document"),
}


def main() -> int:
    """Write or compare every page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    stale = []
    for name, make in PAGES.items():
        made, path = make(), REF / name
        if check and name == "command.md" and sys.version_info[:2] != (3, 11):
            sys.stderr.write("command.md is compared on Python 3.11 only: argparse words differ\n")
        elif check:
            if not path.exists() or path.read_text() != made:
                stale.append(name)
        else:
            path.write_text(made)
    if stale:
        sys.stderr.write(f"docs/ref is stale: {', '.join(stale)}; run `make docs`\n")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
