"""The one place where subjects and keys are made (listed in proto/subjects.yaml)."""

import importlib.resources
from functools import lru_cache
from typing import Any

import yaml

from huiyan_kit.ids import check_token

PREFIX = "huiyan.v1"
EVENTS_STREAM = "EVENTS"


def _subject(town: str, *tokens: str) -> str:
    return ".".join((PREFIX, check_token(town), *tokens))


def media(town: str, camera: str, track: str) -> str:
    """Media frames of one track."""
    return _subject(town, "media", check_token(camera), check_token(track))


def demand(town: str, camera: str, track: str) -> str:
    """Requests for one track."""
    return _subject(town, "demand", check_token(camera), check_token(track))


def demand_any_track(town: str, camera: str) -> str:
    """What a camera's puller subscribes: demands for any of its tracks."""
    return _subject(town, "demand", check_token(camera), "*")


def keys(town: str, camera: str) -> str:
    """Keyframes for analytics."""
    return _subject(town, "keys", check_token(camera))


def snapshot(town: str, camera: str) -> str:
    """Requests for one still picture."""
    return _subject(town, "rpc", "ingest", check_token(camera), "snapshot")


def view_started(town: str) -> str:
    """Events: a look began."""
    return _subject(town, "evt", "view", "started")


def view_ended(town: str) -> str:
    """Events: a look ended."""
    return _subject(town, "evt", "view", "ended")


def key(town: str, *tokens: str) -> str:
    """A KV key: the town, then the tokens."""
    return ".".join((check_token(town), *(check_token(token) for token in tokens)))


@lru_cache
def contract() -> dict[str, Any]:
    """proto/subjects.yaml as it travels with the generated code."""
    text = importlib.resources.files("huiyan_proto").joinpath("subjects.yaml").read_text()
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded
