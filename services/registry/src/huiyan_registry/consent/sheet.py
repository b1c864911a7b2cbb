"""The printable sheet of one consent: the very words, the terms, the signature."""

import base64
from datetime import timedelta, timezone
from html import escape

from huiyan_registry.consent.hours import in_words
from huiyan_registry.consent.repository import terms_of
from huiyan_registry.consent.tables import Consent
from huiyan_registry.consent.wording import ConsentText
from huiyan_registry.grant.purpose import said_of

_CHINA = timezone(timedelta(hours=8))
_LABELS = {
    "zh-CN": {
        "heading": "同意书",
        "home": "住户",
        "camera": "摄像机",
        "all": "家里的每一路",
        "hours": "时间",
        "purposes": "因由",
        "any": "看的人写明的任何因由",
        "signatory": "签字人",
        "site": "装维人员当面见签",
        "given": "签的时间（北京时间）",
        "withdrawn": "收回的时间（北京时间）",
        "version": "文本版本",
        "hash": "文本指纹（SHA-256）",
        "number": "编号",
        "lost": "这份同意书没有带文本（平台早先的记录）",
    },
    "en": {
        "heading": "Consent",
        "home": "Household",
        "camera": "Camera",
        "all": "every camera of the home",
        "hours": "Hours",
        "purposes": "Purposes",
        "any": "any purpose that is stated",
        "signatory": "Signed by",
        "site": "signed in the installer's presence",
        "given": "Signed at (UTC+8)",
        "withdrawn": "Withdrawn at (UTC+8)",
        "version": "Version of the text",
        "hash": "SHA-256 of the text",
        "number": "Number",
        "lost": "This consent carries no text (an earlier record of the platform)",
    },
}


def sheet_of(row: Consent, text: ConsentText | None, home: str, camera: str | None) -> str:
    """A page of HTML without scripts or styles of others; every word of people is escaped."""
    language = row.language if row.language in _LABELS else "zh-CN"
    assert language is not None
    labels = _LABELS[language]
    second = 0 if language == "zh-CN" else 1
    words = text.of(row.scope) if text is not None else None
    purposes = "、".join(said_of(code)[second] for code in row.purposes) or labels["any"]
    signed = row.signatory or "—"
    if row.signed_on_site:
        signed += f" ({labels['site']})"
    lines = [
        (labels["home"], home),
        (labels["camera"], camera if camera is not None else labels["all"]),
        (labels["hours"], in_words(terms_of(row).hours)[second]),
        (labels["purposes"], purposes),
        (labels["signatory"], signed),
        (labels["given"], f"{row.granted_at.astimezone(_CHINA):%Y-%m-%d %H:%M}"),
        (labels["version"], row.text_version or "—"),
        (labels["hash"], row.text_sha256 or "—"),
        (labels["number"], row.id),
    ]
    if row.withdrawn_at is not None:
        withdrawn = f"{row.withdrawn_at.astimezone(_CHINA):%Y-%m-%d %H:%M}"
        lines.insert(6, (labels["withdrawn"], withdrawn))
    body = "".join(
        f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in lines
    )
    title = words.title if words is not None else row.scope
    said = words.text if words is not None else labels["lost"]
    preamble = f"<p>{escape(text.preamble)}</p>" if text is not None else ""
    picture = ""
    if row.signature is not None:
        image = base64.b64encode(row.signature).decode()
        picture = (
            f'<p><img alt="{escape(signed)}" width="320" src="data:image/png;base64,{image}"></p>'
        )
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        f"<title>{escape(labels['heading'])} {escape(row.id)}</title></head><body>"
        f"<h1>{escape(labels['heading'])}：{escape(title)}</h1>{preamble}"
        f"<blockquote>{escape(said)}</blockquote><table>{body}</table>{picture}</body></html>"
    )
