"""The command `turk forget`."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, func, select

from evalsuite.db import now, session_scope
from evalsuite.errors import UserError
from tests.turk.planted import World, keep, planted
from tests.turk.studies_made import SECRET, make_study
from turk import frames
from turk.commands.forget import command
from turk.keys import person_key
from turk.tables import (
    DecisionRow,
    EventRow,
    IdentityRow,
    ParticipantRow,
    PlaceRow,
    SessionRow,
    StudyRow,
    TrialRow,
)

pytestmark = pytest.mark.slow

NAME = "5f1b8a0c2d3e"
WORLD = World({"ours": 0.5, "theirs": 0.2}, people=2, trials=6, photos=20, catch=2)


def said(engine: Engine, *arguments: str, typed: str = "") -> str:
    """What the command prints; what it raises is raised."""
    url = engine.url.render_as_string(hide_password=False)
    runner = CliRunner(env={"SECRET_KEY": SECRET})
    asked = [*arguments, "--db", url]
    return runner.invoke(command, asked, input=typed, catch_exceptions=False, standalone_mode=False).output


@pytest.fixture
def taken(engine: Engine, tmp_path: Path) -> StudyRow:
    """A study that four people finished; the first came from a link as NAME and has a place, an event and a comment."""
    row = make_study(engine, tmp_path / "street")
    keep(engine, row, planted(WORLD))
    with session_scope(engine) as db:
        session = db.scalars(select(SessionRow).order_by(SessionRow.id).limit(1)).one()
        person = db.get_one(ParticipantRow, session.participant_id)
        person.key = person_key(SECRET, "link", NAME)
        place = db.scalars(select(PlaceRow).where(PlaceRow.study_id == row.id).limit(1)).one()
        place.state, session.place_id, session.comment = "done", place.id, "my name is Ada"
        db.add(IdentityRow(participant_id=person.id, name=NAME, purge_at=None))
        db.add(EventRow(session_id=session.id, at=now(), kind="hidden", facts={}))
        db.add(DecisionRow(study_id=row.id, session_id=session.id, kind="exclude", reason="Ada", by="bob", at=now()))
    return row


def counted(engine: Engine) -> dict[str, int]:
    """How many rows there are."""
    tables = (ParticipantRow, IdentityRow, SessionRow, TrialRow, EventRow)
    with session_scope(engine) as db:
        return {table.__tablename__: db.scalar(select(func.count()).select_from(table)) or 0 for table in tables}


def test_a_person_goes_with_all_answers_and_the_place_is_open_again(engine: Engine, taken: StudyRow) -> None:
    text = said(engine, NAME, typed="forget\n")

    assert "A person of link, in street: 8 answers are deleted." in text
    assert "Forgotten." in text
    assert counted(engine) == {"participants": 3, "identities": 0, "sessions": 3, "trials": 24, "events": 0}
    with session_scope(engine) as db:
        assert not db.scalar(select(func.count()).select_from(PlaceRow).where(PlaceRow.state == "done"))
        [decision] = db.scalars(select(DecisionRow))
        assert (decision.kind, decision.session_id) == ("forget", None)
        assert decision.reason == "a participant was forgotten, answers deleted"


def test_answers_can_stay_when_nothing_leads_from_them_to_the_person(engine: Engine, taken: StudyRow) -> None:
    before = frames.sessions(engine, taken.id, synthetic=False)["participant"].tolist()

    said(engine, NAME, "--keep-answers", "--yes")

    assert counted(engine) == {"participants": 4, "identities": 0, "sessions": 4, "trials": 32, "events": 0}
    after = frames.sessions(engine, taken.id, synthetic=False)
    assert after["participant"].iloc[0] not in before
    assert after["participant"].tolist()[1:] == before[1:]
    assert after["comment"].isna().all()
    assert after["device"].iloc[0] is None
    with pytest.raises(UserError, match="nobody of that name"):
        said(engine, NAME, "--yes")


def test_a_pseudonym_of_an_export_names_a_person_too(engine: Engine, taken: StudyRow) -> None:
    second = frames.sessions(engine, taken.id, synthetic=False)["participant"].iloc[1]

    said(engine, second, "--yes")

    assert second not in frames.sessions(engine, taken.id, synthetic=False)["participant"].tolist()
    assert counted(engine)["participants"] == 3


def test_an_identity_that_was_purged_is_still_found_by_its_key(engine: Engine, taken: StudyRow) -> None:
    with session_scope(engine) as db:
        db.query(IdentityRow).delete()

    assert "8 answers are deleted" in said(engine, NAME, "--yes")


def test_nothing_goes_unless_the_word_is_typed(engine: Engine, taken: StudyRow) -> None:
    before = counted(engine)

    for typed in ("yes\n", "\n"):
        with pytest.raises(UserError, match="nothing was deleted"):
            said(engine, NAME, typed=typed)

    assert counted(engine) == before


def test_a_place_that_somebody_else_has_by_now_stays_theirs(engine: Engine, taken: StudyRow) -> None:
    with session_scope(engine) as db:
        first = db.scalars(select(SessionRow).order_by(SessionRow.id).limit(1)).one()
        first.state = "abandoned"
        db.get_one(PlaceRow, first.place_id).state = "taken"

    said(engine, NAME, "--yes")

    with session_scope(engine) as db:
        assert db.scalar(select(func.count()).select_from(PlaceRow).where(PlaceRow.state == "taken")) == 1


def test_an_unknown_name_is_refused(engine: Engine, taken: StudyRow) -> None:
    with pytest.raises(UserError, match="participant 'nobody': nobody of that name"):
        said(engine, "nobody", "--yes")
