"""The rules of the house that a machine can check."""

import re
import statistics
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SERVICES = ("registry", "ingest", "relay", "recorder", "analytics")
LONGEST = 600


def tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--", *patterns], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    return [ROOT / name for name in listed if (ROOT / name).is_file()]


def hand_written() -> list[Path]:
    return [path for path in tracked("*.py", "*.ts", "*.vue") if "gen" not in path.parts]


def lines(path: Path) -> int:
    return len(path.read_text().splitlines())


def test_no_file_is_too_long_and_the_median_is_small() -> None:
    files = hand_written()
    assert len(files) > 50
    assert {str(path.relative_to(ROOT)): n for path in files if (n := lines(path)) > LONGEST} == {}
    written = [lines(path) for path in files if path.name != "__init__.py"]
    assert statistics.median(written) <= 160


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_has_the_same_doors(service: str) -> None:
    package = ROOT / "services" / service / "src" / f"huiyan_{service}"
    missing = [
        name for name in ("app.py", "settings.py", "__main__.py") if not (package / name).is_file()
    ]
    assert missing == []


def test_links_in_the_documents_lead_somewhere() -> None:
    broken = []
    for page in tracked("*.md"):
        for target in re.findall(r"\]\((?!https?:|mailto:|#)([^)#\s]+)", page.read_text()):
            if not (page.parent / target).exists():
                broken.append(f"{page.relative_to(ROOT)}: {target}")
    assert broken == []


def test_no_word_that_says_nothing_names_a_file() -> None:
    empty = {"utils", "util", "manager", "helper", "helpers", "common", "misc", "data"}
    assert [str(path) for path in hand_written() if path.stem.lower() in empty] == []


def test_locks_and_configuration_name_no_registry() -> None:
    address = re.compile(r"https?://[^\s\"']*(pypi|registry\.npmjs|deb\.debian|pythonhosted)")
    locks = [
        *tracked("*.lock", "*package-lock.json", "*.npmrc", "*Dockerfile*"),
        ROOT / "pyproject.toml",
    ]
    assert [str(path) for path in locks if address.search(path.read_text())] == []
