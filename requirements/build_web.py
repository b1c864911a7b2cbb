"""Build the pages when their sources changed, with this machine's Node or the one of PyPI."""

import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WEB = ROOT / "web"
BUILT = WEB / "src" / "huiyan_web" / "dist"
PACKAGES_STAMP = WEB / "node_modules" / ".huiyan-packages"
# Beside the pages, not among them: whatever lies in dist is served.
BUILD_STAMP = WEB / "node_modules" / ".huiyan-build"
IGNORED = {"node_modules", "dist", "__pycache__", "tests"}


def say(text: str) -> None:
    """One line of progress."""
    print(f"[setup] {text}", flush=True)


def new_enough(version: str) -> bool:
    """What Vite needs: 20.19 or later, or 22.12 or later (not 21)."""
    major, minor = (int(part) for part in version.strip().lstrip("v").split(".")[:2])
    return (major, minor) >= (22, 12) or (major == 20 and minor >= 19)


def node_folder() -> Path:
    """The folder with node and npm. SystemExit when there is no Node and none can be had."""
    environment = Path(sys.executable).parent
    for found in (shutil.which("node"), str(environment / "node")):
        if found is None or not Path(found).exists() or not (Path(found).parent / "npm").exists():
            continue
        told = subprocess.run([found, "--version"], capture_output=True, text=True, check=False)
        if told.returncode == 0 and new_enough(told.stdout):
            return Path(found).parent
    say("这台机器没有合适的 Node，从 PyPI 取 / no suitable Node here: taking it from PyPI")
    locked = ["--require-hashes", "-r", str(ROOT / "requirements-node.lock")]
    with_uv = [str(environment / "uv"), "pip", "install", "--python", sys.executable, *locked]
    with_pip = [sys.executable, "-m", "pip", "install", "--quiet", *locked]
    for command in (with_uv, with_pip):
        if Path(command[0]).exists() and not subprocess.run(command, check=False).returncode:
            return environment
    raise SystemExit("没有 Node，网页建不成 / there is no Node, so the pages cannot be built")


def digest(paths: list[Path]) -> str:
    """Of names and contents."""
    seen = hashlib.sha256()
    for path in paths:
        seen.update(f"{path.relative_to(WEB)}\0".encode() + path.read_bytes())
    return seen.hexdigest()


def sources() -> list[Path]:
    """Every file the pages are made from."""
    found: list[Path] = []
    for folder, folders, files in os.walk(WEB):
        folders[:] = [name for name in folders if name not in IGNORED]
        found += [Path(folder) / name for name in files if not name.endswith((".py", ".pyc"))]
    return sorted(found)


def current(stamp: Path, state: str) -> bool:
    """True when the stamp tells of this state."""
    return stamp.exists() and stamp.read_text() == state


def npm(folder: Path, *arguments: str) -> None:
    """Run npm in web/. SystemExit when it fails."""
    path = os.pathsep.join([str(folder), os.environ.get("PATH", "")])
    command = [str(folder / "npm"), "--no-fund", "--no-audit", "--loglevel=error", *arguments]
    done = subprocess.run(command, cwd=WEB, env={**os.environ, "PATH": path}, check=False)
    if done.returncode:
        raise SystemExit(f"npm {arguments[0]} 没有成功 / npm {arguments[0]} failed")


def main() -> None:
    """Install the packages and build, each only when needed."""
    packages = digest([WEB / "package.json", WEB / "package-lock.json"])
    state = digest(sources())
    built = (BUILT / "index.html").exists() and current(BUILD_STAMP, state)
    if built and current(PACKAGES_STAMP, packages):
        return
    began = time.monotonic()
    folder = node_folder()
    if not current(PACKAGES_STAMP, packages):
        say("装网页的依赖 / installing the packages of the pages")
        npm(folder, "ci")
        PACKAGES_STAMP.write_text(packages)
    say("建网页 / building the pages")
    npm(folder, "run", "build", "--", "--logLevel", "warn")
    BUILD_STAMP.write_text(state)
    say(f"网页好了，用了 {time.monotonic() - began:.0f} 秒 / pages built")


main()
