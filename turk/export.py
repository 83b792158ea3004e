"""A study's answers as tidy tables that can be given away: pseudonyms, a codebook, the frozen study, a Methods text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy import Engine, select

from evalsuite.db import session_scope
from evalsuite.errors import UserError
from turk import frames
from turk.analysis import Analysis, analyze
from turk.analysis_record import record
from turk.codebook import CODEBOOK, codebook_text
from turk.collecting import events_table
from turk.methods import methods
from turk.r_script import r_script
from turk.registry import colorings
from turk.study import Study
from turk.tables import IdentityRow, ParticipantRow, SessionRow, StudyRow

RUN_BY_SPREADSHEETS = ("=", "+", "-", "@", "\t", "\r")
"""What makes a spreadsheet run a cell (OWASP, CSV Injection)."""
DEVICE = ("width", "height", "dpr", "touch", "refresh_hz")


@dataclass(frozen=True)
class Wanted:
    """What is written, and where.

    Attributes:
        folder: A folder that is not there yet, or is empty.
        synthetic: Synthetic participants, instead of people.
        identities: Also write what platforms call people.
    """

    folder: Path
    synthetic: bool = False
    identities: bool = False


def export_study(engine: Engine, study_id: int, study: Study, wanted: Wanted) -> list[Path]:
    """Write a study's answers into a new folder.

    Args:
        engine: The database.
        study_id: The study's key.
        study: As it was frozen.
        wanted: What, and where to.

    Returns:
        The files.

    Raises:
        UserError: The folder cannot be made or has files, or nobody has taken the study.
    """
    if study.protocol in colorings():
        return _export_colorings(engine, study_id, study, wanted)
    responses = frames.responses(engine, study_id, synthetic=wanted.synthetic)
    sessions = frames.sessions(engine, study_id, synthetic=wanted.synthetic)
    if sessions.empty:
        raise UserError(f"study {study.name!r}: there is nothing to export, nobody has taken it. Wait for answers.")
    _make(wanted.folder)
    decided = frames.decisions(engine, study_id)
    analysis = analyze(responses, sessions, study, decided)
    exposures = frames.exposures(engine, study_id, synthetic=wanted.synthetic)
    tables = {**tidy(responses, sessions, decided, analysis), "exposures": exposures}
    if wanted.identities:
        tables["identities"] = _identities(engine, study_id)
    return _written(wanted.folder, tables, _texts(study, analysis, tables, responses, sessions))


def _export_colorings(engine: Engine, study_id: int, study: Study, wanted: Wanted) -> list[Path]:
    """Write what people did to points, for a study in which they color."""
    sessions = frames.sessions(engine, study_id, synthetic=wanted.synthetic)
    if sessions.empty:
        raise UserError(f"study {study.name!r}: there is nothing to export, nobody has taken it. Wait for sessions.")
    _make(wanted.folder)
    decided = frames.decisions(engine, study_id)
    out = set(decided.loc[decided["kind"] == "exclude", "session"].dropna())
    tables = {
        "events": events_table(engine, study_id, synthetic=wanted.synthetic),
        "sessions": _wide(sessions, out)[list(CODEBOOK["sessions"])],
        "decisions": decided[list(CODEBOOK["decisions"])],
    }
    if wanted.identities:
        tables["identities"] = _identities(engine, study_id)
    rows = {name: len(table) for name, table in tables.items()}
    synthetic = bool(sessions["synthetic"].any())
    texts = {
        "study.json": json.dumps({"hash": study.hash, **study.to_json()}, indent=1, ensure_ascii=False) + "\n",
        "codebook.md": codebook_text(study.name, study.hash, synthetic, rows),
    }
    return _written(wanted.folder, tables, texts)


def _written(folder: Path, tables: Mapping[str, pd.DataFrame], texts: Mapping[str, str]) -> list[Path]:
    for name, table in tables.items():
        harmless(table).to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")
        table.to_parquet(folder / f"{name}.parquet", index=False)
    for file, text in texts.items():
        (folder / file).write_text(text, encoding="utf-8")
    return sorted(folder.iterdir())


def tidy(
    responses: pd.DataFrame, sessions: pd.DataFrame, decisions: pd.DataFrame, analysis: Analysis
) -> dict[str, pd.DataFrame]:
    """Arrange the tables as the codebook has them."""
    out = set(analysis.excluded["session"])
    found = {
        "responses": responses.assign(excluded=responses["session"].isin(out)),
        "sessions": _wide(sessions, out),
        "exclusions": analysis.excluded,
        "decisions": decisions,
    }
    return {name: table[list(CODEBOOK[name])] for name, table in found.items()}


def _wide(sessions: pd.DataFrame, out: set[int]) -> pd.DataFrame:
    """Give sessions a column for each fact of their device, and whether they are left out."""
    minutes = (sessions["finished_at"] - sessions["created_at"]).dt.total_seconds() / 60
    wide = sessions.assign(minutes=minutes.round(2), excluded=sessions["session"].isin(out))
    for name in DEVICE:
        wide[name] = pd.Series([(row or {}).get(name) for row in sessions["device"]], sessions.index, dtype=object)
    told = [None if row is None else json.dumps(row.get("answers")) for row in sessions["color_vision"]]
    wide["color_vision"] = pd.Series(told, sessions.index, dtype=object)
    return wide


def harmless(table: pd.DataFrame) -> pd.DataFrame:
    """Put an apostrophe before texts that a spreadsheet would run; numbers stay numbers.

    Example:
        >>> harmless(pd.DataFrame({"comment": ["=1+1", "fine"], "value": [-1, 2]})).to_numpy().tolist()
        [["'=1+1", -1], ['fine', 2]]
    """
    texts = [name for name in table if table[name].dtype == object or pd.api.types.is_string_dtype(table[name])]
    return table.assign(**{str(name): table[name].map(_harmless) for name in texts})


def _harmless(cell: Any) -> Any:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(RUN_BY_SPREADSHEETS) else cell


def _texts(
    study: Study,
    analysis: Analysis,
    tables: Mapping[str, pd.DataFrame],
    responses: pd.DataFrame,
    sessions: pd.DataFrame,
) -> dict[str, str]:
    rows = {name: len(table) for name, table in tables.items()}
    frozen = {"hash": study.hash, **study.to_json()}
    return {
        "study.json": json.dumps(frozen, indent=1, ensure_ascii=False) + "\n",
        "analysis.json": json.dumps(record(analysis), indent=1, allow_nan=False) + "\n",
        "codebook.md": codebook_text(study.name, study.hash, analysis.synthetic, rows),
        "methods.md": methods(analysis, responses, sessions),
        "model.R": r_script(analysis),
    }


def _identities(engine: Engine, study_id: int) -> pd.DataFrame:
    query = (
        select(StudyRow.sha256, ParticipantRow.key, ParticipantRow.platform, IdentityRow.name)
        .join(SessionRow, SessionRow.participant_id == ParticipantRow.id)
        .join(IdentityRow, IdentityRow.participant_id == ParticipantRow.id)
        .join(StudyRow, StudyRow.id == SessionRow.study_id)
        .where(SessionRow.study_id == study_id)
        .order_by(SessionRow.id)
    )
    with session_scope(engine, read_only=True) as session:
        rows = [(frames.pseudonym(sha256, key), *rest) for sha256, key, *rest in session.execute(query)]
    return pd.DataFrame(rows, columns=list(CODEBOOK["identities"]), dtype=object)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        full = any(folder.iterdir())
    except OSError as error:
        raise UserError(f"{folder}: the folder cannot be made ({error.strerror}). Name another with --out.") from None
    if full:
        raise UserError(f"{folder}: an export needs a folder of its own; this one has files. Name another with --out.")
