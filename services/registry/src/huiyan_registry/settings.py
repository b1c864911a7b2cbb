"""Settings of the registry: environment `HUIYAN_REGISTRY_<NAME>`."""

import ipaddress
from pathlib import Path
from typing import Literal

from huiyan_kit.settings import ServiceSettings
from pydantic import Field, field_validator
from pydantic_settings import SettingsConfigDict

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
DAY_S = 86_400


class RegistrySettings(ServiceSettings):
    """Everything that differs between a demo and a town."""

    model_config = SettingsConfigDict(env_prefix="HUIYAN_REGISTRY_", frozen=True, extra="ignore")

    http_host: str = Field(default="127.0.0.1", description="Address of pages and API.")
    http_port: int = Field(default=0, ge=0, le=65535, description="Its port, 0 = any free one.")
    tls_cert_file: Path | None = Field(default=None, description="TLS certificate chain, PEM.")
    tls_key_file: Path | None = Field(default=None, description="Its private key, PEM.")
    public_url: str = Field(
        default="",
        description="Origin as people see it; in the demo it may be left to the request.",
    )
    relay_url: str = Field(
        default="",
        description="Public base URL of the relay; empty = a living relay tells its own.",
    )
    database_url: str = Field(description="SQLAlchemy URL, role huiyan_app.")
    owner_database_url: str = Field(
        default="", description="SQLAlchemy URL, role huiyan_owner; only `migrate` needs it."
    )
    secrets_dir: Path = Field(description="Folder of the towns' signing keys (0600).")
    ingest_public_key_file: Path | None = Field(
        default=None, description="Public key to which camera logins are sealed, base64."
    )
    camera_networks: str = Field(
        default="", description="Networks in which cameras may be, CIDR, comma separated."
    )
    public_retention_days: int = Field(
        default=30,
        ge=1,
        le=90,
        description="Least days that recordings of public places stay.",
    )
    notice_operator: str = Field(
        default="", description="Who runs the public cameras, for signs; empty = the town's centre."
    )
    notice_contact: str = Field(
        default="", description="Phone or address of who runs them, for signs."
    )
    discovery_addresses: str = Field(
        default="",
        description="Own IPv4 addresses on whose networks cameras are searched, comma separated; "
        "empty = no search.",
    )
    discovery_port: int = Field(
        default=3702, ge=1, le=65535, description="UDP port of WS-Discovery."
    )
    turn_urls: str = Field(default="", description="TURN servers, comma separated.")
    turn_secret_file: Path | None = Field(default=None, description="Their shared secret.")
    nats_replicas: int = Field(default=1, ge=1, le=5, description="Copies of buckets and streams.")
    link_life_s: int = Field(
        default=7 * DAY_S, ge=60, description="How long a family link may be used, seconds."
    )
    staff_idle_s: int = Field(
        default=8 * 3600, ge=60, description="A staff session ends after so many idle seconds."
    )
    staff_life_s: int = Field(default=DAY_S, ge=60, description="Longest staff session, seconds.")
    family_idle_s: int = Field(
        default=90 * DAY_S, ge=60, description="A family session ends after so many idle seconds."
    )
    family_life_s: int = Field(
        default=400 * DAY_S, ge=60, description="Longest family session, seconds."
    )
    machine_life_s: int = Field(
        default=3600, ge=60, description="Life of a machine's session, seconds."
    )
    signing_key_life_s: int = Field(
        default=7 * DAY_S, ge=3600, description="How long a key signs grants, seconds."
    )
    trusted_proxies: str = Field(
        default="",
        description="Addresses or CIDR whose X-Forwarded-For is believed, comma separated.",
    )

    staff_second_factor: Literal["required", "optional"] | None = Field(
        default=None,
        description="Whether staff need a second factor; default: required, optional in the demo.",
    )

    @field_validator("camera_networks", "trusted_proxies")
    @classmethod
    def _networks_parse(cls, value: str) -> str:
        for part in value.split(","):
            if part.strip():
                ipaddress.ip_network(part.strip())
        return value

    @field_validator("discovery_addresses")
    @classmethod
    def _interfaces_parse(cls, value: str) -> str:
        for part in value.split(","):
            if part.strip():
                ipaddress.IPv4Address(part.strip())
        return value

    @property
    def networks(self) -> tuple[Network, ...]:
        """The networks in which cameras may be."""
        return tuple(
            ipaddress.ip_network(part.strip())
            for part in self.camera_networks.split(",")
            if part.strip()
        )

    @property
    def second_factor_required(self) -> bool:
        """True when staff may do nothing without a second factor."""
        if self.staff_second_factor is None:
            return self.profile != "demo"
        return self.staff_second_factor == "required"

    @property
    def trusted_proxy_list(self) -> list[str]:
        """Those proxies as a list."""
        return [part.strip() for part in self.trusted_proxies.split(",") if part.strip()]

    @property
    def discovery_interfaces(self) -> list[str]:
        """The addresses of the interfaces to search on."""
        return [part.strip() for part in self.discovery_addresses.split(",") if part.strip()]

    @property
    def turn_url_list(self) -> list[str]:
        """The TURN servers as a list."""
        return [url.strip() for url in self.turn_urls.split(",") if url.strip()]

    @property
    def secure(self) -> bool:
        """True when people come by https."""
        return self.public_url.startswith("https://") or self.tls_cert_file is not None

    def check(self) -> None:
        """Refuse to start with what a production must not lack. ValueError."""
        if self.profile == "demo":
            return
        if not self.public_url.startswith("https://"):
            raise ValueError("public_url must be an https origin outside the demo")
        if self.ingest_public_key_file is None:
            raise ValueError("ingest_public_key_file is missing")
        if self.turn_url_list and not self.secret(self.turn_secret_file):
            raise ValueError("turn_secret_file is missing")
