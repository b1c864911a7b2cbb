"""Grants: what is signed is verified, whatever else comes is refused."""

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from huiyan_kit.errors import ErrorKind, HuiyanError
from huiyan_kit.grants import Grant, GrantKind, GrantVerifier, View, sign_grant
from huiyan_kit.revocations import RevocationList, Revoked

TOWN = "510799101000"
NOW_S = 1_800_000_000


class FixedClock:
    def __init__(self, at_s: float = NOW_S) -> None:
        self.at_s = at_s

    def utc_ns(self) -> int:
        return int(self.at_s * 1e9)

    def monotonic(self) -> float:
        return self.at_s

    async def sleep(self, seconds: float) -> None:
        self.at_s += seconds


KEY = ec.generate_private_key(ec.SECP256R1())
OTHER = ec.generate_private_key(ec.SECP256R1())


def grant(**changes: object) -> Grant:
    claims: dict[str, object] = {
        "iss": TOWN,
        "sub": "prn_a",
        "sid": "ses_a",
        "jti": "grt_a",
        "iat": NOW_S,
        "exp": NOW_S + 300,
        "kind": GrantKind.VIEW,
        "views": [View(camera="cam_a", streams=("main",))],
    }
    return Grant.model_validate(claims | changes)


def verifier(clock: FixedClock) -> GrantVerifier:
    def key_of(town: str, kid: str) -> ec.EllipticCurvePublicKey | None:
        return KEY.public_key() if (town, kid) == (TOWN, "k1") else None

    return GrantVerifier(key_of, clock)


def test_a_signed_grant_is_read_back() -> None:
    got = verifier(FixedClock()).verify(sign_grant(grant(), KEY, "k1"))
    assert got == grant()
    assert got.allows("cam_a", "main")
    assert not got.allows("cam_a", "sub")
    assert not got.allows("cam_b", "main")
    assert not got.allows("cam_a", "main", "audio")


@pytest.mark.parametrize(
    ("token", "code"),
    [
        ("", "grant_bad"),
        ("a.b.c", "grant_bad"),
        (sign_grant(grant(), OTHER, "k1"), "grant_bad"),
        (sign_grant(grant(), KEY, "k2"), "grant_bad"),
        (sign_grant(grant(iss="510799102000"), KEY, "k1"), "grant_bad"),
        (sign_grant(grant(exp=NOW_S + 3600), KEY, "k1"), "grant_bad"),
        (sign_grant(grant(iat=NOW_S - 400, exp=NOW_S - 100), KEY, "k1"), "grant_expired"),
        (jwt.encode({"iss": TOWN}, "secret" * 8, algorithm="HS256"), "grant_bad"),
        (jwt.encode({"iss": TOWN}, None, algorithm="none", headers={"kid": "k1"}), "grant_bad"),
    ],
)
def test_anything_else_is_refused(token: str, code: str) -> None:
    with pytest.raises(HuiyanError) as caught:
        verifier(FixedClock()).verify(token)
    assert caught.value.kind is ErrorKind.UNAUTHENTICATED
    assert caught.value.code == code


def test_a_grant_ends_with_its_life() -> None:
    clock = FixedClock()
    token = sign_grant(grant(), KEY, "k1")
    assert verifier(clock).verify(token).jti == "grt_a"
    clock.at_s += 300
    with pytest.raises(HuiyanError, match="expired"):
        verifier(clock).verify(token)


@pytest.mark.parametrize(
    ("kind", "subject"),
    [("grant", "grt_a"), ("session", "ses_a"), ("principal", "prn_a"), ("camera", "cam_a")],
)
def test_revocation_voids_what_was_issued_before(kind: str, subject: str) -> None:
    revoked = RevocationList()
    revoked.add(TOWN, kind, subject, Revoked(NOW_S + 5, "withdrawn", spare_own=False))
    assert revoked.why_camera_void(grant(), "cam_a") == "withdrawn"
    assert revoked.why_camera_void(grant(iat=NOW_S + 6, exp=NOW_S + 10), "cam_a") is None
    assert revoked.why_camera_void(grant(iss="510799102000"), "cam_a") is None
    revoked.remove(TOWN, kind, subject)
    assert revoked.why_camera_void(grant(), "cam_a") is None


def test_a_camera_revocation_can_spare_the_household() -> None:
    revoked = RevocationList()
    revoked.add(TOWN, "camera", "cam_a", Revoked(NOW_S, "off", spare_own=True))
    assert revoked.why_camera_void(grant(own=True), "cam_a") is None
    assert revoked.why_camera_void(grant(own=False), "cam_a") == "off"
    assert revoked.why_camera_void(grant(own=False), "cam_b") is None


def test_a_later_revocation_is_not_weakened_by_an_earlier_one() -> None:
    revoked = RevocationList()
    revoked.add(TOWN, "grant", "grt_a", Revoked(NOW_S + 5, "withdrawn", spare_own=False))
    revoked.add(TOWN, "grant", "grt_a", Revoked(NOW_S - 5, "logout", spare_own=False))
    assert revoked.why_void(grant()) == "withdrawn"
