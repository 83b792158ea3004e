"""Asking the coloring process from pages: few at a time, so that a crowd leaves threads for everybody else."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from flask import Flask, Response, current_app, make_response

from evalsuite.studio.client import Away, Recommended, Studio
from webapp.config import Config

T = TypeVar("T")
AT_ONCE = 2
"""Of the four threads of a web process."""
PATIENCE_S = 5.0
CROWDED = "Many people are coloring right now. Your points are kept: try again in a moment."
SPREAD = (
    "No network is at hand that knows which colors are likely here: these are spread over all that are possible at "
    "this lightness."
)
"""What is said beside recommended colors that come from no network."""


def add_studio(app: Flask, config: Config) -> None:
    """Let the app's pages ask the coloring process."""
    app.extensions["studio"] = (Studio(config.coloring_socket), threading.BoundedSemaphore(AT_ONCE))


def ask_studio(question: Callable[[Studio], T]) -> T:
    """Ask the coloring process.

    Raises:
        Away: It is not there, ended or was too slow, or too many ask at once; the answer's status is then 503.
        UserError: The question makes no sense.

    Example:
        ask_studio(lambda studio: studio.color(canvas, points))
    """
    studio, free = current_app.extensions["studio"]
    if not free.acquire(timeout=PATIENCE_S):
        raise Away(CROWDED)
    try:
        return question(studio)
    finally:
        free.release()


def png(data: bytes) -> Response:
    """Answer with a picture that nobody keeps."""
    response = make_response(data)
    response.headers["Content-Type"] = "image/png"
    response.headers["Cache-Control"] = "no-store"
    return response


def recommended_json(found: Recommended) -> Mapping[str, Any]:
    """What the editor is told of recommended colors."""
    colors = [{"a": a, "b": b, "share": share} for a, b, share in found.colors]
    return {"colors": colors, "source": found.source, "note": SPREAD if found.source == "uniform" else ""}
