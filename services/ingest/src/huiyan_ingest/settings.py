"""Settings of ingest: environment `HUIYAN_INGEST_<NAME>`."""

import ipaddress
from pathlib import Path
from typing import Literal

from huiyan_kit.settings import ServiceSettings
from pydantic import Field, field_validator
from pydantic_settings import SettingsConfigDict

MAX_PYAV_CAMERAS = 40


class IngestSettings(ServiceSettings):
    """What one ingest process obeys."""

    model_config = SettingsConfigDict(env_prefix="HUIYAN_INGEST_", frozen=True, extra="ignore")

    key_file: Path | None = Field(
        default=None, description="Private sealing key of the town, base64; opens credentials."
    )
    camera_networks: str = Field(
        default="", description="Networks where cameras may be, CIDR, comma separated; else none."
    )
    max_cameras: int = Field(
        default=MAX_PYAV_CAMERAS, ge=1, description="Cameras this process takes; more are reported."
    )
    reach: str = Field(
        default="direct,vpn", description="Reaches of the cameras it takes, comma separated."
    )
    source: Literal["native", "pyav"] = Field(
        default="native",
        description="Who speaks RTSP: our own client, or libavformat for what that cannot speak.",
    )
    warm_streams: Literal["main", "both"] = Field(
        default="both",
        description="Streams that a live sink keeps open; with `main` a wall waits for each `sub`.",
    )
    open_timeout_s: float = Field(default=5.0, gt=0, description="Longest wait for a connection.")
    stall_after_s: float = Field(
        default=3.0, gt=0, description="Silence after which a camera counts as stalled."
    )
    reopen_after_s: float = Field(
        default=6.0, gt=0, description="Silence after which its stream is opened anew."
    )
    probe_every_s: float = Field(
        default=60.0, gt=0, description="Time between two DESCRIBE requests to a cold camera."
    )
    presence_every_s: float = Field(
        default=30.0, gt=0, description="Presence is written this often, and at each change."
    )
    demand_lives_s: float = Field(
        default=6.0, gt=0, description="A demand is forgotten after this time without a repeat."
    )
    first_keyframe_wait_s: float = Field(
        default=1.5, ge=0, description="Longest wait of a demand for a cold camera's keyframe."
    )
    backoff_first_s: float = Field(default=0.5, gt=0, description="First wait before reopening.")
    backoff_most_s: float = Field(default=30.0, gt=0, description="Longest wait before reopening.")

    @field_validator("camera_networks")
    @classmethod
    def _networks_are_cidr(cls, value: str) -> str:
        networks = [network.strip() for network in value.split(",") if network.strip()]
        for network in networks:
            ipaddress.ip_network(network)
        return ",".join(networks)

    @property
    def reach_list(self) -> list[str]:
        """The reaches as a list; a row without one counts as `direct`."""
        reaches = [reach.strip() for reach in self.reach.split(",") if reach.strip()]
        return [*reaches, ""] if "direct" in reaches else reaches

    @property
    def camera_network_list(self) -> list[str]:
        """The networks as a list."""
        return [network for network in self.camera_networks.split(",") if network]
