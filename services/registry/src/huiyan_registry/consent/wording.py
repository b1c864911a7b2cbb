"""The words of consent: versioned files, each version with its SHA-256; the newest is in use."""

import hashlib
import importlib.resources
from dataclasses import dataclass

import yaml

from huiyan_registry.consent.scopes import ConsentScope
from huiyan_registry.grant.purpose import PurposeCode

LANGUAGES = ("zh-CN", "en")


@dataclass(frozen=True, slots=True)
class ScopeText:
    """What one scope says; `purposes` are those to which it may be limited."""

    scope: ConsentScope
    title: str
    text: str
    purposes: tuple[PurposeCode, ...]


@dataclass(frozen=True, slots=True)
class ConsentText:
    """One version in one language; `sha256` is that of the file's bytes, in hex."""

    version: str
    language: str
    sha256: str
    preamble: str
    scopes: tuple[ScopeText, ...]

    def of(self, scope: str) -> ScopeText | None:
        """The words of one scope."""
        return next((one for one in self.scopes if one.scope == scope), None)


class ConsentTexts:
    """Every text that was ever in use, by version and language."""

    def __init__(self) -> None:
        folder = importlib.resources.files("huiyan_registry").joinpath("consent", "texts")
        read = [_read(entry.read_bytes()) for entry in folder.iterdir() if _is_text(entry.name)]
        self._texts = {(text.version, text.language): text for text in read}
        self._newest = max(version for version, _ in self._texts)

    def newest(self, language: str) -> ConsentText:
        """The text in use; a language that we do not have gets the Chinese one."""
        known = language if language in LANGUAGES else LANGUAGES[0]
        return self._texts[(self._newest, known)]

    def get(self, version: str, language: str) -> ConsentText | None:
        """One text, also an older one."""
        return self._texts.get((version, language))


def _is_text(name: str) -> bool:
    return name.endswith(".yaml")


def _read(content: bytes) -> ConsentText:
    told = yaml.safe_load(content)
    return ConsentText(
        version=told["version"],
        language=told["language"],
        sha256=hashlib.sha256(content).hexdigest(),
        preamble=told["preamble"].strip(),
        scopes=tuple(
            ScopeText(
                scope=ConsentScope(one["scope"]),
                title=one["title"],
                text=one["text"].strip(),
                purposes=tuple(PurposeCode(code) for code in one["purposes"]),
            )
            for one in told["scopes"]
        ),
    )
