"""Our own style and scripts: addressed by content, so that browsers keep them for good."""

from __future__ import annotations

import hashlib
from pathlib import Path

from flask import Flask, Response, request

HERE = Path(__file__).resolve().parent
FOREVER = "public, max-age=31536000, immutable"
SUFFIXES = frozenset({".py", ".html", ".css", ".js"})


def add_assets(app: Flask) -> None:
    """Let templates say `{{ asset("app.css") }}`, and set the headers of what is served that way."""
    marks = {path.relative_to(HERE / "static").as_posix(): _mark([path]) for path in _files(HERE / "static")}
    app.jinja_env.globals["asset"] = lambda name: f"/static/{name}?v={marks[name]}"

    @app.after_request
    def headers(response: Response) -> Response:
        if request.endpoint == "static":
            response.headers["X-Content-Type-Options"] = "nosniff"
            response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
            asked = request.args.get("v")
            if response.status_code == 200 and asked and asked == marks.get(request.path.removeprefix("/static/")):
                response.headers["Cache-Control"] = FOREVER
        return response


def revision() -> str:
    """A mark of the site's own files: answers of another version of the site are other answers."""
    return _mark([path for path in _files(HERE) if path.suffix in SUFFIXES])


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _mark(paths: list[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:12]
