"""Photos of a study as tiles that lead to the photo's page, where the study's run is in the database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from evalsuite.tables import PhotoRow, RunRow
from evalsuite.thumbnails import resize_of, target_key
from turk.kept import methods_of
from turk.tables import StudyRow
from webapp.page import Asked
from webapp.pictures import thumbnail_address
from webapp.queries.photos import outputs
from webapp.queries.rates import photos_of_run
from webapp.queries.studies import Known
from webapp.tiles import tile


def records(asked: Asked, known: Known, photos: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
    """A record per condition and photo: its page and its pictures, None where there are none."""
    session = asked.session
    run = session.get(RunRow, known.run_id) if known.run_id is not None else None
    entries = methods_of(session, StudyRow(run_id=known.run_id)) if run else {}
    rows = photos_of_run(session, known.run_id, [photo for _, photo in photos])
    made = outputs(session, list(entries.values()), [row.id for row in rows.values()])
    return [_record(asked, run, rows.get(photo), entries.get(condition), made) for condition, photo in photos]


def tiles(records: Sequence[dict[str, Any]], photos: Sequence[tuple[str, str]], texts: Sequence[str]) -> Markup:
    """The same as items of a list; a photo without a page is its name alone."""
    found = []
    for record, (condition, photo), text in zip(records, photos, texts, strict=True):
        if record["address"] is None:
            found.append(Markup("<li><span>{}</span> <b>{}</b></li>").format(photo, text))
            continue
        pictures = [(name, record[key]) for name, key in (("Photo", "real"), (condition, "output")) if record[key]]
        found.append(tile(record["address"], pictures, photo, text))
    return Markup("\n").join(found)


def _record(
    asked: Asked, run: RunRow | None, row: PhotoRow | None, entry: int | None, made: dict[tuple[int, int], str]
) -> dict[str, Any]:
    if run is None or row is None:
        return {"address": None, "real": None, "output": None}
    at = run.resize if run.resize == "native" else f"{run.resize}-{run.size}"
    key = target_key(row.sha256, resize_of({"resize": run.resize, "size": run.size}))
    output = made.get((entry, row.id)) if entry is not None else None
    return {
        "address": asked.to("photo", photo=row.id, at=at, a=entry if output else None),
        "real": thumbnail_address(key),
        "output": thumbnail_address(output) if output else None,
    }
