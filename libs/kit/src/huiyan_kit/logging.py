"""JSON logs, one line an event, quiet and without secrets.

Two guards: what looks like a credential is masked whoever logs it, and a line that repeats is
counted instead of printed again (at most one line of the same text and place a second).
"""

import json
import logging
import re
import sys
import time
from typing import TextIO

from huiyan_kit.tracing import current_trace

_USER_INFO = re.compile(r"(?i)\b([a-z][a-z0-9+.-]*://)[^\s/@]*@")
_JWT = re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")
_SECRET = re.compile(
    r"(?i)\b(password|passwd|secret|token|authorization|cookie)([\"']?\s*[=:]\s*)[^\s,;&]+"
)
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def redact(text: str) -> str:
    """Mask user info in URLs, tokens and secrets in `text`."""
    text = _USER_INFO.sub(r"\1***@", text)
    text = _JWT.sub("***", text)
    return _SECRET.sub(r"\1\2***", text)


class JsonFormatter(logging.Formatter):
    """One JSON object a line: t, level, service, log, msg, trace, and the record's extras."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "t": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
            + f".{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "service": self._service,
            "log": record.name,
            "msg": redact(record.getMessage()),
        }
        if trace := current_trace():
            line["trace"] = trace
        for key, value in vars(record).items():
            if key not in _STANDARD and not key.startswith("_"):
                line[key] = redact(value) if isinstance(value, str) else value
        if record.exc_info:
            line["exc"] = redact(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False, default=lambda value: redact(str(value)))


class Repeats(logging.Filter):
    """Lets the same line through once a second and says how many it held back."""

    def __init__(self, interval_s: float = 1.0, remembered: int = 512) -> None:
        super().__init__()
        self._interval = interval_s
        self._remembered = remembered
        self._seen: dict[tuple[str, int, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        key = (record.pathname, record.lineno, str(record.msg))
        last, held = self._seen.get(key, (float("-inf"), 0))
        if record.created - last < self._interval:
            self._seen[key] = (last, held + 1)
            return False
        if len(self._seen) >= self._remembered:
            self._seen.clear()
        self._seen[key] = (record.created, 0)
        if held:
            record.repeated = held
        return True


def configure_logging(service: str, level: str = "INFO", stream: TextIO | None = None) -> None:
    """Send the whole process's logs as JSON lines to `stream` (default: standard error)."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter(service))
    handler.addFilter(Repeats())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in ("aioice", "aiortc", "libav", "uvicorn", "asyncio", "nats", "websockets"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, root.level))
