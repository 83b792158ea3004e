"""What participants' pages and answers carry: nothing is kept, nothing comes from elsewhere, few may frame it."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Response

from turk.arrivals import MTURK_ORIGINS

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'{images}; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'{targets}; frame-ancestors 'self'{frames}"
)
DATA_POLICY = "default-src 'none'; frame-ancestors 'none'"
FEATURES = ("camera", "microphone", "geolocation", "payment", "usb", "display-capture")
PLAIN = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": DATA_POLICY,
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join([*(f"{feature}=()" for feature in FEATURES), "fullscreen=(self)"]),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
}


def page_headers(response: Response, recruiter: str, origins: Sequence[str], images: str | None = None) -> Response:
    """Set a page's policy: MTurk may frame its studies and receives their form, and so may origins that are named.

    A page of its own is isolated from other origins, which gives its clocks a finer grain; MTurk's frame cannot be.
    Where images come from elsewhere, isolation lets them in without credentials: S3 sends no header that says they may.
    """
    framing = (*MTURK_ORIGINS, *origins) if recruiter == "mturk" else tuple(origins)
    listed = "".join(f" {origin}" for origin in framing)
    response.headers["Content-Security-Policy"] = POLICY.format(
        targets=listed, frames=listed, images=f" {images}" if images else ""
    )
    if recruiter != "mturk":
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        response.headers["Cross-Origin-Embedder-Policy"] = "credentialless" if images else "require-corp"
    return response


def plain_headers(response: Response, secure: bool = False) -> Response:
    """Set what every answer carries, where a page has not said otherwise; nothing names a file or its age."""
    for name, value in PLAIN.items():
        response.headers.setdefault(name, value)
    if secure:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    for name in ("ETag", "Last-Modified"):
        response.headers.pop(name, None)
    return response
