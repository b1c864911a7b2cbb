"""Settings of recorder: environment `HUIYAN_RECORDER_<NAME>`; only the common ones so far."""

from huiyan_kit.settings import ServiceSettings
from pydantic_settings import SettingsConfigDict


class RecorderSettings(ServiceSettings):
    """What one recorder process obeys."""

    model_config = SettingsConfigDict(env_prefix="HUIYAN_RECORDER_", frozen=True, extra="ignore")
