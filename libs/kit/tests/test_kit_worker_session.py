"""Who is believed to live, on the reader's own clock."""

from huiyan.ingest.v1.camera_pb2 import WorkerSession
from huiyan_kit.worker_session import BELIEVE_S, LiveWorkers, new_worker_id

TOWN = "510799101000"


class Hand:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at


def told(worker: str, service: str) -> bytes:
    return WorkerSession(worker=worker, service=service).SerializeToString()


def test_a_worker_is_believed_for_three_seconds_after_its_last_word() -> None:
    clock = Hand()
    workers = LiveWorkers(clock)
    workers.on_change(f"{TOWN}.ingest-1", told("ingest-1", "ingest"))
    assert workers.alive("ingest-1")
    assert [one.worker for one in workers.of_service("ingest")] == ["ingest-1"]
    clock.at += BELIEVE_S + 0.1
    assert not workers.alive("ingest-1")
    assert workers.of_service("ingest") == []


def test_one_that_falls_silent_alone_is_gone_but_a_silent_bus_proves_nothing() -> None:
    clock = Hand()
    workers = LiveWorkers(clock)
    workers.on_change(f"{TOWN}.ingest-1", told("ingest-1", "ingest"))
    workers.on_change(f"{TOWN}.relay-1", told("relay-1", "relay"))
    clock.at += BELIEVE_S + 0.1
    assert not workers.gone("ingest-1")
    workers.on_change(f"{TOWN}.relay-1", told("relay-1", "relay"))
    assert workers.gone("ingest-1")
    workers.on_change(f"{TOWN}.ingest-1", None)
    assert workers.gone("ingest-1")


def test_a_word_that_cannot_be_read_harms_nobody() -> None:
    workers = LiveWorkers(Hand())
    workers.on_change(f"{TOWN}.relay-1", told("relay-1", "relay"))
    workers.on_change(f"{TOWN}.relay-1", b"\xff\xff\xff")
    assert workers.alive("relay-1")


def test_worker_ids_name_their_service() -> None:
    assert new_worker_id("relay").startswith("relay-")
    assert new_worker_id("relay") != new_worker_id("relay")
