"""The pictures themselves: thumbnails, outputs, and photos as they were scored, in color and in gray.

Their addresses hold the hash of what they show: an address that was never shown cannot be guessed, and browsers may
keep what they have for good.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from flask import Blueprint, abort, g, make_response, request
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from evalsuite.images import RGB, decode, encode_png
from evalsuite.tables import ColorizerRow, EntryRow, OutputRow, PhotoRow, RunRow
from evalsuite.thumbnails import KEY, resize_of, target_key, thumbnail
from webapp.access import Visitor
from webapp.doors import reader, settings
from webapp.reading import reading
from webapp.shares import open_shares
from webapp.srgb import TO_XYZ, decoded, encoded

FOREVER = "private, max-age=31536000, immutable"
GONE = "The picture is gone: {} was moved or changed after the run was imported. Put it back, or import the run anew."


def add_pictures(blueprint: Blueprint) -> None:
    """Add the routes to the dashboard's blueprint."""
    blueprint.add_url_rule("/thumb/<key>.webp", view_func=small)
    blueprint.add_url_rule("/output/<int:entry>/<int:photo>/<key>.png", view_func=output)
    blueprint.add_url_rule("/target/<int:run>/<int:photo>/<key>.png", view_func=target)
    blueprint.add_url_rule("/gray/<int:run>/<int:photo>/<key>.png", view_func=gray)


def thumbnail_address(sha256: str) -> str:
    """The address of a small copy."""
    return f"/thumb/{sha256[:KEY]}.webp"


def output_address(entry: int, photo: int, sha256: str) -> str:
    """The address of what a method made of a photo."""
    return f"/output/{entry}/{photo}/{sha256[:KEY]}.png"


def target_address(run: int, photo: int, key: str, kind: str = "target") -> str:
    """The address of a photo as it was scored, or of its lightness alone ("gray")."""
    return f"/{kind}/{run}/{photo}/{key[:KEY]}.png"


def small(key: str) -> AnyResponse:
    """Serve a thumbnail."""
    _admit()
    path = thumbnail(settings().thumbnails_dir, key)
    if len(key) != KEY or not key.isalnum() or not path.is_file():
        abort(404, description="This thumbnail is not here. Import the run again to make it.")
    if request.if_none_match.contains(key):
        return _kept(make_response("", 304), key)
    return _picture(path.read_bytes(), key, "image/webp")


def output(entry: int, photo: int, key: str) -> AnyResponse:
    """Serve what a method made of a photo, as it was measured."""
    _admit()
    with reading(reader()) as session:
        found = session.execute(
            select(RunRow.folder, ColorizerRow.name, PhotoRow.name, OutputRow.sha256)
            .select_from(OutputRow)
            .join(EntryRow, EntryRow.id == OutputRow.entry_id).join(RunRow).join(ColorizerRow)
            .join(PhotoRow, PhotoRow.id == OutputRow.photo_id)
            .where(OutputRow.entry_id == entry, OutputRow.photo_id == photo)
        ).one_or_none()  # fmt: skip
    if found is None or found[3][:KEY] != key:
        abort(404)
    if request.if_none_match.contains(key):
        return _kept(make_response("", 304), key)
    folder, colorizer, name, sha256 = found
    path = Path(folder) / "outputs" / colorizer / f"{name}.png"
    data = _bytes(path)
    if hashlib.sha256(data).hexdigest() != sha256:
        abort(404, description=GONE.format(path.name))
    return _picture(data, key)


def target(run: int, photo: int, key: str) -> AnyResponse:
    """Serve a photo as it was scored."""
    return _photo(run, photo, key, lambda rgb: rgb)


def gray(run: int, photo: int, key: str) -> AnyResponse:
    """Serve what methods were given: the photo's lightness."""
    return _photo(run, photo, key, lightness)


def lightness(rgb: RGB) -> RGB:
    """Take the color out and keep CIE lightness: the gray of the same luminance.

    Source: IEC 61966-2-1; the weights of luminance are those of `evalsuite.color`.
    """
    luminance = decoded(np.arange(256) / 255)[rgb] @ TO_XYZ[1]
    return np.repeat(np.round(255 * encoded(luminance)).clip(0, 255).astype(np.uint8)[..., None], 3, axis=2)


def _photo(run: int, photo: int, key: str, change: Callable[[RGB], RGB]) -> AnyResponse:
    _admit()
    with reading(reader()) as session:
        columns = (RunRow.size, RunRow.resize, PhotoRow.file, PhotoRow.sha256)
        of_both = select(*columns).join(PhotoRow, PhotoRow.dataset_id == RunRow.dataset_id)
        found = session.execute(of_both.where(RunRow.id == run, PhotoRow.id == photo)).one_or_none()
    if found is None:
        abort(404)
    size, policy, file, sha256 = found
    resize = resize_of({"resize": policy, "size": size})
    if target_key(sha256, resize)[:KEY] != key:
        abort(404)
    if request.if_none_match.contains(key):
        return _kept(make_response("", 304), key)
    data = _bytes(Path(file))
    if hashlib.sha256(data).hexdigest() != sha256:
        abort(404, description=GONE.format(Path(file).name))
    return _picture(encode_png(change(resize.apply(decode(data)))), key)


def _admit() -> None:
    """Let in who may look, and who opened a share link: these know only the addresses that their view shows."""
    visitor: Visitor = g.visitor
    if not visitor.may("viewer"):
        with reading(reader()) as session:
            if not open_shares(session, visitor.shares):
                abort(401)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        abort(404, description=GONE.format(path.name))


def _picture(data: bytes, key: str, kind: str = "image/png") -> AnyResponse:
    response = make_response(data)
    response.headers["Content-Type"] = kind
    return _kept(response, key)


def _kept(response: AnyResponse, key: str) -> AnyResponse:
    response.set_etag(key)
    response.headers["Cache-Control"] = FOREVER
    return response
