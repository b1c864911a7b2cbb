"""What tests across services share: a browser, said loudly when missing, and running towns."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from huiyan_testing.browser import chromium_path
from huiyan_testing.town import Town


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if chromium_path() is None:
        missing = pytest.mark.skip(reason="Chromium is missing: install Debian's package chromium")
        for item in items:
            if "browser" in item.keywords:
                item.add_marker(missing)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def town(request: pytest.FixtureRequest) -> AsyncIterator[Town]:
    """One running town per module; `TOWN_CAMERAS = n` in the module sets its size."""
    async with Town(cameras=getattr(request.module, "TOWN_CAMERAS", 4)) as running:
        yield running
