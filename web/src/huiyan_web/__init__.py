"""The built pages, as a Python package."""

from pathlib import Path

__all__ = ["static_dir"]


def static_dir() -> Path | None:
    """The folder with index.html, family.html, room.html, assets/; None when not built.

    Build them with `npm ci && npm run build` in web/.
    """
    folder = Path(__file__).with_name("dist")
    return folder if (folder / "index.html").is_file() else None
