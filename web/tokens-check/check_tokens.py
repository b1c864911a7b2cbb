"""Check tokens.css: WCAG contrast of text and ground, and how far states stay apart for all eyes.

Standard library only: `python3 web/tokens-check/check_tokens.py`; exit 1 on a failure.
Contrast: WCAG 2.2 (1.4.3, 1.4.11). Colour blindness: Machado, Oliveira, Fernandes 2009,
severity 1.0, in linear RGB; distance: CIE76 in Lab (D65).
"""

import itertools
import re
import sys
from collections.abc import Iterator
from pathlib import Path

TOKENS = Path(__file__).parents[1] / "src/tokens/tokens.css"
Matrix = tuple[tuple[float, float, float], ...]
Theme = dict[str, str]

EYES: dict[str, Matrix] = {
    "normal": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protan": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deutan": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritan": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}
XYZ_D65 = (
    ((0.4124, 0.3576, 0.1805), 0.9505),
    ((0.2126, 0.7152, 0.0722), 1.0),
    ((0.0193, 0.1192, 0.9505), 1.089),
)
LEVELS = ["al-1", "al-2", "al-3"]
STATES = ["st-live", "st-delayed", "st-frozen", "st-private", "st-recorded", "st-offline"]
APART = {"alarm levels": (LEVELS, 12.0), "picture states": (STATES, 9.5)}


def themes(css: str) -> dict[str, Theme]:
    blocks = re.findall(r'\[data-theme="(\w+)"\] \{(.*?)\n\}', css, re.S)
    return {name: dict(re.findall(r"--([\w-]+): (#[0-9A-Fa-f]{6})", body)) for name, body in blocks}


def linear(colour: str) -> list[float]:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    return [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]


def dot(row: tuple[float, float, float], values: list[float]) -> float:
    return sum(a * b for a, b in zip(row, values, strict=True))


def contrast(one: str, other: str) -> float:
    light = sorted(dot((0.2126, 0.7152, 0.0722), linear(c)) for c in (one, other))
    return (light[1] + 0.05) / (light[0] + 0.05)


def lab(colour: str, eye: Matrix) -> tuple[float, float, float]:
    seen = [min(1.0, max(0.0, dot(row, linear(colour)))) for row in eye]
    xyz = [dot(row, seen) / white for row, white in XYZ_D65]
    x, y, z = (v ** (1 / 3) if v > 0.008856 else 7.787 * v + 16 / 116 for v in xyz)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def pairs(theme: Theme) -> Iterator[tuple[str, str, float]]:
    """(text, ground, least contrast) for everything that is written on something."""
    grounds = [ground for ground in ("paper", "surface", "raised") if ground in theme]
    states = [name for name in theme if name.startswith("st-") or name in LEVELS]
    for text in ["ink", "ink-2", "ink-3", "brand", "seal", *states]:
        yield from ((text, ground, 4.5) for ground in grounds)
    yield from [("ink", "sunken", 7.0), ("ink-2", "sunken", 4.5), ("ink-3", "sunken", 4.5)]
    yield from [("on-brand", "brand", 4.5), ("on-seal", "seal", 4.5)]
    yield from [(name, f"{name}-soft", 4.5) for name in ("brand", "seal", *LEVELS)]
    yield from [(name, ground, 3.0) for name in ("line-strong", "focus") for ground in grounds]


def faults(name: str, theme: Theme) -> Iterator[str]:
    for text, ground, least in pairs(theme):
        found = contrast(theme[text], theme[ground])
        if found < least:
            yield f"{name}: {text} on {ground} {found:.2f} < {least}"
    for kind, (names, least) in APART.items():
        for eye, matrix in EYES.items():
            for a, b in itertools.combinations(names, 2):
                both = zip(lab(theme[a], matrix), lab(theme[b], matrix), strict=True)
                apart = sum((p - q) ** 2 for p, q in both) ** 0.5
                if apart < least:
                    yield f"{name}: {kind} {a}/{b} for {eye} eyes dE {apart:.1f} < {least}"


def main() -> int:
    found = [
        fault for name, theme in themes(TOKENS.read_text()).items() for fault in faults(name, theme)
    ]
    sys.stdout.write(
        "".join(f"FAIL {fault}\n" for fault in found) or "tokens: contrast and distance hold\n"
    )
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
