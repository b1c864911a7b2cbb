"""Settings every service has. Each service adds its own in one frozen class with its prefix."""

import json
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

LOOPBACK = ("127.0.0.1", "::1", "localhost")


class ServiceSettings(BaseSettings):
    """What every process needs. Environment: `HUIYAN_<SERVICE>_<NAME>`; secrets are files."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    towns: str = Field(description="Towns this process serves, 12-digit codes, comma separated.")
    nats_url: str = Field(default="nats://127.0.0.1:4222", description="Where the bus is.")
    nats_user: str = Field(default="", description="NATS user of this service.")
    nats_password_file: Path | None = Field(default=None, description="File with its password.")
    internal_host: str = Field(default="127.0.0.1", description="Address of health and metrics.")
    internal_port: int = Field(default=0, ge=0, le=65535, description="Its port, 0 = any free one.")
    internal_token_file: Path | None = Field(
        default=None, description="Bearer token for it; needed when it is not on loopback."
    )
    ports_file: Path | None = Field(default=None, description="Where to write the bound ports.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="Least severity that is logged."
    )
    profile: Literal["demo", "production"] = Field(
        default="production", description="`demo` allows loopback cameras and generated secrets."
    )

    @field_validator("towns")
    @classmethod
    def _towns_are_codes(cls, value: str) -> str:
        towns = [town.strip() for town in value.split(",")]
        if not towns or any(len(town) != 12 or not town.isdigit() for town in towns):
            raise ValueError("towns are 12-digit area codes, comma separated")
        return ",".join(towns)

    @property
    def town_list(self) -> list[str]:
        """The towns as a list."""
        return self.towns.split(",")

    def secret(self, path: Path | None) -> str:
        """Read a secret file; an empty or missing one is refused outside the demo."""
        text = path.read_text().strip() if path else ""
        if not text and self.profile != "demo":
            raise ValueError("a secret file is missing or empty")
        return text

    def check_internal_exposure(self) -> None:
        """Refuse to show health and metrics to a network without a token (rules.md, section 4)."""
        if self.internal_host not in LOOPBACK and self.internal_token_file is None:
            raise ValueError("internal_host is not loopback: set internal_token_file")


def write_ports_file(path: Path | None, ports: dict[str, int]) -> None:
    """Tell a supervisor which ports were bound; written whole or not at all."""
    if path is None:
        return
    part = path.with_suffix(".part")
    part.write_text(json.dumps(ports))
    part.replace(path)
