"""What a household may tick, one by one (rules.md P10)."""

from enum import StrEnum


class ConsentScope(StrEnum):
    """Every scope; the texts of all of them travel with the service (`texts/`)."""

    LIVE_VILLAGE = "live_village"
    LIVE_TOWN = "live_town"
    LIVE_COUNTY = "live_county"
    LIVE_POLICE = "live_police"
    RECORD = "record"
    RETRIEVE_AFTER_EVENT = "retrieve_after_event"
    RELATIVES = "relatives"
    TV = "tv"
    ANALYTICS_FIRE = "analytics_fire"
    ANALYTICS_SMOKE = "analytics_smoke"
    ANALYTICS_PERSON = "analytics_person"
    ANALYTICS_VEHICLE = "analytics_vehicle"
    ANALYTICS_WATER = "analytics_water"
    ANALYTICS_HEAT = "analytics_heat"


# The scopes that do something today; the others are kept for features to come, and pages say so.
IN_EFFECT = frozenset(scope for scope in ConsentScope if scope.value.startswith("live_")) | {
    ConsentScope.RELATIVES
}
# The scopes by which somebody from outside sees a running picture: taking one back ends pictures.
LIVE_SCOPES = frozenset(scope for scope in ConsentScope if scope.value.startswith("live_"))
