"""The pure parts of ingest."""

import errno
import hashlib
import itertools

import av.error
import pytest
from huiyan.ingest.v1 import camera_pb2 as pb
from huiyan.ingest.v1.demand_pb2 import DemandReply
from huiyan_ingest.assignment import StaticAssignment
from huiyan_ingest.causes import CameraError, Cause, state_of
from huiyan_ingest.credentials import CredentialOpener
from huiyan_ingest.demand import DemandBook
from huiyan_ingest.demand_reply import MAX_REPLY_BYTES, add_gop, refusal
from huiyan_ingest.interleaved import MAX_REPLIES, InterleavedReader
from huiyan_ingest.media_receiver import split_aac_hbr
from huiyan_ingest.native_source import control_url
from huiyan_ingest.presence import PresenceWriter
from huiyan_ingest.pyav_causes import cause_of_open_error, cause_of_read_error
from huiyan_ingest.rtsp_login import authorization
from huiyan_ingest.rtsp_reply import RtspSyntaxError
from huiyan_ingest.sender_clock import SenderClock
from huiyan_ingest.session_description import parse_session_description
from huiyan_ingest.settings import IngestSettings
from huiyan_ingest.timeline import Timeline
from huiyan_ingest.track_rates import TrackRates
from huiyan_kit.bus.local import LocalBus
from huiyan_kit.sealing import CameraCredential, new_key_pair, seal
from huiyan_media.access_unit import AccessUnit
from huiyan_media.assembler import Assembler
from huiyan_media.codec import Codec
from huiyan_media.ntp import utc_ns_to_ntp
from hypothesis import given
from hypothesis import strategies as st

TOWN = "510799101000"
SECOND = 1_000_000_000


class FakeClock:
    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def utc_ns(self) -> int:
        return int(self.now * SECOND)

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


def unit(seq: int, size: int, *, keyframe: bool = False) -> AccessUnit:
    return AccessUnit(Codec.H264, keyframe, False, seq * 3600, 7, seq, seq, None, b"x" * size)


def test_every_cause_has_a_state() -> None:
    assert {state_of(cause) for cause in Cause} == set(pb.PresenceState.values()) - {
        pb.PRESENCE_STATE_UNSPECIFIED
    }


@pytest.mark.parametrize(
    ("error", "timed_out", "cause"),
    [
        (av.error.HTTPUnauthorizedError(0, "rtsp://u:p@x"), False, Cause.LOGIN_REFUSED),
        (av.error.HTTPForbiddenError(0, ""), False, Cause.LOGIN_REFUSED),
        (av.error.HTTPNotFoundError(0, ""), False, Cause.NO_SUCH_PATH),
        (av.error.HTTPOtherClientError(0, ""), False, Cause.CAMERA_REFUSED),
        (av.error.HTTPServerError(0, ""), False, Cause.CAMERA_REFUSED),
        (av.error.ExitError(0, ""), True, Cause.TIMEOUT),
        (av.error.InvalidDataError(0, ""), True, Cause.TIMEOUT),
        (av.error.InvalidDataError(0, ""), False, Cause.NO_RTSP),
        (OSError(errno.ECONNREFUSED, ""), False, Cause.CONNECTION_REFUSED),
        (OSError(errno.EHOSTUNREACH, ""), False, Cause.NO_ROUTE),
        (OSError(errno.EPROTONOSUPPORT, ""), False, Cause.TRANSPORT_UNSUPPORTED),
        (OSError(errno.EINVAL, ""), False, Cause.CONNECTION_CLOSED),
    ],
)
def test_libavformat_errors_have_a_cause(error, timed_out, cause) -> None:
    assert cause_of_open_error(error, timed_out=timed_out) is cause


def test_read_errors_have_a_cause() -> None:
    assert cause_of_read_error(av.error.ExitError(0, "")) is Cause.NO_UNITS
    assert cause_of_read_error(TimeoutError()) is Cause.NO_UNITS
    assert cause_of_read_error(av.error.InvalidDataError(0, "")) is Cause.NO_VIDEO
    assert cause_of_read_error(ConnectionResetError()) is Cause.CONNECTION_CLOSED


def test_demand_is_forgotten_after_its_time() -> None:
    clock = FakeClock()
    book = DemandBook(clock.monotonic, 6.0)
    assert not book.wanted("main")
    book.register("main")
    book.register("audio")
    clock.now += 5.9
    assert book.wanted("main")
    book.register("main")
    clock.now += 1
    assert book.living() == {"main"}
    clock.now += 5.1
    assert book.living() == set()


def test_reply_brings_the_whole_gop() -> None:
    units = [unit(0, 1000, keyframe=True), *(unit(seq, 100) for seq in range(1, 50))]
    reply = DemandReply()
    add_gop(reply, units, truncated=False)
    assembler = Assembler()
    assert [assembler.push(one) for one in reply.gop] == units
    assert not reply.truncated


def test_reply_of_a_large_gop_is_its_keyframe() -> None:
    units = [unit(0, 1_000_000, keyframe=True), *(unit(seq, 400_000) for seq in range(1, 9))]
    reply = DemandReply()
    add_gop(reply, units, truncated=False)
    assembler = Assembler()
    assert [one for part in reply.gop if (one := assembler.push(part))] == units[:1]
    assert reply.truncated
    assert sum(map(len, reply.gop)) <= MAX_REPLY_BYTES


def test_reply_never_grows_over_the_limit() -> None:
    reply = DemandReply()
    add_gop(reply, [unit(0, 5_000_000, keyframe=True)], truncated=False)
    assert not reply.gop
    assert reply.truncated
    assert refusal(Cause.TIMEOUT).state == pb.PRESENCE_STATE_UNREACHABLE


async def test_presence_is_told_at_changes_and_every_30_s() -> None:
    clock, bus = FakeClock(), LocalBus()
    bucket = bus.key_value("presence")
    writer = PresenceWriter(
        bucket, clock, town=TOWN, camera="cam_1", worker="ingest-1", every_s=30.0
    )

    async def tell(cause: Cause, tracks: list[pb.TrackInfo]) -> tuple[int, pb.Presence]:
        await writer.tell(cause, tracks, row_rev=3, last_frame_at_ns=5, reconnects=1)
        entry = await bucket.get(f"{TOWN}.cam_1")
        assert entry is not None
        return entry.revision, pb.Presence.FromString(entry.value)

    first = await writer.claim(3)
    clock.now += 1
    revision, told = await tell(Cause.NONE, [])
    assert revision > first
    assert (told.state, told.since_ns) == (pb.PRESENCE_STATE_ONLINE, clock.utc_ns())
    since = told.since_ns
    clock.now += 10
    assert (await tell(Cause.NONE, []))[0] == revision
    track = pb.TrackInfo(track="main", codec="h264", width=1280)
    second, told = await tell(Cause.NONE, [track])
    assert second > revision
    assert told.since_ns == since
    assert told.tracks[0].width == 1280
    clock.now += 29
    assert (await tell(Cause.NONE, [track]))[0] == second
    clock.now += 2
    third, told = await tell(Cause.NONE, [track])
    assert third > second
    assert told.observed_at_ns == clock.utc_ns()
    _, told = await tell(Cause.TIMEOUT, [])
    assert (told.state, told.cause) == (pb.PRESENCE_STATE_UNREACHABLE, "timeout")
    assert told.since_ns == clock.utc_ns()


def test_assignment_is_stable_and_counts_what_it_leaves_out() -> None:
    rows = {f"t.{name}": pb.CameraRow(reach="direct") for name in "bcd"}
    rows["t.e"] = pb.CameraRow(reach="edge:site")
    assignment = StaticAssignment(2, ["direct"])
    assert set(assignment.choose(rows)) == {"t.b", "t.c"}
    assert assignment.left_out == 1
    rows["t.a"] = pb.CameraRow(reach="direct")
    assert set(assignment.choose(rows)) == {"t.b", "t.c"}
    assert assignment.left_out == 2
    del rows["t.b"]
    assert set(assignment.choose(rows)) == {"t.a", "t.c"}


def test_timeline_absorbs_jumps() -> None:
    timeline = Timeline(90_000)
    arrivals = itertools.count(0, SECOND // 25)
    sources = [None, 50_000, 53_600, 57_200, 2_000, 5_600, 90_000_000, 90_003_600]
    mapped = [timeline.map(source, next(arrivals)) for source in sources]
    assert [b - a for a, b in itertools.pairwise(mapped)] == [3600] * 7
    assert timeline.jumps == 2


def test_timeline_lets_reordered_pictures_step_back() -> None:
    timeline = Timeline(90_000)
    sources = [0, 10_800, 3_600, 7_200, 14_400]
    mapped = [
        timeline.map(source, number * SECOND // 25, reorders=True)
        for number, source in enumerate(sources)
    ]
    assert mapped == sources
    assert timeline.jumps == 0


def test_rates() -> None:
    rates = TrackRates()
    for number in range(120):
        rates.add(number * SECOND // 25, 10_000, keyframe=number % 50 == 0)
    assert rates.fps == 25
    assert rates.kbps == 2000
    assert rates.gop_ms == 2000


def test_digest_answer_of_rfc_7616() -> None:
    challenge = (
        'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=MD5, '
        'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfn"'
    )
    login = CameraCredential(user="Mufasa", password="Circle of Life")
    answer = authorization([challenge], login, "GET", "/dir/index.html", count=1)
    assert answer is not None
    fields = dict(part.split("=", 1) for part in answer.removeprefix("Digest ").split(", "))
    client = fields["cnonce"].strip('"')

    def md5(text: str) -> str:
        return hashlib.md5(text.encode()).hexdigest()

    secret = md5("Mufasa:http-auth@example.org:Circle of Life")
    nonce = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"
    expected = md5(f"{secret}:{nonce}:00000001:{client}:auth:{md5('GET:/dir/index.html')}")
    assert fields["response"] == f'"{expected}"'
    assert "Circle of Life" not in answer
    assert authorization(['Basic realm="x"'], login, "GET", "/") == (
        "Basic TXVmYXNhOkNpcmNsZSBvZiBMaWZl"
    )
    assert authorization(["Bearer x"], login, "GET", "/") is None


def test_credentials_that_could_inject_are_refused() -> None:
    private, public = new_key_pair()
    opener = CredentialOpener(private)
    good = CameraCredential(user="admin", password='p"\\\r\n')
    assert opener.open(seal(good, public)) == good
    assert opener.open(b"") is None
    for user in ('a"b', "a\r\nX: y", "a\\"):
        with pytest.raises(CameraError):
            opener.open(seal(CameraCredential(user=user, password="x"), public))
    with pytest.raises(CameraError):
        CredentialOpener("").open(seal(good, public))


def test_interleaved_reader_in_any_pieces() -> None:
    wire = b"$\x00\x00\x03abc" + b"RTSP/1.0 200 OK\r\nCSeq: 9\r\nContent-Length: 2\r\n\r\nhi"
    wire += b"$\x01\x00\x00" + b"$\x02\x00\x01z" + b"$\x00\x00\x01d"
    reader = InterleavedReader()
    assert reader.feed(wire) == {0: [b"abc", b"d"], 1: [b""], 2: [b"z"]}
    assert [reply.status for reply in reader.replies] == [200]
    for size in (1, 2, 5, 7):
        reader = InterleavedReader()
        taken: dict[int, list[bytes]] = {}
        replies = 0
        for start in range(0, len(wire), size):
            for channel, packets in reader.feed(wire[start : start + size]).items():
                taken.setdefault(channel, []).extend(packets)
            replies += len(reader.replies)
        assert taken == {0: [b"abc", b"d"], 1: [b""], 2: [b"z"]}
        assert replies == 1
    with pytest.raises(RtspSyntaxError):
        InterleavedReader().feed(b"HTTP/1.1 200 OK")
    with pytest.raises(RtspSyntaxError):
        InterleavedReader().feed(b"RTSP/1.0 200 OK\r\n\r\n" * (MAX_REPLIES + 1))


@given(st.binary(max_size=400))
def test_hostile_bytes_raise_nothing_else(data: bytes) -> None:
    try:
        packets = InterleavedReader().feed(data)
    except RtspSyntaxError:
        packets = {}
    assert sum(map(len, packets.values())) <= len(data)
    try:
        media = parse_session_description(b"v=0\r\n" + data)
    except RtspSyntaxError:
        media = []
    assert all(isinstance(medium.parameter_sets, bytes) for medium in media)
    clock = SenderClock(90_000)
    clock.take(data)
    assert sum(map(len, split_aac_hbr(data))) <= len(data)


def test_sender_clock() -> None:
    clock = SenderClock(90_000)
    assert clock.offset_ns(0, 0) is None
    utc = 1_700_000_000 * SECOND
    report = b"\x80\xc8\x00\x06" + bytes(4) + utc_ns_to_ntp(utc).to_bytes(8, "big")
    clock.take(report + (90_000).to_bytes(4, "big") + bytes(8))
    offset = clock.offset_ns(180_000, utc + SECOND - 5_000_000)
    assert offset is not None
    assert abs(offset - 5_000_000) <= 1
    assert not clock.said_goodbye
    clock.take(b"\x81\xcb\x00\x01\x00\x00\x00\x01")
    assert clock.said_goodbye


def test_aac_packets_and_control_urls() -> None:
    payload = b"\x00\x20" + (3 << 3).to_bytes(2, "big") + (2 << 3).to_bytes(2, "big") + b"abcde"
    assert split_aac_hbr(payload) == [b"abc", b"de"]
    assert control_url("rtsp://h/a", "") == "rtsp://h/a"
    assert control_url("rtsp://h/a/", "trackID=1") == "rtsp://h/a/trackID=1"
    assert control_url("rtsp://h/a", "trackID=1") == "rtsp://h/a/trackID=1"
    assert control_url("rtsp://h/a", "rtsp://other/b") == "rtsp://other/b"


def test_settings_refuse_what_is_no_network() -> None:
    with pytest.raises(ValueError, match="camera_networks"):
        IngestSettings.model_validate({"towns": TOWN, "camera_networks": "10.0.0.0/99"})
    settings = IngestSettings.model_validate(
        {"towns": TOWN, "camera_networks": "10.0.0.0/8, fd12::/16"}
    )
    assert settings.camera_network_list == ["10.0.0.0/8", "fd12::/16"]
    assert settings.max_cameras == 40
