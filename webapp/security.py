"""What the dashboard's routes send and refuse: headers, and requests forged by other sites."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Request, Response, abort

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' blob:",
    "connect-src": "'self'",
    "worker-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
FEATURES = ("camera", "microphone", "geolocation", "payment", "usb", "display-capture")
DASHBOARD_HEADERS = {
    "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in POLICY.items()),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join(f"{feature}=()" for feature in FEATURES),
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def dashboard_headers(response: Response, secure: bool) -> Response:
    """Set what every answer of the dashboard carries; participants' routes set their own headers."""
    for name, value in DASHBOARD_HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Cache-Control", "private, no-cache")
    if secure:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    return response


def refuse_forged(request: Request) -> None:
    """Refuse what another site made a visitor's browser send.

    Browsers say where a request comes from: Sec-Fetch-Site, or Origin where they are older. What carries neither is no
    browser and has no cookies of one.

    Raises:
        Forbidden: It comes from another site.
    """
    if request.method in SAFE_METHODS:
        return
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site is not None:
        allowed = site in ("same-origin", "none")
    else:
        allowed = origin is None or urlsplit(origin).netloc == request.host
    if not allowed:
        abort(403, description="The request came from another site and was refused. Use this site's own pages.")
