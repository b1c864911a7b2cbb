"""NATS permissions of each service, derived from proto/subjects.yaml."""

import re
from typing import Any

from huiyan_kit.subjects import PREFIX, contract

_PLACEHOLDER = re.compile(r"<[a-z_]+>")


def _pattern(pattern: str, town: str) -> str:
    return f"{PREFIX}." + _PLACEHOLDER.sub("*", pattern.replace("<town>", town))


def _bucket_api(bucket: str, *, write: bool, town: str) -> list[str]:
    stream = f"KV_{bucket}"
    allowed = [
        f"$JS.API.STREAM.INFO.{stream}",
        f"$JS.API.CONSUMER.CREATE.{stream}.>",
        f"$JS.API.CONSUMER.CREATE.{stream}",
        f"$JS.API.CONSUMER.INFO.{stream}.*",
        f"$JS.API.CONSUMER.DELETE.{stream}.*",
        f"$JS.API.DIRECT.GET.{stream}.>",
        f"$JS.API.DIRECT.GET.{stream}",
        f"$JS.API.STREAM.MSG.GET.{stream}",
        f"$JS.FC.{stream}.>",
    ]
    if write:
        allowed.append(f"$KV.{bucket}.{town}.>")
    return allowed


def _only(subjects: list[str]) -> dict[str, list[str]]:
    """NATS reads an empty allow list as "everything": a user without subjects needs a denial."""
    return {"allow": sorted(set(subjects))} if subjects else {"deny": [">"]}


def permissions(user: str, *, town: str = "*") -> dict[str, Any]:
    """The `permissions` block of one NATS user; `town` narrows it to one town.

    Subjects that are not listed are denied: NATS treats an allow list as complete.
    """
    listed = contract()
    publish: list[str] = []
    subscribe: list[str] = [f"_INBOX_{user}.>"]
    responds = False
    for subject in listed["subjects"].values():
        pattern = _pattern(subject["pattern"], town)
        if user in subject["publish"]:
            publish.append(pattern)
        if user in subject["subscribe"]:
            if subject["delivery"] == "jetstream":
                stream = subject["stream"]
                publish += [
                    "$JS.API.STREAM.NAMES",
                    f"$JS.API.STREAM.INFO.{stream}",
                    f"$JS.API.CONSUMER.CREATE.{stream}.>",
                    f"$JS.API.CONSUMER.DURABLE.CREATE.{stream}.>",
                    f"$JS.API.CONSUMER.INFO.{stream}.*",
                    f"$JS.API.CONSUMER.MSG.NEXT.{stream}.*",
                    f"$JS.ACK.{stream}.>",
                ]
            else:
                subscribe.append(pattern)
                responds = responds or subject["delivery"] == "request"
    for name, bucket in listed["buckets"].items():
        if user in bucket["write"] or user in bucket["read"]:
            publish += _bucket_api(name, write=user in bucket["write"], town=town)
    if listed["users"][user].get("creates"):
        publish += ["$JS.API.INFO", "$JS.API.STREAM.CREATE.*", "$JS.API.STREAM.INFO.*"]
    block: dict[str, Any] = {"publish": _only(publish), "subscribe": _only(subscribe)}
    if responds:
        block["allow_responses"] = {"max": 1, "expires": "30s"}
    return block
