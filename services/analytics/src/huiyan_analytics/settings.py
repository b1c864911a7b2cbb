"""Settings of analytics: environment `HUIYAN_ANALYTICS_<NAME>`; only the common ones so far."""

from huiyan_kit.settings import ServiceSettings
from pydantic_settings import SettingsConfigDict


class AnalyticsSettings(ServiceSettings):
    """What one analytics process obeys."""

    model_config = SettingsConfigDict(env_prefix="HUIYAN_ANALYTICS_", frozen=True, extra="ignore")
