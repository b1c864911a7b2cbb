"""RTP payload formats, digest, and sender reports."""

from __future__ import annotations

import struct

from huiyan_testing.camera.digest import (
    Challenge,
    Credential,
    DigestAlgorithm,
    digest_response,
    parse_authorization,
)
from huiyan_testing.camera.payload import packetise_aac, packetise_h264, packetise_h265
from huiyan_testing.camera.route import AudioCodec
from huiyan_testing.camera.rtcp import interleaved, sender_report
from huiyan_testing.camera.tone import encode_loop
from hypothesis import given
from hypothesis import strategies as st

_LIMIT = 20


@given(st.binary(min_size=1, max_size=300))
def test_h264_fragments_rebuild_the_nal_unit(nal: bytes) -> None:
    payloads = packetise_h264(nal, _LIMIT)
    assert all(len(payload) <= _LIMIT for payload in payloads)
    if len(payloads) == 1:
        assert payloads == [nal]
        return
    header = (payloads[0][0] & 0xE0) | (payloads[0][1] & 0x1F)
    assert bytes((header,)) + b"".join(p[2:] for p in payloads) == nal
    assert [p[1] & 0xC0 for p in payloads] == [0x80] + [0] * (len(payloads) - 2) + [0x40]


@given(st.binary(min_size=2, max_size=300))
def test_h265_fragments_rebuild_the_nal_unit(nal: bytes) -> None:
    payloads = packetise_h265(nal, _LIMIT)
    assert all(len(payload) <= _LIMIT for payload in payloads)
    if len(payloads) == 1:
        assert payloads == [nal]
        return
    first = payloads[0]
    header = bytes(((first[0] & 0x81) | (first[2] & 0x3F) << 1, first[1]))
    assert header + b"".join(p[3:] for p in payloads) == nal
    assert first[2] & 0xC0 == 0x80
    assert payloads[-1][2] & 0xC0 == 0x40


def test_aac_header_carries_the_size() -> None:
    payload = packetise_aac(bytes(300))
    assert payload[:4] == struct.pack("!HH", 16, 300 << 3)


def test_sound_loops_fill_their_period() -> None:
    for codec, size in ((AudioCodec.PCMA, 320), (AudioCodec.PCMU, 320)):
        loop = encode_loop(codec)
        assert {len(payload) for payload in loop.payloads} == {size}
        assert len(loop.payloads) == 50
    aac = encode_loop(AudioCodec.AAC)
    assert len(aac.payloads) == 31
    assert aac.format.config.hex() == "1408"  # AAC-LC, 16 kHz, mono


def test_sender_report_layout() -> None:
    packet = sender_report(0x1234, 1_500_000_000, 90_000, 7, 700)
    ssrc, seconds, fraction, stamp, packets, octets = struct.unpack("!4xIIIIII", packet)
    assert (ssrc, seconds, fraction) == (0x1234, 2_208_988_801, 1 << 31)
    assert (stamp, packets, octets) == (90_000, 7, 700)
    assert interleaved(1, packet)[:4] == b"$\x01\x00\x1c"


def test_digest_of_rfc_2617() -> None:
    given_fields = parse_authorization(
        'Digest username="Mufasa", realm="testrealm@host.com", uri="/dir/index.html", '
        'nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", qop=auth, nc=00000001, cnonce="0a4f113b"'
    )
    assert given_fields is not None
    credential = Credential("Mufasa", "Circle Of Life")
    response = digest_response(given_fields, "GET", credential, DigestAlgorithm.MD5)
    assert response == "6629fae49393a05397450978507c4ef1"
    assert "Circle" not in repr(credential)


@given(st.text(max_size=200))
def test_any_authorization_is_refused_quietly(text: str) -> None:
    challenge = Challenge("n" * 32)
    assert not challenge.accepts(text, "DESCRIBE", Credential("u", "p"))
    assert not challenge.accepts("Digest " + text, "DESCRIBE", Credential("u", "p"))
