"""The engine of the dashboard: one blueprint, its headers and its door."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, render_template, request

from webapp.config import Config
from webapp.security import dashboard_headers, refuse_forged

blueprint = Blueprint("dashboard", __name__)


@blueprint.before_request
def _refuse() -> None:
    refuse_forged(request)


@blueprint.after_request
def _headers(response: Response) -> Response:
    config: Config = current_app.extensions["config"]
    return dashboard_headers(response, config.secure)


@blueprint.get("/")
def home() -> str:
    """Show where to begin."""
    return render_template("home.html")
