"""Make .venv as requirements.lock says, with our distributions editable. Does nothing twice.

Needs the standard library only: it runs before anything is installed. uv does the work (from
the same lock, by pip); where it cannot, for example because only pip knows the index, pip does.
"""

import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
LOCK = ROOT / "requirements.lock"
STAMP = VENV / "huiyan-setup"
OURS = (
    "proto",
    "libs/kit",
    "libs/media",
    "libs/testing",
    "web",
    "services/registry",
    "services/ingest",
    "services/relay",
    "services/recorder",
    "services/analytics",
    "runner",
)


def say(text: str) -> None:
    """One line of progress."""
    print(f"[setup] {text}", flush=True)


def wanted() -> str:
    """What the environment is made from: interpreter, lock, our project files, and where we are."""
    digest = hashlib.sha256(f"{sys.version} {ROOT}".encode())
    for path in [LOCK, Path(__file__), *(ROOT / folder / "pyproject.toml" for folder in OURS)]:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def make_venv() -> None:
    """An empty environment of this interpreter, unless there is one."""
    python = VENV / "bin" / "python"
    if python.exists():
        version = subprocess.run(
            [python, "-c", "import sys; print(sys.version)"],
            capture_output=True,
            text=True,
            check=False,
        )
        if version.returncode == 0 and version.stdout.strip() == sys.version.strip():
            return
        say("换一个 Python，重建 .venv / another Python: a new .venv")
        shutil.rmtree(VENV)
    say(f"建 .venv（Python {sys.version.split()[0]}）/ making .venv")
    made = subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=False)
    if made.returncode:
        raise SystemExit(
            "python -m venv 没有成功；Debian 上请装 python3-venv。\n"
            "python -m venv failed; on Debian install python3-venv."
        )


def run(*command: str, quiet: bool = False) -> bool:
    """True when it succeeded."""
    stderr = subprocess.DEVNULL if quiet else None
    return subprocess.run(command, cwd=ROOT, check=False, stderr=stderr).returncode == 0


def pip(*arguments: str) -> bool:
    """pip of the environment."""
    python = str(VENV / "bin" / "python")
    return run(python, "-m", "pip", "--disable-pip-version-check", *arguments)


def uv(*arguments: str) -> bool:
    """uv, from the lock; False when there is none here or it failed."""
    tool = VENV / "bin" / "uv"
    if not tool.exists():
        found = re.search(r"(?m)^uv==[^\n]*(?:\n +--hash=[^\n]*)+", LOCK.read_text())
        if found is None:
            return False
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as only_uv:
            only_uv.write(found.group().rstrip(" \\") + "\n")
            only_uv.flush()
            if not pip("install", "--quiet", "--require-hashes", "-r", only_uv.name):
                return False
    return run(str(tool), *arguments, "--python", str(VENV / "bin" / "python"))


def install() -> None:
    """Everything of the lock, then our own distributions."""
    say("装依赖（约一分钟）/ installing what the lock names (about a minute)")
    locked = ("install", "--require-hashes", "-r", str(LOCK))
    if not uv("pip", *locked):
        say("uv 不行，改用 pip / uv did not manage it, pip goes on")
        if not pip(*locked):
            raise SystemExit("依赖没有装成 / the dependencies could not be installed")
    say("装慧眼各部分（可改动）/ installing our own parts, editable")
    editable = [part for folder in OURS for part in ("-e", folder)]
    ours = ("install", "--no-deps", "--no-build-isolation", *editable)
    if not uv("pip", *ours) and not pip("--quiet", *ours):
        raise SystemExit("慧眼自己的部分没有装成 / our own parts could not be installed")


def main() -> None:
    """Set up when something changed."""
    state = wanted()
    if STAMP.exists() and STAMP.read_text() == state:
        return
    began = time.monotonic()
    make_venv()
    install()
    STAMP.write_text(state)
    say(f"好了，用了 {time.monotonic() - began:.0f} 秒 / done")


main()
