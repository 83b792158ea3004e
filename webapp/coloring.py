"""What the coloring page's scripts ask: a photo in gray, colored with points, and recommended colors."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, abort, g, jsonify, redirect, request
from sqlalchemy import select
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response as AnyResponse

from evalsuite.errors import UserError
from evalsuite.images import Resize
from evalsuite.studio.asking import points_from_json, whole
from evalsuite.studio.client import Away, Canvas
from evalsuite.tables import PhotoRow, RunRow
from evalsuite.thumbnails import resize_of
from webapp import uploads
from webapp.doors import reader, require, settings
from webapp.reading import reading
from webapp.studio import ask_studio, png, recommended_json
from webapp.uploads import find_upload, keep_upload

SIDE = 512
"""An uploaded photo is colored with its longer side at most so long, and joined with all its lightness at the end."""
MOST_PIXELS = 25_000_000
COLORS = 9
"""How many are recommended: the window of the paper's program shows as many."""
TOO_LARGE = f"photo: at most {uploads.LARGEST // 2**20} MB; the file is larger. Save it smaller and bring it again."
GONE = "This photo is not here any more: photos are kept for a day after they were last opened. Bring it again."


def add_coloring(blueprint: Blueprint) -> None:
    """Add the routes to the dashboard's blueprint."""
    blueprint.add_url_rule("/color/photo", view_func=bring, methods=["POST"])
    blueprint.add_url_rule("/color/gray", view_func=gray_photo)
    blueprint.add_url_rule("/api/color/methods", view_func=methods)
    blueprint.add_url_rule("/api/color", view_func=color, methods=["POST"])
    blueprint.add_url_rule("/api/color/recommended", view_func=recommended, methods=["POST"])


def bring() -> AnyResponse:
    """Take a photo of the visitor's own, and go to its page."""
    visitor, config = require("viewer"), settings()
    request.max_content_length = uploads.LARGEST + 2**16
    try:
        file = request.files.get("photo")
    except RequestEntityTooLarge:
        abort(413, description=TOO_LARGE)
    data = file.stream.read(uploads.LARGEST + 1) if file is not None else b""
    if file is None or not data:
        raise UserError("photo: an image file; got none. Choose one and send it.")
    if len(data) > uploads.LARGEST:
        abort(413, description=TOO_LARGE)
    text = keep_upload(config.uploads, data, file.filename or "", visitor.name, config.secret_key)
    if reason := _unfit(text):
        if found := _upload(text):
            found.path.unlink(missing_ok=True)
        raise UserError(f"{file.filename}: {reason}")
    return redirect(f"/color?upload={text}", 303)


def gray_photo() -> Response:
    """Show a photo as it is colored, in gray."""
    require("viewer")
    canvas = _canvas(request.args)
    return png(ask_studio(lambda studio: studio.look(canvas)).gray)


def methods() -> Response:
    """Name the methods that are at hand; the process starts with this question, before the first point is put."""
    require("viewer")
    return jsonify({"methods": ask_studio(lambda studio: studio.methods())})


def color() -> Response:
    """Color a photo with points."""
    require("viewer")
    asked = _asked({"photo", "points", "method", "draft", "full", "yields"})
    canvas, points = _canvas(_object(asked.get("photo"))), points_from_json(asked.get("points"))
    method, how = str(asked.get("method", "")), {name: bool(asked.get(name)) for name in ("draft", "full", "yields")}
    return png(ask_studio(lambda studio: studio.color(canvas, points, method, **how)))


def recommended() -> Response:
    """Recommend colors for a pixel."""
    require("viewer")
    asked = _asked({"photo", "points", "x", "y"})
    canvas, points = _canvas(_object(asked.get("photo"))), points_from_json(asked.get("points", []))
    x, y = whole(asked.get("x"), "x"), whole(asked.get("y"), "y")
    return jsonify(recommended_json(ask_studio(lambda studio: studio.recommend(canvas, x, y, COLORS, points))))


def name_of(named: Mapping[str, Any]) -> str | None:
    """What a photo is called, None where there is no such photo."""
    if named.get("upload"):
        found = _upload(str(named["upload"]))
        return found.name if found else None
    row = _row(_key(named.get("run")), _key(named.get("photo")))
    return Path(row.name).name if row else None


def _canvas(named: Mapping[str, Any]) -> Canvas:
    """The photo that is named: {"upload"}, or {"run", "photo"}.

    Raises:
        NotFound: There is none, or it belongs to somebody else.
    """
    if named.get("upload"):
        found = _upload(str(named["upload"]))
        if found is None:
            abort(404, description=GONE)
        return Canvas(found.sha256, found.path.read_bytes, Resize("fit", SIDE))
    row = _row(_key(named.get("run")), _key(named.get("photo")))
    if row is None:
        abort(404, description="There is no such photo in this run. Find it in a gallery.")
    if not Path(row.file).is_file():
        abort(404, description=f"The photo is gone: {Path(row.file).name} was moved after the run. Put it back.")
    return Canvas(row.sha256, Path(row.file).read_bytes, resize_of({"resize": row.resize, "size": row.size}))


def _unfit(text: str) -> str:
    """Why an uploaded file cannot be colored, or ""."""
    try:
        width, height = ask_studio(lambda studio: studio.look(_canvas({"upload": text}))).original
    except Away:
        raise
    except UserError as error:
        return f"{error}. Bring another file."
    if width * height > MOST_PIXELS:
        return f"at most {MOST_PIXELS:,} pixels; got {width} x {height}. Save it smaller and bring it again."
    return ""


def _upload(text: str) -> uploads.Upload | None:
    config = settings()
    return find_upload(config.uploads, text, g.visitor.name, config.secret_key)


def _row(run: int, photo: int) -> Any:
    columns = (RunRow.size, RunRow.resize, PhotoRow.file, PhotoRow.sha256, PhotoRow.name)
    asked = select(*columns).join(PhotoRow, PhotoRow.dataset_id == RunRow.dataset_id)
    with reading(reader()) as session:
        return session.execute(asked.where(RunRow.id == run, PhotoRow.id == photo)).one_or_none()


def _key(value: object) -> int:
    text = str(value)
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else 0


def _asked(names: set[str]) -> dict[str, Any]:
    asked = _object(request.get_json(silent=True))
    if unknown := sorted(set(asked) - names):
        raise UserError(f"The request has {unknown[0]!r}, which is not known here. Load the page again.")
    return asked


def _object(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise UserError("The request is an object of JSON; got something else. Load the page again.")
    return value
