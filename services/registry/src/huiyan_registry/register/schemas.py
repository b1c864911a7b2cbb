"""What routes of the register give."""

from datetime import datetime

from pydantic import BaseModel

from huiyan_registry.register.chain import Head, time_text


class RegisterRow(BaseModel):
    """One look that was granted, its place in the chain and the hash up to it."""

    seq: int
    at: datetime
    principal: str
    who: str
    role: str
    place: str
    own: bool
    camera: str
    camera_name: str
    household: str | None
    purpose: str | None
    first_frame_at: datetime | None
    last_frame_at: datetime | None
    hash: str


class RegisterPage(BaseModel):
    """Sealed rows, newest first; `next` is the `after` of the next page."""

    items: list[RegisterRow]
    next: int | None


class HeadView(BaseModel):
    """A signed head: ES256 over its other members as canonical JSON; hash in hex, signature in
    base64url, `sealed_at` as it was signed (UTC, microseconds)."""

    town: str
    seq: int
    previous: int
    hash: str
    sealed_at: str
    kid: str
    signature: str

    @classmethod
    def of(cls, head: Head) -> "HeadView":
        """As routes show it."""
        return cls.model_validate(head.as_json())


class Heads(BaseModel):
    """Heads in their order; `next` is the `after` of the next page."""

    items: list[HeadView]
    next: int | None


class SealedLook(BaseModel):
    """A household's newest look within the chain."""

    id: str
    seq: int
    at: str
    hash: str

    @classmethod
    def at_place(cls, row: str, seq: int, at: datetime, reached: bytes) -> "SealedLook":
        """From the chain."""
        return cls(id=row, seq=seq, at=time_text(at), hash=reached.hex())


class Receipt(BaseModel):
    """The head that covers a household's newest look. Who keeps it can prove a later rewriting.
    Without a look there is the newest head, if any."""

    household: str
    look: SealedLook | None
    head: HeadView | None


class RegisterJwk(BaseModel):
    """A public key that signs heads (RFC 7517)."""

    kty: str
    crv: str
    x: str
    y: str
    kid: str
    alg: str
    use: str


class RegisterJwks(BaseModel):
    """The town's public keys: what a verifier is given as `--trust`."""

    keys: list[RegisterJwk]
