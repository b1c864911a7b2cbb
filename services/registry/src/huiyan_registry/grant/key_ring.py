"""A town's grant keys on disk: one signs, the next one waits, the old ones are remembered.

`signing-<town>.pem` signs. `signing-<town>.next.pem` is made before its turn, so that relays know
it when its first token comes. `signing-<town>.ring.json` holds the times and the public halves of
old keys, as long as a token of theirs may live. A lock file keeps several processes apart.
"""

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from huiyan_kit.grants import LIFE_S

from huiyan_registry.town_key import TownKey, load_key, load_or_make_key

_NS = 1_000_000_000
# A key is known to the relays for so long before it signs.
OVERLAP_NS = 600 * _NS
# Tokens of an old key live LIFE_S; the rest is for a process that was slow to see the change.
_REMEMBERED_NS = (LIFE_S + 600) * _NS


@dataclass(frozen=True, slots=True)
class OldKey:
    """The public half of a key that signs no more; relays forget it at `until_ns`."""

    kid: str
    jwk: str
    until_ns: int


@dataclass(slots=True)
class _Times:
    """What the ring's file holds."""

    since_ns: int
    published_ns: int | None = None
    old: list[OldKey] = field(default_factory=list)

    def text(self) -> str:
        old = [{"kid": key.kid, "jwk": key.jwk, "until_ns": key.until_ns} for key in self.old]
        return json.dumps(
            {"since_ns": self.since_ns, "published_ns": self.published_ns, "old": old}
        )

    @classmethod
    def of(cls, told: dict[str, Any]) -> "_Times":
        old = [OldKey(one["kid"], one["jwk"], int(one["until_ns"])) for one in told["old"]]
        return cls(int(told["since_ns"]), told["published_ns"], old)


class KeyRing:
    """The keys of one town. Nothing is written before `turn`, `begin` or `published` is called."""

    def __init__(self, folder: Path, town: str, life_ns: int) -> None:
        """OSError when there is no key and none can be made."""
        self._folder = folder
        self._town = town
        self._life_ns = life_ns
        self.active = load_or_make_key(self._file("pem"))
        self.next: TownKey | None = None
        self.old: list[OldKey] = []

    def _file(self, ending: str) -> Path:
        return self._folder / f"signing-{self._town}.{ending}"

    @property
    def writable(self) -> bool:
        """False for a mounted secret: then whoever mounts it rotates the key."""
        return os.access(self._folder, os.W_OK)

    def turn(self, now_ns: int) -> None:
        """Make the next key in time, let it sign when relays have known it long enough, forget
        what is over. Takes over what other processes did."""
        if not self.writable:
            self._take_over(now_ns)
            return
        with self._locked():
            times = self._read(now_ns)
            if self.next is None and now_ns - times.since_ns >= self._life_ns - OVERLAP_NS:
                self.next = load_or_make_key(self._file("next.pem"))
                times.published_ns = None
            published = times.published_ns
            known = published is not None and now_ns - published >= OVERLAP_NS
            if self.next is not None and known:
                self._promote(times, now_ns)
            self._write(times)

    def begin(self, now_ns: int) -> TownKey:
        """Make the next key now, whatever the age of the one that signs. OSError."""
        with self._locked():
            times = self._read(now_ns)
            if self.next is None:
                self.next = load_or_make_key(self._file("next.pem"))
                times.published_ns = None
            self._write(times)
            return self.next

    def published(self, kid: str, now_ns: int) -> None:
        """The relays can know this key from now on."""
        if not self.writable:
            return
        with self._locked():
            times = self._read(now_ns)
            waits = self.next is not None and self.next.kid == kid
            if waits and times.published_ns is None:
                times.published_ns = now_ns
                self._write(times)

    def forgotten(self, kid: str, now_ns: int) -> None:
        """This old key is gone from the bucket."""
        self.old = [key for key in self.old if key.kid != kid]
        if not self.writable:
            return
        with self._locked():
            times = self._read(now_ns)
            times.old = [key for key in times.old if key.kid != kid]
            self._write(times)

    def _promote(self, times: _Times, now_ns: int) -> None:
        assert self.next is not None
        old = OldKey(self.active.kid, self.active.public_jwk, now_ns + _REMEMBERED_NS)
        times.old.append(old)
        times.since_ns, times.published_ns = now_ns, None
        # The old public half is safe before the private one goes: a crash between the two leaves
        # a next key that is published once more, and no token that nobody can check.
        self._write(times)
        self._file("next.pem").replace(self._file("pem"))
        self.active, self.next = self.next, None

    def _take_over(self, now_ns: int) -> None:
        before = self.active
        self._load()
        if before.kid != self.active.kid:
            self.old.append(OldKey(before.kid, before.public_jwk, now_ns + _REMEMBERED_NS))

    def _load(self) -> None:
        self.active = load_key(self._file("pem"))
        try:
            self.next = load_key(self._file("next.pem"))
        except FileNotFoundError:
            self.next = None

    def _read(self, now_ns: int) -> _Times:
        self._load()
        try:
            times = _Times.of(json.loads(self._file("ring.json").read_text("utf-8")))
        except (OSError, ValueError, KeyError, TypeError):
            times = _Times(since_ns=now_ns)
        times.old = [key for key in times.old if key.kid != self.active.kid]
        self.old = list(times.old)
        return times

    def _write(self, times: _Times) -> None:
        path = self._file("ring.json")
        self.old = list(times.old)
        text = times.text()
        if path.exists() and path.read_text("utf-8") == text:
            return
        part = path.with_suffix(".part")
        part.touch(0o600)
        part.write_text(text, "utf-8")
        part.replace(path)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        descriptor = os.open(self._file("lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)
