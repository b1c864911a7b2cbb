"""`python -m huiyan_relay`."""

import sys

from huiyan_kit.lifecycle import run_service

from huiyan_relay.app import compose
from huiyan_relay.settings import RelaySettings


def main() -> int:
    """Run until SIGTERM."""
    return run_service("relay", RelaySettings.model_validate({}), compose)


if __name__ == "__main__":
    sys.exit(main())
