"""Run inside an image: it is nobody special, has no compiler, and its service can be imported.

buildah run <container> -- python - relay < deploy/image_smoke.py
"""

import importlib
import os
import pkgutil
import shutil
import sys


def main(service: str) -> None:
    """Print what was found; exit status 1 when something is wrong."""
    wrong: list[str] = []
    if os.getuid() != 10001:
        wrong.append(f"runs as {os.getuid()}")
    wrong += [f"has {tool}" for tool in ("gcc", "cc", "g++", "make", "node") if shutil.which(tool)]
    package = importlib.import_module(f"huiyan_{service}")
    names = [each.name for each in pkgutil.walk_packages(package.__path__, f"huiyan_{service}.")]
    # Alembic imports its environment and versions itself, within a migration.
    names = [name for name in names if not name.endswith("__main__") and ".migrations." not in name]
    for name in names:
        try:
            importlib.import_module(name)
        except ImportError as error:
            wrong.append(f"{name}: {error}")
    if service == "registry":
        pages = importlib.import_module("huiyan_web").static_dir()
        if pages is None:
            wrong.append("the pages are not built")
    sys.stdout.write(f"  {service}: {len(names)} modules imported as uid {os.getuid()}\n")
    if wrong:
        sys.exit("  " + "; ".join(wrong))


main(sys.argv[1])
