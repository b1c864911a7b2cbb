"""Counters of ingest. None has a camera label: their number must not grow with the cameras."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_HANDOFF_BUCKETS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.045, 0.06, 0.1, 0.25, 1, 5)


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
        units = Counter("huiyan_ingest_units", "Units received", ["kind"], registry=registry)
        # Kept apart: looking up a label for each unit of each camera is not free.
        self.video_units = units.labels("video")
        self.audio_units = units.labels("audio")
        self.received_bytes = Counter(
            "huiyan_ingest_received_bytes", "Payload bytes received", registry=registry
        )
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
