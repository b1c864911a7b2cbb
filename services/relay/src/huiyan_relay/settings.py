"""Settings of the relay; environment `HUIYAN_RELAY_<NAME>`."""

from ipaddress import ip_address
from pathlib import Path

from huiyan_kit.settings import ServiceSettings
from pydantic import Field, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

from huiyan_relay.aiortc_insides import MediaAddress


class RelaySettings(ServiceSettings):
    """What the relay needs besides the common settings."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_prefix="HUIYAN_RELAY_")

    http_host: str = Field(default="127.0.0.1", description="Address of WHEP and the channels.")
    http_port: int = Field(default=0, ge=0, le=65535, description="Its port, 0 = any free one.")
    tls_cert_file: Path | None = Field(default=None, description="Certificate chain, PEM.")
    tls_key_file: Path | None = Field(default=None, description="Its private key, PEM.")
    public_url: str = Field(
        default="", description="How pages reach this relay; empty = http(s)://host:port."
    )
    origins: str = Field(default="", description="Origins of the pages, comma separated.")
    media_host: str = Field(default="127.0.0.1", description="Address that media is sent from.")
    public_ip: str = Field(default="", description="Address in candidates when a NAT is between.")
    media_port_min: int = Field(default=0, ge=0, le=65535, description="First UDP port, 0 = any.")
    media_port_max: int = Field(default=0, ge=0, le=65535, description="Last UDP port.")
    max_sessions: int = Field(default=400, ge=1, description="WHEP sessions and fallbacks at once.")
    max_sessions_per_principal: int = Field(
        default=32, ge=1, description="Of these, how many one principal may have."
    )
    connect_timeout_s: float = Field(
        default=15.0, gt=0, description="A session that is not connected by then ends, seconds."
    )
    burst_kbps: int = Field(
        default=60_000, ge=1000, description="Pace of cached pictures to one viewer, kbit/s."
    )
    feed_linger_s: float = Field(
        default=3.0, ge=0, description="A feed closes this long after its last viewer, seconds."
    )
    drain_grace_s: float = Field(
        default=3.0, ge=0, description="At the end viewers have this long to move, seconds."
    )

    @field_validator("media_host", "public_ip")
    @classmethod
    def _is_address(cls, value: str) -> str:
        if value:
            ip_address(value)
        return value

    @model_validator(mode="after")
    def _ports_are_a_range(self) -> "RelaySettings":
        if self.media_port_max < self.media_port_min:
            raise ValueError("media_port_max is below media_port_min")
        if self.media_port_max and not self.media_port_min:
            raise ValueError("media_port_max without media_port_min")
        if self.media_host in ("0.0.0.0", "::") and not self.public_ip:  # noqa: S104 - a comparison
            raise ValueError("media_host is every address: set public_ip")
        return self

    @property
    def origin_list(self) -> list[str]:
        """The origins as a list."""
        return [origin.strip() for origin in self.origins.split(",") if origin.strip()]

    @property
    def media_address(self) -> MediaAddress:
        """Where media leaves."""
        return MediaAddress(
            self.media_host, self.public_ip, self.media_port_min, self.media_port_max
        )
