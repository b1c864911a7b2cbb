"""What `huiyan up` was asked for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, ip_address
from pathlib import Path

# One ingest process takes so many cameras (measured: more in one process hand over late).
MOST_DEMO_CAMERAS = 40
DEMO_TOWN = "510799101000"
# Where cameras may be: the private networks of RFC 1918 and RFC 4193.
PRIVATE_NETWORKS = "10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,fc00::/7"
LOOPBACK_NETWORK = "127.0.0.0/8"
ACCOUNT = re.compile(r"^[A-Za-z0-9_.-]{2,40}$")


@dataclass(frozen=True, slots=True)
class UpOptions:
    """Ports: 0 is any free one. Empty URLs are made from `listen` and the ports."""

    data: Path
    port: int = 8800
    relay_port: int = 8801
    nats_port: int = 0
    camera_port: int = 0
    cameras: int = 16
    demo: bool = True
    listen: str = "127.0.0.1"
    public_url: str = ""
    relay_url: str = ""
    public_ip: str = ""
    tls_cert: Path | None = None
    tls_key: Path | None = None
    camera_networks: str = ""
    search_on: str = ""
    town: str = DEMO_TOWN
    town_name: str = ""
    account: str = "admin"
    reset_password: bool = False

    def check(self) -> None:
        """ValueError with a sentence for the person who typed it."""
        for port in (self.port, self.relay_port, self.nats_port, self.camera_port):
            if not 0 <= port <= 65535:
                raise ValueError("端口在 0 到 65535 之间 / ports are 0 to 65535")
        if self.port and self.port == self.relay_port:
            raise ValueError("--port 和 --relay-port 不能相同 / they must differ")
        if not 1 <= self.cameras <= MOST_DEMO_CAMERAS:
            raise ValueError(
                f"--cameras 是 1 到 {MOST_DEMO_CAMERAS}：一个 ingest 进程最多拉这么多\n"
                f"--cameras is 1 to {MOST_DEMO_CAMERAS}: one ingest process takes no more"
            )
        if (self.tls_cert is None) != (self.tls_key is None):
            raise ValueError("--tls-cert 和 --tls-key 要一起给 / give both or neither")
        for file in (self.tls_cert, self.tls_key):
            if file is not None and not file.is_file():
                raise ValueError(f"没有这个文件 / no such file: {file}")
        for name, address in (("--listen", self.listen), ("--public-ip", self.public_ip)):
            if address:
                try:
                    ip_address(address)
                except ValueError as error:
                    raise ValueError(f"{name} 是 IP 地址 / is an IP address") from error
        for address in filter(None, self.search_on.split(",")):
            try:
                IPv4Address(address)
            except ValueError as error:
                text = "--search-on 是本机的 IPv4 地址 / are IPv4 addresses of this machine"
                raise ValueError(text) from error
        if not (len(self.town) == 12 and self.town.isdigit()):
            raise ValueError("--town 是 12 位区划代码 / is a 12-digit area code")
        if not ACCOUNT.match(self.account):
            raise ValueError("--account 是 2 到 40 个字母、数字、_ . - / letters, digits, _ . -")
        if self.demo and self.reset_password:
            raise ValueError("--reset-password 要和 --no-demo 一起用 / goes with --no-demo")

    @property
    def scheme(self) -> str:
        """https when a certificate was given."""
        return "https" if self.tls_cert else "http"

    @property
    def networks(self) -> str:
        """Networks in which cameras may be; the demo's own cameras are on the loopback."""
        wanted = self.camera_networks or PRIVATE_NETWORKS
        return f"{wanted},{LOOPBACK_NETWORK}" if self.demo else wanted
