"""What nats-py raises when the server is away or late."""

import nats.errors
import nats.js.errors

from huiyan_kit.errors import ErrorKind, HuiyanError

BUS_ERRORS: tuple[type[Exception], ...] = (
    nats.errors.Error,
    nats.js.errors.Error,
    OSError,
    TimeoutError,
)


def unavailable() -> HuiyanError:
    """The error of every verb while the bus is away."""
    return HuiyanError(
        ErrorKind.UNAVAILABLE, "内部总线暂时不通", "The bus is away", code="bus_away"
    )
