"""Creates the streams and buckets of proto/subjects.yaml; only the registry does this."""

import logging
from typing import Any

import nats.js.errors
from nats.js.api import KeyValueConfig, StorageType, StreamConfig
from nats.js.client import JetStreamContext

from huiyan_kit.bus.nats_errors import BUS_ERRORS, unavailable
from huiyan_kit.subjects import contract

log = logging.getLogger(__name__)


def _storage(name: str) -> StorageType:
    return StorageType.MEMORY if name == "memory" else StorageType.FILE


async def ensure_buckets(jetstream: JetStreamContext, *, replicas: int = 1) -> None:
    """Create what is missing; what exists is left as it is. UNAVAILABLE without the bus."""
    listed = contract()
    try:
        for name, bucket in listed["buckets"].items():
            await _ensure_bucket(jetstream, name, bucket, replicas)
        for name, stream in listed["streams"].items():
            await _ensure_stream(jetstream, name, stream, replicas)
    except BUS_ERRORS as error:
        raise unavailable() from error


async def made_at(jetstream: JetStreamContext, bucket: str) -> str:
    """When the bucket was made: another one of the same name is told apart. UNAVAILABLE."""
    try:
        return str((await jetstream.stream_info(f"KV_{bucket}")).created)
    except BUS_ERRORS as error:
        raise unavailable() from error


async def _ensure_bucket(
    jetstream: JetStreamContext, name: str, bucket: dict[str, Any], replicas: int
) -> None:
    try:
        await jetstream.key_value(name)
    except nats.js.errors.NotFoundError:
        await jetstream.create_key_value(
            KeyValueConfig(
                bucket=name,
                history=1,
                ttl=bucket.get("ttl_s"),
                storage=_storage(bucket["storage"]),
                replicas=replicas,
            )
        )
        log.info("bucket created", extra={"bucket": name})


async def _ensure_stream(
    jetstream: JetStreamContext, name: str, stream: dict[str, Any], replicas: int
) -> None:
    try:
        await jetstream.stream_info(name)
    except nats.js.errors.NotFoundError:
        await jetstream.add_stream(
            StreamConfig(
                name=name,
                subjects=stream["subjects"],
                max_age=stream["max_age_s"],
                storage=_storage(stream["storage"]),
                num_replicas=replicas,
            )
        )
        log.info("stream created", extra={"stream": name})
