"""The environment of each service (docs/design/contracts.md, Settings)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from huiyan_runner.addresses import Addresses
from huiyan_runner.data_folder import DataFolder
from huiyan_runner.options import UpOptions

Ports = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What services need to know of the embedded servers."""

    nats_url: str
    database_url: str
    owner_database_url: str


class ServiceSettings:
    """Makes environments; secrets are named by file, never given."""

    def __init__(self, options: UpOptions, folder: DataFolder, addresses: Addresses) -> None:
        self._options = options
        self._folder = folder
        self._addresses = addresses

    def ports_file(self, service: str) -> Path:
        """Where a service tells its ports."""
        return self._folder.ports / f"{service}.json"

    def common(self, service: str, surroundings: Surroundings, ports: Ports) -> dict[str, str]:
        """What every service is told; the internal port of an earlier run is kept."""
        return _prefixed(
            service,
            towns=self._options.town,
            nats_url=surroundings.nats_url,
            nats_user=service,
            nats_password_file=self._folder.keys / f"nats-{service}.password",
            internal_host="127.0.0.1",
            internal_port=ports.get("internal", 0),
            ports_file=self.ports_file(service),
            profile=self._profile(),
        )

    def _profile(self) -> str:
        # Production insists on https; a suite without it is for looking, whatever is in it.
        by_https = self._addresses.public_url.startswith("https://")
        return "production" if by_https and not self._options.demo else "demo"

    def registry(self, surroundings: Surroundings, ports: Ports) -> dict[str, str]:
        """Pages, API and the database of the town."""
        return self.common("registry", surroundings, ports) | _prefixed(
            "registry",
            http_host=self._options.listen,
            http_port=self._addresses.registry_port,
            tls_cert_file=self._options.tls_cert,
            tls_key_file=self._options.tls_key,
            public_url=self._addresses.public_url,
            relay_url=self._addresses.relay_url,
            database_url=surroundings.database_url,
            owner_database_url=surroundings.owner_database_url,
            secrets_dir=self._folder.keys / "signing",
            ingest_public_key_file=self._folder.keys / "ingest.pub",
            camera_networks=self._options.networks,
            discovery_addresses=self._addresses.discovery_addresses,
            discovery_port=self._addresses.discovery_port,
        )

    def ingest(self, surroundings: Surroundings, ports: Ports) -> dict[str, str]:
        """Pulls cameras."""
        return self.common("ingest", surroundings, ports) | _prefixed(
            "ingest",
            key_file=self._folder.keys / "ingest.key",
            camera_networks=self._options.networks,
            # A demo camera may still be drawn: asked often, it shows soon after it is there.
            backoff_most_s="3" if self._options.demo else None,
        )

    def relay(self, surroundings: Surroundings, ports: Ports) -> dict[str, str]:
        """Gives pictures to the pages of our origin; candidates name what we listen on."""
        return self.common("relay", surroundings, ports) | _prefixed(
            "relay",
            http_host=self._options.listen,
            http_port=self._addresses.relay_port,
            tls_cert_file=self._options.tls_cert,
            tls_key_file=self._options.tls_key,
            public_url=self._addresses.relay_url,
            origins=_origins(self._addresses),
            media_host=self._addresses.media_host,
            public_ip=self._addresses.public_ip,
            # Ctrl-C must not wait for viewers to move: there is nowhere to move to.
            drain_grace_s="0.3",
        )


def _origins(addresses: Addresses) -> str:
    wanted = {addresses.public_url, addresses.local_registry_url}
    if "://127.0.0.1:" in addresses.local_registry_url:
        wanted.add(addresses.local_registry_url.replace("127.0.0.1", "localhost"))
    return ",".join(sorted(wanted))


def _prefixed(service: str, **settings: object) -> dict[str, str]:
    """`HUIYAN_<SERVICE>_<NAME>`; what is None or empty keeps its default."""
    return {
        f"HUIYAN_{service.upper()}_{name.upper()}": str(value)
        for name, value in settings.items()
        if value not in (None, "")
    }
