"""What the relay counts. No label names a camera or a person."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class RelayMetrics:
    """Created once by the composition root."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        def counter(name: str, about: str) -> Counter:
            return Counter(f"huiyan_relay_{name}", about, registry=registry)

        self.sessions = Gauge("huiyan_relay_sessions", "Open sessions", ["kind"], registry=registry)
        self.tiles = Gauge(
            "huiyan_relay_tiles", "Tiles with a camera, by state", ["state"], registry=registry
        )
        self.feeds = Gauge("huiyan_relay_feeds", "Tracks demanded", registry=registry)
        self.units_in = counter("units_in_total", "Access units taken from the bus")
        self.units_out = counter("units_out_total", "Access units sent to viewers")
        self.units_dropped = Counter(
            "huiyan_relay_units_dropped_total",
            "Access units not sent",
            ["reason"],
            registry=registry,
        )
        self.bad_messages = counter("bad_messages_total", "Bus messages that are no media frame")
        self.retransmits = counter("retransmits_total", "Packets sent again after a NACK")
        self.nacked = counter("nacked_total", "Packets that viewers reported lost")
        self.replays = counter("keyframe_replays_total", "PLI and FIR answered from the cache")
        self.weak = counter("weak_total", "Viewers moved to less data because of loss")
        self.view_events = Counter(
            "huiyan_relay_view_events_total",
            "View events by outcome",
            ["outcome"],
            registry=registry,
        )
        self.first_frame = Histogram(
            "huiyan_relay_first_frame_seconds",
            "From the offer to the first unit sent",
            buckets=(0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 5, 10),
            registry=registry,
        )
