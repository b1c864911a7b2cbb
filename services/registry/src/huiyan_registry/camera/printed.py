"""The page behind a sign's QR code, and the sign itself to print: plain HTML, no script."""

import base64
import hashlib
import html
import io

import segno
from fastapi.responses import HTMLResponse

from huiyan_registry.camera.notice import NoticeView

_STYLE = (
    "body{font:18px/1.6 system-ui,'Noto Sans SC','PingFang SC','Microsoft YaHei',sans-serif;"
    "margin:0;color:#1a1a1a;background:#fff}"
    "main{max-width:40rem;margin:0 auto;padding:1.5rem}"
    "h1{font-size:1.6rem;line-height:1.3;margin:0 0 .25rem}"
    "p.en,dd span,dt span{color:#555;font-size:.85em}"
    "dl{margin:1.5rem 0 0}dt{font-weight:600;margin-top:1rem}dd{margin:0;font-size:1.1rem;"
    "overflow-wrap:anywhere}"
    "svg{display:block;width:11rem;height:11rem;margin:1.5rem auto}"
    "@media print{@page{size:A5;margin:10mm}main{padding:0}}"
)
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
# These pages need nothing of ours but their own style.
_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)


def qr_svg(url: str) -> str:
    """A QR code (ISO/IEC 18004, level M: a scratched sign is still read) as SVG."""
    out = io.BytesIO()
    segno.make(url, error="m", micro=False).save(
        out, kind="svg", scale=4, border=4, xmldecl=False, svgns=True, omitsize=True
    )
    return out.getvalue().decode()


def notice_page(notice: NoticeView) -> HTMLResponse:
    """What anybody reads who scans the sign."""
    return _page("公共视频告示 · CCTV notice", _told(notice))


def sign_sheet(notice: NoticeView, url: str) -> HTMLResponse:
    """The sign to print and post."""
    return _page("告示牌 · Sign", _told(notice) + qr_svg(url) + f"<p class=en>{_safe(url)}</p>")


def _told(notice: NoticeView) -> str:
    posted = notice.posted_on.isoformat() if notice.posted_on is not None else "—"
    rows = (
        ("地点", "Place", _safe(notice.place)),
        (
            "用途",
            "Purpose",
            f"{_safe(notice.purpose)} <span lang=en>{_safe(notice.purpose_en)}</span>",
        ),
        ("管理单位", "Run by", _safe(notice.operator)),
        ("联系", "Contact", _safe(notice.contact)),
        (
            "录像保存",
            "Recordings are kept",
            f"至少 {notice.retention_days} 天 "
            f"<span lang=en>at least {notice.retention_days} days</span>",
        ),
        ("张贴日期", "Posted on", posted),
    )
    told = "".join(
        f"<dt>{zh} <span lang=en>{en}</span></dt><dd>{text}</dd>" for zh, en, text in rows
    )
    return (
        "<h1>您已进入公共视频采集区域</h1>"
        "<p class=en lang=en>You are in view of a public camera</p>"
        f"<dl>{told}</dl>"
    )


def _page(title: str, body: str) -> HTMLResponse:
    text = (
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="robots" content="noindex">'
        f"<title>{title}</title><style>{_STYLE}</style></head><body><main>{body}</main></body></html>"
    )
    return HTMLResponse(text, headers={"Content-Security-Policy": _POLICY})


def _safe(text: str) -> str:
    return html.escape(text, quote=True)
