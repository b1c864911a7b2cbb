"""Somebody's own second factors: adds, proves and removes them."""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from huiyan_kit.clock import Clock
from huiyan_kit.errors import ErrorKind, HuiyanError
from huiyan_kit.ids import new_id
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from huiyan_registry.account.repository import AccountRepository
from huiyan_registry.account.roles import STAFF, Viewer
from huiyan_registry.account.tables import Principal
from huiyan_registry.account.throttle import LoginThrottle
from huiyan_registry.database.connection import Database
from huiyan_registry.refusals import forbidden, invalid, not_found
from huiyan_registry.session import totp
from huiyan_registry.session.caller import Caller
from huiyan_registry.session.factor_key import FactorKey
from huiyan_registry.session.relying_party import (
    KnownPasskey,
    NewPasskey,
    RelyingParty,
    credential_id_of,
)
from huiyan_registry.session.second_repository import PASSKEY, TOTP, Owner, SecondRepository
from huiyan_registry.session.tables import Passkey, SecondStep
from huiyan_registry.times import utc

_ENROL = timedelta(minutes=5)
_ISSUER = "慧眼"
_MOST_PASSKEYS = 10
_CHALLENGE_BYTES = 32


@dataclass(frozen=True, slots=True)
class NewTotp:
    """A secret that waits for its first code; told once."""

    secret: str
    uri: str

    def __repr__(self) -> str:
        return "NewTotp(***)"


def owner_of(caller: Caller) -> Owner:
    """The caller as the owner of factors."""
    return Owner(caller.town, caller.principal)


class SecondFactors:
    """Second factors of the towns that this process serves. `required`: staff must have one."""

    def __init__(
        self,
        database: Database,
        *,
        seconds: SecondRepository,
        accounts: AccountRepository,
        key: FactorKey,
        throttle: LoginThrottle,
        clock: Clock,
        required: bool,
    ) -> None:
        self._database = database
        self._seconds = seconds
        self._accounts = accounts
        self._key = key
        self._throttle = throttle
        self._clock = clock
        self._required = required

    def asked_of(self, viewer: Viewer) -> bool:
        """True when this person may do nothing without a second factor."""
        return self._required and viewer.has(*STAFF)

    # One-time codes

    async def begin_totp(self, caller: Caller) -> NewTotp:
        """A new secret; an older one holds until the new one is confirmed."""
        secret = totp.new_secret()
        async with self._database.transaction(caller.rows) as session:
            person = await self._person(session, caller)
            row = await self._seconds.lock_totp(session, owner_of(caller))
            row.pending = self._key.seal(secret, owner_of(caller).seal)
            account = person.account or ""
        return NewTotp(totp.base32(secret), totp.uri_of(secret, account, _ISSUER))

    async def confirm_totp(self, caller: Caller, code: str, address: str) -> None:
        """INVALID `totp_wrong`, CONFLICT `no_totp_begun`, TOO_MANY."""
        owner = owner_of(caller)
        self._throttle.check(owner.seal, address)
        async with self._database.transaction(caller.rows) as session:
            row = await self._seconds.lock_totp(session, owner)
            if row.pending is None:
                raise HuiyanError(
                    ErrorKind.CONFLICT,
                    "请先领取密钥",
                    "Ask for a secret first",
                    code="no_totp_begun",
                )
            secret = self._key.open(row.pending, owner.seal)
            step = totp.matching_step(secret, code, self._clock.utc_ns() / 1e9, 0)
            if step is not None:
                row.secret, row.pending, row.last_step = row.pending, None, step
                row.confirmed_at = utc(self._clock)
        if step is None:
            self._throttle.failed(owner.seal, address)
            raise invalid(
                "动态口令不对，请看手机时间准不准",
                "That code does not fit; check the clock",
                "totp_wrong",
            )

    async def drop_totp(self, caller: Caller) -> None:
        """No more codes. CONFLICT `last_second_factor`."""
        async with self._database.transaction(caller.rows) as session:
            await self._accounts.lock(session, caller.town, caller.principal)
            await self._keep_one(session, caller, {TOTP})
            await self._seconds.drop_totp(session, owner_of(caller))

    async def proves_by_code(self, session: AsyncSession, owner: Owner, code: str) -> bool:
        """True once for each right code."""
        row = await self._seconds.lock_totp(session, owner)
        if row.secret is None:
            return False
        secret = self._key.open(row.secret, owner.seal)
        step = totp.matching_step(secret, code, self._clock.utc_ns() / 1e9, row.last_step)
        if step is not None:
            row.last_step = step
        return step is not None

    # Passkeys

    async def begin_passkey(self, caller: Caller, party: RelyingParty) -> dict[str, Any]:
        """Options for `navigator.credentials.create`. CONFLICT `no_passkeys_here`."""
        party.require()
        challenge, now = secrets.token_bytes(_CHALLENGE_BYTES), utc(self._clock)
        async with self._database.transaction(caller.rows) as session:
            person = await self._person(session, caller)
            known = await self._seconds.passkeys(session, owner_of(caller))
            if len(known) >= _MOST_PASSKEYS:
                raise invalid("通行密钥最多 10 个", "At most ten passkeys", "too_many")
            session.add(
                SecondStep(
                    town=caller.town,
                    id=new_id("stp"),
                    kind="enrol",
                    token_hash=challenge,
                    principal=caller.principal,
                    session=caller.session,
                    challenge=challenge,
                    tries=0,
                    created_at=now,
                    expires_at=now + _ENROL,
                )
            )
            return party.creation_options(
                person.id,
                person.account or "",
                person.name,
                challenge,
                [one.credential_id for one in known],
            )

    async def add_passkey(
        self, caller: Caller, party: RelyingParty, credential: dict[str, Any], name: str
    ) -> Passkey:
        """INVALID `passkey_wrong`. Each enrolment is tried once."""
        now = utc(self._clock)
        made: NewPasskey | None = None
        row: Passkey | None = None
        try:
            async with self._database.transaction(caller.rows) as session:
                step = await self._seconds.lock_enrolment(session, caller.town, caller.session, now)
                if step is not None and step.challenge is not None:
                    step.used_at = now
                    made = party.created(credential, step.challenge)
                if made is not None:
                    row = _new_row(caller, made, name)
                    row.created_at = now
                    session.add(row)
        except IntegrityError:
            row = None  # the credential is known already
        if row is None:
            raise invalid("通行密钥没有登记上，请再试", "The passkey was refused", "passkey_wrong")
        return row

    async def passkeys(self, caller: Caller) -> list[Passkey]:
        """The caller's passkeys."""
        async with self._database.transaction(caller.rows) as session:
            return await self._seconds.passkeys(session, owner_of(caller))

    async def drop_passkey(self, caller: Caller, passkey: str) -> None:
        """NOT_FOUND, CONFLICT `last_second_factor`."""
        async with self._database.transaction(caller.rows) as session:
            await self._accounts.lock(session, caller.town, caller.principal)
            known = await self._seconds.passkeys(session, owner_of(caller))
            if passkey not in {one.id for one in known}:
                raise not_found("没有这个通行密钥", "No such passkey")
            if len(known) == 1:
                await self._keep_one(session, caller, {PASSKEY})
            await self._seconds.drop_passkeys(session, owner_of(caller), passkey)

    async def proves_by_passkey(
        self,
        session: AsyncSession,
        owner: Owner,
        party: RelyingParty,
        credential: dict[str, Any],
        challenge: bytes,
    ) -> bool:
        """True when one of the owner's passkeys signed the challenge; moves its counter."""
        row = await self._seconds.lock_passkey(session, owner, credential_id_of(credential))
        if row is None:
            return False
        known = KnownPasskey(row.credential_id, row.public_key, row.sign_count)
        count = party.signed_in(credential, challenge, known)
        if count is None:
            return False
        row.sign_count, row.last_used_at = count, utc(self._clock)
        return True

    # Steps

    async def _person(self, session: AsyncSession, caller: Caller) -> Principal:
        person = await self._accounts.get(session, caller.town, caller.principal)
        if person is None or person.password_hash is None:
            raise forbidden(
                "只有用账号登录的人要第二道验证", "Only accounts have a second factor", "no_account"
            )
        return person

    async def _keep_one(self, session: AsyncSession, caller: Caller, going: set[str]) -> None:
        if not self.asked_of(caller.viewer):
            return
        methods = await self._seconds.methods(session, owner_of(caller))
        if methods and not set(methods) - going:
            raise HuiyanError(
                ErrorKind.CONFLICT,
                "至少要留一种第二道验证，先加一种再删",
                "One second factor must stay; add another one first",
                code="last_second_factor",
            )


def _new_row(caller: Caller, made: NewPasskey, name: str) -> Passkey:
    return Passkey(
        town=caller.town,
        id=new_id("psk"),
        principal=caller.principal,
        credential_id=made.credential_id,
        public_key=made.public_key,
        sign_count=made.sign_count,
        transports=[],
        name=name,
    )
