"""Routes of the built pages."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import FileResponse, HTMLResponse, Response

from huiyan_registry.refusals import not_found

_NOT_BUILT = """<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>慧眼</title>
<h1>页面还没有构建</h1><p>在 <code>web/</code> 里运行 <code>npm ci &amp;&amp; npm run build</code>，
再刷新这里。接口照常可用。</p>
<p lang="en">The pages are not built: run <code>npm ci &amp;&amp; npm run build</code> in
<code>web/</code>, then reload.</p></html>"""
# Built files carry a hash in their name: what a name holds never changes.
_FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}
_ASK_AGAIN = {"Cache-Control": "no-cache"}
_ROOT_FILES = ("favicon.ico", "favicon.svg", "manifest.webmanifest")


class Pages:
    """Files of one folder; nothing outside it is ever opened."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder.resolve() if folder is not None else None

    def page(self, name: str) -> Response:
        """A page, or a plain one that says how to build it."""
        file = self._file(name)
        if file is None:
            return HTMLResponse(_NOT_BUILT, status_code=503, headers=_ASK_AGAIN)
        return FileResponse(file, media_type="text/html; charset=utf-8", headers=_ASK_AGAIN)

    def asset(self, path: str, headers: dict[str, str]) -> Response:
        """A file. NOT_FOUND when there is none, or it lies outside the folder."""
        file = self._file(path)
        if file is None:
            raise not_found("没有这个文件", "No such file")
        return FileResponse(file, headers=headers)

    def _file(self, path: str) -> Path | None:
        if self._folder is None or "\0" in path:
            return None
        file = (self._folder / path).resolve()
        return file if file.is_relative_to(self._folder) and file.is_file() else None


def add_routes(app: FastAPI, pages: Pages) -> None:
    """/, /f, /room, /i, /assets and the few files beside them."""

    async def index() -> Response:
        return pages.page("index.html")

    async def family(page: str = "") -> Response:
        return pages.page("family.html")

    async def room(page: str = "") -> Response:
        return pages.page("room.html")

    async def admin(page: str = "") -> Response:
        return pages.page("admin.html")

    async def installer(page: str = "") -> Response:
        return pages.page("installer.html")

    async def asset(path: str) -> Response:
        return pages.asset(f"assets/{path}", _FOR_EVER)

    routes: tuple[tuple[str, Callable[..., Awaitable[Response]]], ...] = (
        ("/", index),
        ("/f", family),
        ("/f/{page:path}", family),
        ("/room", room),
        ("/room/{page:path}", room),
        ("/admin", admin),
        ("/admin/{page:path}", admin),
        ("/i", installer),
        ("/i/{page:path}", installer),
        ("/assets/{path:path}", asset),
        *((f"/{name}", _root_file(pages, name)) for name in _ROOT_FILES),
    )
    for address, endpoint in routes:
        app.add_api_route(address, endpoint, response_model=None, include_in_schema=False)


def _root_file(pages: Pages, name: str) -> Callable[[], Awaitable[Response]]:
    async def root_file() -> Response:
        return pages.asset(name, _ASK_AGAIN)

    return root_file
