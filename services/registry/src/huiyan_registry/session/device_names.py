"""A name for a device that people recognise, from what its browser says of itself."""

_SYSTEMS = (
    ("HarmonyOS", "鸿蒙"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("Linux", "Linux"),
)
# The order matters: most browsers also name those whose pages they can show.
_BROWSERS = (
    ("MicroMessenger", "微信"),
    ("Edg", "Edge"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)


def device_name(user_agent: str) -> str:
    """For example `Windows · Edge`; empty when it says nothing known (RFC 9110, 10.1.5)."""
    found = []
    for known in (_SYSTEMS, _BROWSERS):
        name = next((shown for word, shown in known if word in user_agent), None)
        if name is not None:
            found.append(name)
    return " · ".join(found)
