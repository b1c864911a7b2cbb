"""One-time codes by the vectors of RFC 6238 and RFC 4226, and how their secrets are kept."""

import base64
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from huiyan_registry.session.device_names import device_name
from huiyan_registry.session.factor_key import FactorKey
from huiyan_registry.session.relying_party import RelyingParty
from huiyan_registry.session.totp import (
    base32,
    code_at,
    matching_step,
    new_secret,
    step_of,
    uri_of,
)
from huiyan_registry.staff.documents import MOST_BYTES, read_paper
from huiyan_registry.staff.periods import Span, begins_in_a_gap, held_until, is_due

SECRET = b"12345678901234567890"


@pytest.mark.parametrize(
    ("instant", "code"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_vectors_of_rfc_6238_appendix_b(instant, code):
    assert code_at(SECRET, step_of(instant), digits=8) == code


def test_vectors_of_rfc_4226_appendix_d():
    expected = [
        "755224",
        "287082",
        "359152",
        "969429",
        "338314",
        "254676",
        "287922",
        "162583",
        "399871",
        "520489",
    ]
    assert [code_at(SECRET, step) for step in range(10)] == expected


@pytest.mark.parametrize(
    ("drift", "fits"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)]
)
def test_one_step_of_drift_is_forgiven(drift, fits):
    now = 1_800_000_010.0
    code = code_at(SECRET, step_of(now) + drift)
    assert (matching_step(SECRET, code, now, 0) is not None) is fits


def test_a_step_is_good_once_and_older_ones_never_again():
    now = 1_800_000_010.0
    step = step_of(now)
    assert matching_step(SECRET, code_at(SECRET, step), now, 0) == step
    for used in (step, step - 1):
        assert matching_step(SECRET, code_at(SECRET, used), now, step) is None
    assert matching_step(SECRET, code_at(SECRET, step + 1), now, step) == step + 1


def test_uri_is_what_authenticator_apps_read():
    secret = new_secret()
    parts = urlsplit(uri_of(secret, "lixiuying", "慧眼"))
    query = parse_qs(parts.query)
    assert (parts.scheme, parts.netloc) == ("otpauth", "totp")
    assert query["issuer"] == ["慧眼"]
    assert base64.b32decode(query["secret"][0]) == secret and query["secret"][0] == base32(secret)


def test_a_sealed_secret_is_bound_to_its_owner_and_key(tmp_path):
    key = FactorKey(tmp_path / "a")
    sealed = key.seal(SECRET, "town.prn_a")
    assert SECRET not in sealed and key.seal(SECRET, "town.prn_a") != sealed
    assert FactorKey(tmp_path / "a").open(sealed, "town.prn_a") == SECRET
    with pytest.raises(ValueError, match="another key"):
        key.open(sealed, "town.prn_b")
    with pytest.raises(ValueError, match="another key"):
        FactorKey(tmp_path / "b").open(sealed, "town.prn_a")
    assert (tmp_path / "a" / "second-factor.key").stat().st_mode & 0o777 == 0o600
    (tmp_path / "a" / "second-factor.key").write_bytes(b"short")
    with pytest.raises(ValueError, match="32 bytes"):
        FactorKey(tmp_path / "a")


@pytest.mark.parametrize(
    ("origin", "possible"),
    [
        ("https://huiyan.example", True),
        ("http://localhost:8080", True),
        ("http://huiyan.example", False),
        ("https://192.0.2.7", False),
        ("https://[::1]", False),
        ("", False),
    ],
)
def test_where_browsers_offer_passkeys(origin, possible):
    assert RelyingParty(origin).possible is possible


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit Chrome/130 Safari Edg/130", "Windows · Edge"),
        (
            "Mozilla/5.0 (Linux; Android 14) Chrome/130 Mobile Safari MicroMessenger/8",
            "Android · 微信",
        ),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko Firefox/130.0", "Linux · Firefox"),
        ("curl/8", ""),
    ],
)
def test_device_names(agent, name):
    assert device_name(agent) == name


DAY = timedelta(days=1)
NOW = datetime(2026, 11, 22, tzinfo=UTC)


def spans(*days):
    return [Span(NOW + start * DAY, NOW + end * DAY) for start, end in days]


@pytest.mark.parametrize(
    ("given", "until"),
    [
        ([], None),
        ([(-10, 10)], 10),
        ([(-10, -2)], -2),
        ([(-10, 10), (10, 40)], 40),
        ([(10, 40), (-10, 12)], 40),
        ([(-10, 10), (11, 40)], 10),
        ([(-30, -20), (-10, -2)], -2),
        ([(-10, 0)], 0),
        ([(0, 5)], 5),
        ([(-10, 50), (-5, 20)], 50),
    ],
)
def test_for_how_long_agreements_hold(given, until):
    assert held_until(spans(*given), NOW) == (None if until is None else NOW + until * DAY)


@pytest.mark.parametrize(
    ("given", "new", "gap"),
    [
        ([], (0, 5), False),
        ([], (-3, 5), False),
        ([], (1, 5), True),
        ([(-10, 10)], (10, 20), False),
        ([(-10, 10)], (11, 20), True),
        ([(-10, -2)], (1, 20), True),
    ],
)
def test_an_agreement_follows_without_a_gap(given, new, gap):
    assert begins_in_a_gap(spans(*given), spans(new)[0], NOW) is gap


def test_a_renewal_is_due_thirty_days_before_the_end():
    answers = [is_due(NOW + days * DAY, NOW) for days in (0, 1, 30, 31)]
    assert answers == [False, True, True, False] and not is_due(None, NOW)


@pytest.mark.parametrize(
    ("content", "answer"),
    [
        (b"%PDF-1.7\n", "application/pdf"),
        (b"\x89PNG\r\n\x1a\n...", "image/png"),
        (b"\xff\xd8\xff\xe0", "document"),
        (b"<html>%PDF-", "document"),
        (b"", "document"),
        (b"%PDF-" + bytes(MOST_BYTES), "document"),
    ],
)
def test_papers_are_known_by_their_first_bytes(content, answer):
    try:
        found = read_paper(base64.b64encode(content).decode()).media_type
    except Exception as error:
        found = error.code
    assert found == answer
