"""`huiyan camera maintenance CAMERA --minutes N`: lets `huiyan watch` look at a public camera.

The registry decides: the operator may open it for public cameras of its area, never for a
household's, whose owner opens it on the family page. The visit stands in the access register.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from huiyan_runner.data_folder import DataFolder
from huiyan_runner.registry_client import ApiError, RegistryClient

LONGEST_MINUTES = 24 * 60


async def run(folder: DataFolder, camera: str, minutes: int) -> int:
    """0 minutes end it. ApiError with the registry's reason."""
    if not 0 <= minutes <= LONGEST_MINUTES:
        raise ApiError(0, "--minutes 0 到 1440 / --minutes is between 0 and 1440")
    path = f"/api/v1/cameras/{camera}/maintenance"
    async with RegistryClient(folder.read_state(), folder) as client:
        await client.login("operator")
        if minutes == 0:
            await client.ask("DELETE", path)
            print(f"{camera}: 检修结束了 / maintenance is over", flush=True)
            return 0
        # A few seconds short of the limit: the clocks of two machines differ.
        until = datetime.now(UTC) + timedelta(minutes=minutes, seconds=-5)
        await client.ask("POST", path, {"until": until.isoformat()})
    print(
        f"{camera}: 可以检修 {minutes} 分钟，用 huiyan watch {camera} 看画面\n"
        f"{camera}: open for {minutes} minutes; look with `huiyan watch {camera}`",
        flush=True,
    )
    return 0
