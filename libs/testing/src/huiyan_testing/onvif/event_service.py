"""The event service and its pull points (ONVIF Core specification, section 9)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from xml.sax.saxutils import escape

from huiyan_testing.onvif.addresses import SUBSCRIPTION_PATH, Place
from huiyan_testing.onvif.device import OnvifDevice
from huiyan_testing.onvif.durations import parse_duration, parse_end, show_time
from huiyan_testing.onvif.events import MotionEvent, PullPoint
from huiyan_testing.onvif.soap import Call, SoapFaultError

_LIFE_S = 60.0
_LONGEST_PULL_S = 30.0


def _times(device: OnvifDevice, point: PullPoint, prefix: str) -> str:
    return (
        f"<{prefix}:CurrentTime>{show_time(device.now())}</{prefix}:CurrentTime>"
        f"<{prefix}:TerminationTime>{show_time(point.until)}</{prefix}:TerminationTime>"
    )


def _point(device: OnvifDevice, call: Call) -> PullPoint:
    device.events.expire(device.now())
    number = call.path.removeprefix(SUBSCRIPTION_PATH)
    point = device.events.pull_points.get(int(number)) if number.isdigit() else None
    if point is None:
        raise SoapFaultError("no such subscription", "ter:InvalidArgVal")
    return point


def get_event_properties(device: OnvifDevice, call: Call, place: Place) -> str:
    return (
        "<tev:GetEventPropertiesResponse>"
        "<tev:TopicNamespaceLocation>http://www.onvif.org/onvif/ver10/topics/topicns.xml"
        "</tev:TopicNamespaceLocation><wsnt:FixedTopicSet>true</wsnt:FixedTopicSet>"
        '<wstop:TopicSet xmlns:wstop="http://docs.oasis-open.org/wsn/t-1"><tns1:RuleEngine>'
        '<CellMotionDetector><Motion wstop:topic="true"/></CellMotionDetector></tns1:RuleEngine>'
        "</wstop:TopicSet><wsnt:TopicExpressionDialect>"
        "http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet"
        "</wsnt:TopicExpressionDialect><tev:MessageContentFilterDialect>"
        "http://www.onvif.org/ver10/tev/messageContentFilter/ItemFilter"
        "</tev:MessageContentFilterDialect><tev:MessageContentSchemaLocation>"
        "http://www.onvif.org/onvif/ver10/schema/onvif.xsd</tev:MessageContentSchemaLocation>"
        "</tev:GetEventPropertiesResponse>"
    )


def create_pull_point_subscription(device: OnvifDevice, call: Call, place: Place) -> str:
    until = parse_end(call.text("InitialTerminationTime"), device.now(), _LIFE_S)
    try:
        point = device.events.subscribe(until, device.now())
    except OverflowError as error:
        raise SoapFaultError("too many subscriptions", "ter:Action", sender=False) from error
    url = place.url(device, f"{SUBSCRIPTION_PATH}{point.number}")
    return (
        "<tev:CreatePullPointSubscriptionResponse><tev:SubscriptionReference>"
        f"<wsa:Address>{escape(url)}</wsa:Address></tev:SubscriptionReference>"
        f"{_times(device, point, 'wsnt')}</tev:CreatePullPointSubscriptionResponse>"
    )


def _notification(event: MotionEvent) -> str:
    moving = "true" if event.moving else "false"
    return (
        '<wsnt:NotificationMessage><wsnt:Topic Dialect="'
        'http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet">'
        "tns1:RuleEngine/CellMotionDetector/Motion</wsnt:Topic><wsnt:Message>"
        f'<tt:Message UtcTime="{show_time(event.at)}" PropertyOperation="Changed"><tt:Source>'
        '<tt:SimpleItem Name="VideoSourceConfigurationToken" Value="source_config"/></tt:Source>'
        f'<tt:Data><tt:SimpleItem Name="IsMotion" Value="{moving}"/></tt:Data></tt:Message>'
        "</wsnt:Message></wsnt:NotificationMessage>"
    )


async def pull_messages(device: OnvifDevice, call: Call, place: Place) -> str:
    point = _point(device, call)
    limit = call.text("MessageLimit", "1")
    timeout_s = min(parse_duration(call.text("Timeout", "PT1S")), _LONGEST_PULL_S)
    events = await point.pull(int(limit) if limit.isdigit() else 1, timeout_s)
    return (
        f"<tev:PullMessagesResponse>{_times(device, point, 'tev')}"
        f"{''.join(_notification(event) for event in events)}</tev:PullMessagesResponse>"
    )


def renew(device: OnvifDevice, call: Call, place: Place) -> str:
    point = _point(device, call)
    point.until = parse_end(call.text("TerminationTime"), device.now(), _LIFE_S)
    return (
        f"<wsnt:RenewResponse><wsnt:TerminationTime>{show_time(point.until)}"
        f"</wsnt:TerminationTime><wsnt:CurrentTime>{show_time(device.now())}</wsnt:CurrentTime>"
        "</wsnt:RenewResponse>"
    )


def unsubscribe(device: OnvifDevice, call: Call, place: Place) -> str:
    del device.events.pull_points[_point(device, call).number]
    return "<wsnt:UnsubscribeResponse/>"


def set_synchronization_point(device: OnvifDevice, call: Call, place: Place) -> str:
    _point(device, call)
    return "<tev:SetSynchronizationPointResponse/>"


EVENT_OPERATIONS: dict[str, Callable[[OnvifDevice, Call, Place], str | Awaitable[str]]] = {
    "GetEventProperties": get_event_properties,
    "CreatePullPointSubscription": create_pull_point_subscription,
    "PullMessages": pull_messages,
    "SetSynchronizationPoint": set_synchronization_point,
}
SUBSCRIPTION_OPERATIONS = {"Renew": renew, "Unsubscribe": unsubscribe}
