"""`python -m huiyan_analytics`: the service until SIGTERM or SIGINT."""

import sys

from huiyan_kit.lifecycle import Lifecycle, run_service

from huiyan_analytics.app import compose
from huiyan_analytics.settings import AnalyticsSettings


def main() -> int:
    """Exit status 1 when a part of the service failed."""
    settings = AnalyticsSettings.model_validate({})  # from the environment

    async def composed(lifecycle: Lifecycle) -> None:
        await compose(lifecycle, settings)

    return run_service("analytics", settings, composed)


if __name__ == "__main__":
    sys.exit(main())
