from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from evalsuite.db import now, session_scope
from evalsuite.errors import UserError
from turk.studies import State, find_study, move_study, studies_folder, user_name
from turk.tables import DecisionRow, StudyRow

STATES: tuple[State, ...] = ("live", "paused", "live", "closed")


def add(engine: Engine, name: str, state: str = "built") -> None:
    with session_scope(engine) as session:
        session.add(
            StudyRow(name=name, sha256="0" * 64, protocol="zhang2016", recruiter="link", state=state, folder="/nowhere",
                     config={}, created_at=now())
        )  # fmt: skip


def test_studies_live_where_studies_dir_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STUDIES_DIR", str(tmp_path / "here"))

    assert studies_folder("sqlite:////elsewhere/x.db") == tmp_path / "here"


def test_studies_live_beside_their_sqlite_file_and_else_in_the_users_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("STUDIES_DIR", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))

    assert studies_folder(f"sqlite:///{tmp_path}/x.db") == tmp_path / "studies"
    assert studies_folder("postgresql://localhost/colors") == tmp_path / "data" / "colorization-evalsuite" / "studies"


def test_an_unknown_study_is_told_with_the_nearest_and_the_known(engine: Engine) -> None:
    with session_scope(engine, read_only=True) as session, pytest.raises(UserError, match="no study yet"):
        find_study(session, "street")

    add(engine, "street-2026")
    add(engine, "faces")

    with session_scope(engine, read_only=True) as session:
        assert find_study(session, "faces").name == "faces"
        with pytest.raises(UserError, match=r"Did you mean 'street-2026'\? Known: faces, street-2026\."):
            find_study(session, "street-2025")


def test_a_study_goes_from_built_over_live_to_closed_and_each_step_is_kept(engine: Engine) -> None:
    add(engine, "street")

    for state in STATES:
        with session_scope(engine) as session:
            move_study(session, find_study(session, "street", lock=True), state, f"to {state}", "ada")

    with session_scope(engine, read_only=True) as session:
        row = find_study(session, "street")
        decisions = session.scalars(select(DecisionRow).order_by(DecisionRow.id)).all()
        assert (row.state, row.launched_at, row.closed_at) == ("closed", decisions[0].at, decisions[3].at)
        assert [(d.kind, d.reason, d.by) for d in decisions] == [
            ("launch", "to live", "ada"), ("pause", "to paused", "ada"), ("resume", "to live", "ada"),
            ("close", "to closed", "ada"),
        ]  # fmt: skip


@pytest.mark.parametrize(("before", "after"), [("closed", "live"), ("built", "paused"), ("live", "live")])
def test_a_step_that_no_state_allows_is_refused_and_changes_nothing(
    sqlite_engine: Engine, before: State, after: State
) -> None:
    add(sqlite_engine, "street", before)

    with (
        pytest.raises(UserError, match=f"it is {before} and cannot become {after}"),
        session_scope(sqlite_engine) as session,
    ):
        move_study(session, find_study(session, "street"), after, "because")

    with session_scope(sqlite_engine, read_only=True) as session:
        assert find_study(session, "street").state == before
        assert session.scalars(select(DecisionRow)).all() == []


def test_a_user_without_a_name_is_named_by_number(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> str:
        raise KeyError("getpwuid(): uid not found: 12345")

    monkeypatch.setattr("getpass.getuser", nobody)

    assert user_name().startswith("user ")
