"""`python -m huiyan_recorder`: the service until SIGTERM or SIGINT."""

import sys

from huiyan_kit.lifecycle import Lifecycle, run_service

from huiyan_recorder.app import compose
from huiyan_recorder.settings import RecorderSettings


def main() -> int:
    """Exit status 1 when a part of the service failed."""
    settings = RecorderSettings.model_validate({})  # from the environment

    async def composed(lifecycle: Lifecycle) -> None:
        await compose(lifecycle, settings)

    return run_service("recorder", settings, composed)


if __name__ == "__main__":
    sys.exit(main())
