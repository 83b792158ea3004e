"""The study site: what participants see and send."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("participant", __name__)
