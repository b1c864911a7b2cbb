"""Counters of ingest. None has a camera label: their number must not grow with the cameras."""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

_HANDOFF_BUCKETS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.045, 0.06, 0.1, 0.25, 1, 5)


class ReceivedTally(Collector):
    """What cameras sent. Plain numbers that only the event loop counts up: for each unit of each
    camera a `Counter` with its lock would cost as much as normalising the unit."""

    def __init__(self) -> None:
        self.video_units = 0
        self.audio_units = 0
        self.bytes = 0

    def collect(self) -> Iterator[CounterMetricFamily]:
        units = CounterMetricFamily("huiyan_ingest_units", "Units received", labels=["kind"])
        units.add_metric(["video"], self.video_units)
        units.add_metric(["audio"], self.audio_units)
        yield units
        yield CounterMetricFamily(
            "huiyan_ingest_received_bytes", "Payload bytes received", value=self.bytes
        )


class IngestMetrics:
    """All metrics of one process."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.cameras = Gauge(
            "huiyan_ingest_cameras", "Cameras by presence state", ["state"], registry=registry
        )
        self.cameras_left_out = Gauge(
            "huiyan_ingest_cameras_left_out", "Rows over MAX_CAMERAS", registry=registry
        )
        self.pulls = Gauge(
            "huiyan_ingest_pulls",
            "Open or opening pulls by presence state",
            ["state"],
            registry=registry,
        )
        self.reconnects = Counter(
            "huiyan_ingest_reconnects", "Pulls opened anew, by cause", ["cause"], registry=registry
        )
        self.probes = Counter(
            "huiyan_ingest_probes",
            "DESCRIBE requests to cold cameras",
            ["cause"],
            registry=registry,
        )
        self.received = ReceivedTally()
        registry.register(self.received)
        self.published_bytes = Counter(
            "huiyan_ingest_published_bytes",
            "Media-frame bytes published",
            ["subject"],
            registry=registry,
        )
        self.dropped_units = Counter(
            "huiyan_ingest_dropped_units",
            "Units lost in this process",
            ["where"],
            registry=registry,
        )
        self.handoff_seconds = Histogram(
            "huiyan_ingest_handoff_seconds",
            "From the reader thread to the event loop",
            buckets=_HANDOFF_BUCKETS,
            registry=registry,
        )
        self.demands = Counter(
            "huiyan_ingest_demand_requests",
            "Demand requests answered",
            ["state"],
            registry=registry,
        )
        self.demanded_tracks = Gauge(
            "huiyan_ingest_demanded_tracks", "Tracks with a living demand", registry=registry
        )
        self.snapshots = Counter(
            "huiyan_ingest_snapshots", "Still pictures asked for", ["result"], registry=registry
        )
