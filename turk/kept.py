"""The last analysis of a study, kept for pages: an analysis takes seconds, and a page has milliseconds."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import pandas as pd
from sqlalchemy import Engine, delete, insert, select
from sqlalchemy.orm import Session

from evalsuite.db import now, session_scope
from evalsuite.store import grow_data_version
from evalsuite.tables import ColorizerRow, EntryRow
from evalsuite.typesetting import Cell, Table
from turk.analysis import Analysis
from turk.analysis_record import record, rows
from turk.analysis_tables import tables
from turk.digests import digest_missing
from turk.methods import methods
from turk.result_tables import AnalysisRow, FoolRateRow, PhotoRateRow
from turk.tables import ConditionRow, StudyRow

RATED = ("fool_rate", "naturalness")
"""Measures whose values are shares of people who took an image for real."""


def keep(engine: Engine, study_id: int, found: Analysis, frames: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    """Keep an analysis in place of the one before, with the fool rates of conditions and photos.

    Args:
        engine: The database.
        study_id: The study's key.
        found: Of its people, where they may be seen, or of its synthetic participants.
        frames: Responses and sessions, from which it was made.
    """
    with session_scope(engine) as db:
        study = db.get_one(StudyRow, study_id, with_for_update={"key_share": True})
        digest_missing(db, study)
        row = db.get(AnalysisRow, (study_id, found.synthetic)) or AnalysisRow(
            study_id=study_id, synthetic=found.synthetic, agreement=None
        )
        row.made_at, row.finished = now(), found.progress.finished
        row.record = {key: value for key, value in record(found).items() if key != "photos"}
        row.tables = [_plain(asdict(table)) for table in tables(found)]
        row.methods = methods(found, *frames)
        db.add(row)
        grow_data_version(db)
        conditions = {name: key for name, key in db.execute(_conditions(study_id))}
        _keep_rates(db, study, found, conditions)


def keep_agreement(db: Session, study_id: int, synthetic: bool, found: pd.DataFrame) -> None:
    """Keep how metrics agree with the people of an analysis that is kept.

    Raises:
        NoResultFound: There is none.
    """
    db.get_one(AnalysisRow, (study_id, synthetic)).agreement = rows(found)


def methods_of(db: Session, study: StudyRow) -> dict[str, int]:
    """Condition to the method of the study's run that it shows; empty where the run is not in the database."""
    named = select(ColorizerRow.name, EntryRow.id).join(EntryRow, EntryRow.colorizer_id == ColorizerRow.id)
    return {name: key for name, key in db.execute(named.where(EntryRow.run_id == study.run_id))}


def _conditions(study_id: int) -> Any:
    return select(ConditionRow.name, ConditionRow.id).where(ConditionRow.study_id == study_id)


def _keep_rates(db: Session, study: StudyRow, found: Analysis, conditions: Mapping[str, int]) -> None:
    mine = (FoolRateRow.study_id == study.id, FoolRateRow.synthetic == found.synthetic)
    db.execute(delete(FoolRateRow).where(*mine))
    of_photos = (PhotoRateRow.condition_id.in_(conditions.values()), PhotoRateRow.synthetic == found.synthetic)
    db.execute(delete(PhotoRateRow).where(*of_photos))
    if found.measure not in RATED:
        return
    entries = methods_of(db, study)
    rates = [_rate(row, study.id, found.synthetic, conditions, entries) for row in rows(found.kept.rates)]
    photos = [_photo(row, found.synthetic, conditions) for row in rows(found.photos)]
    for table, kept in ((FoolRateRow, rates), (PhotoRateRow, photos)):
        if kept:
            db.execute(insert(table), kept)


def _rate(
    row: Mapping[str, Any], study_id: int, synthetic: bool, conditions: Mapping[str, int], entries: Mapping[str, int]
) -> dict[str, Any]:
    name = row["condition"]
    known = {"study_id": study_id, "synthetic": synthetic, "condition_id": conditions[name]}
    return {**known, "entry_id": entries.get(name), **{key: row[key] for key in row if key != "condition"}}


def _photo(row: Mapping[str, Any], synthetic: bool, conditions: Mapping[str, int]) -> dict[str, Any]:
    return {
        "condition_id": conditions[row["condition"]], "synthetic": synthetic, "photo": str(row["photo"]),
        "views": int(row["views"]), "fooled": round(row["value"] * row["views"]), "shrunk": row["shrunk"],
        "low": row["low"], "high": row["high"], "ranked": bool(row["ranked"]),
    }  # fmt: skip


def _plain(table: Any) -> Any:
    """A table as JSON gives it back."""
    return json.loads(json.dumps(table))


def kept_tables(found: Sequence[Mapping[str, Any]]) -> list[Table]:
    """The tables that were kept."""
    return [
        Table(
            table["caption"],
            tuple(table["columns"]),
            tuple((name, tuple(Cell(**cell) for cell in cells)) for name, cells in table["rows"]),
            tuple(table["notes"]),
        )
        for table in found
    ]
