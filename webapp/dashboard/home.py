"""The first page: which photos were scored with what, and the newest runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from evalsuite.tables import EntryRow, RunRow
from webapp.page import Answer, Asked, Page
from webapp.queries.boards import boards
from webapp.queries.records import Board

NEWEST = 20


def answer(asked: Asked) -> Answer:
    """List the boards and the newest runs."""
    found = boards(asked.session)
    newest = {board.dataset_id: board.at for board in reversed(found)}
    rows = [
        {"dataset": board.dataset, "photos": board.images, "size": board.at, "runs": board.runs,
         "imported_at": board.imported_at.isoformat(), "address": _address(asked, board, newest)}
        for board in found
    ]  # fmt: skip
    runs = _newest(asked.session)
    return Answer("Colorization", {"runs": runs}, lambda: rows, {"boards": rows})


def _address(asked: Asked, board: Board, newest: Mapping[int, str]) -> str:
    return asked.to(
        "leaderboard", dataset=board.dataset_id, at=None if board.at == newest[board.dataset_id] else board.at
    )


def _newest(session: Session) -> list[dict[str, Any]]:
    methods = select(func.count()).where(EntryRow.run_id == RunRow.id).correlate(RunRow).scalar_subquery()
    columns = (RunRow.id, RunRow.name, RunRow.scores, RunRow.imported_at, methods)
    found = session.execute(select(*columns).order_by(RunRow.imported_at.desc(), RunRow.id.desc()).limit(NEWEST)).all()
    names = ("id", "name", "scores", "imported_at", "methods")
    return [dict(zip(names, row, strict=True)) for row in found]


PAGE = Page(name="home", path="/", title="Datasets", answer=answer, order=1)
