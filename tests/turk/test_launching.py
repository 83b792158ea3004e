from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, delete, select

from evalsuite.db import session_scope
from evalsuite.errors import UserError
from tests.turk.studies_made import make_store, make_study
from tests.turk.walking import Clock, come, refusal, rows
from turk import hosting
from turk.cli import group
from turk.entering import Entry, enter
from turk.launching import arms_text, checked_url, launch
from turk.studies import find_study, study_of
from turk.tables import DecisionRow, PlaceRow

PASSED = {"passed": True, "auc": 0.501, "limit": 0.53}


def build(engine: Engine, root: Path, audit: Mapping[str, Any] | None = PASSED, **fields: Any) -> Path:
    """A study as `turk build` and `turk audit` leave it; places come at its launch."""
    make_study(engine, root / "street", state="built", **fields)
    with session_scope(engine) as session:
        row = find_study(session, "street")
        row.audit = None if audit is None else {"sha256": row.sha256, **audit}
        session.execute(delete(PlaceRow))
    return root / "street"


def state(engine: Engine) -> str:
    with session_scope(engine, read_only=True) as session:
        return find_study(session, "street").state


def test_a_launch_makes_all_places_and_opens_the_study(engine: Engine, tmp_path: Path) -> None:
    build(engine, tmp_path)

    done = launch(engine, "street", "https://study.example.org/")

    assert done.address == "https://study.example.org/study/street"
    assert not done.resumed
    places = rows(engine, PlaceRow)
    assert sorted((place.arm, place.rank) for place in places) == [
        (arm, rank) for arm in ("ours", "theirs") for rank in range(3)
    ]
    assert {(place.state, place.synthetic) for place in places} == {("free", False)}
    assert state(engine) == "live"
    [decision] = rows(engine, DecisionRow)
    assert (decision.kind, decision.reason) == ("launch", "started with turk launch")
    assert come(make_store(engine)).step.name == "device"


@pytest.mark.slow
@pytest.mark.parametrize("before", ["live", "closed"])
def test_only_what_was_built_can_start(sqlite_engine: Engine, tmp_path: Path, before: str) -> None:
    build(sqlite_engine, tmp_path)
    with session_scope(sqlite_engine) as session:
        find_study(session, "street").state = before

    with pytest.raises(UserError, match=f"a study that is built can start; this one is {before}"):
        launch(sqlite_engine, "street", None)
    assert rows(sqlite_engine, PlaceRow) == []


def test_a_paused_study_goes_on_with_the_places_it_has(sqlite_engine: Engine, tmp_path: Path) -> None:
    build(sqlite_engine, tmp_path)
    launch(sqlite_engine, "street", None)
    with session_scope(sqlite_engine) as session:
        find_study(session, "street").state = "paused"
        session.scalars(select(PlaceRow).limit(1)).one().state = "done"

    assert launch(sqlite_engine, "street", None).resumed

    assert sorted(place.state for place in rows(sqlite_engine, PlaceRow)) == ["done", *["free"] * 5]
    assert [decision.kind for decision in rows(sqlite_engine, DecisionRow)] == ["launch", "resume"]


@pytest.mark.parametrize(
    ("audit", "message"),
    [
        (None, "a study starts after its audit. Give `turk audit street` first"),
        ({**PASSED, "sha256": "0" * 64}, "a study starts after its audit"),
        ({"passed": False, "auc": 0.713, "limit": 0.53}, r"its audit failed \(AUC 0.713, at most 0.53 is allowed\)"),
    ],
)
def test_no_study_starts_without_a_passed_audit_of_what_it_is(
    engine: Engine, tmp_path: Path, audit: Mapping[str, Any] | None, message: str
) -> None:
    build(engine, tmp_path, audit)

    with pytest.raises(UserError, match=message):
        launch(engine, "street", None)
    assert state(engine) == "built"
    assert rows(engine, PlaceRow) == []


def test_no_study_starts_with_damaged_files(sqlite_engine: Engine, tmp_path: Path) -> None:
    folder = build(sqlite_engine, tmp_path)
    with session_scope(sqlite_engine, read_only=True) as session:
        sha256 = study_of(find_study(session, "street")).stimuli["ours"]["photo-003"]
    hosting.path_of(folder, sha256).write_bytes(b"painted over")

    with pytest.raises(UserError, match=r"1 stimuli in .* are missing or damaged"):
        launch(sqlite_engine, "street", None)
    assert state(sqlite_engine) == "built"


def test_a_recruiter_that_is_not_known_here_is_named(sqlite_engine: Engine, tmp_path: Path) -> None:
    build(sqlite_engine, tmp_path, recruiter="fair")

    with pytest.raises(UserError, match=r"the recruiter 'fair' cannot be launched here. Known: link"):
        launch(sqlite_engine, "street", None)
    assert state(sqlite_engine) == "built"


@pytest.mark.parametrize(
    "url", ["", "study.example.org", "ftp://x", "https://", "https://x/deep", "https://x?a=b", "https://u:p@x"]
)
def test_an_address_is_checked_before_anything_happens(url: str) -> None:
    with pytest.raises(UserError, match=r"--url, PUBLIC_URL: http\(s\)://host\[:port\] and nothing behind it"):
        checked_url(url)


def test_what_a_researcher_should_know_is_told(sqlite_engine: Engine, tmp_path: Path) -> None:
    build(sqlite_engine, tmp_path, settings={"contact": "ada@example.org"})

    assert launch(sqlite_engine, "street", None).notes == (
        "neither --url nor PUBLIC_URL is set: this address works on this machine alone",
    )
    with session_scope(sqlite_engine) as session:
        find_study(session, "street").state = "paused"
    [note] = launch(sqlite_engine, "street", "http://lab.example.org:8000").notes
    assert note.startswith("http: answers travel in the clear")
    with session_scope(sqlite_engine) as session:
        find_study(session, "street").state = "paused"
    assert launch(sqlite_engine, "street", "http://localhost:8000").notes == ()


def invoke(command: str, *words: str, url: str) -> Any:
    return CliRunner().invoke(group, [command, *words, "--db", url], standalone_mode=False)


@pytest.mark.slow
def test_the_commands_open_and_close_a_study(
    sqlite_engine: Engine, sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(sqlite_engine, tmp_path)
    monkeypatch.setenv("PUBLIC_URL", "https://study.example.org")

    opened = invoke("launch", "street", url=sqlite_url)
    closed = invoke("close", "street", "--reason", "enough", "--yes", url=sqlite_url)
    again = invoke("close", "street", "--yes", url=sqlite_url)

    assert "street: live, with 6 places, 3 for each of ours, theirs" in opened.output
    assert "  https://study.example.org/study/street\n" in opened.output
    assert closed.output.startswith("street: closed\n")
    assert again.output == "street: is closed already, nothing changed\n"
    assert state(sqlite_engine) == "closed"
    assert [(one.kind, one.reason) for one in rows(sqlite_engine, DecisionRow)][1:] == [("close", "enough")]


@pytest.mark.slow
def test_closing_lets_nobody_new_in_and_those_in_the_middle_go_on(
    sqlite_engine: Engine, sqlite_url: str, tmp_path: Path
) -> None:
    build(sqlite_engine, tmp_path)
    launch(sqlite_engine, "street", None)
    clock = Clock()
    store = make_store(sqlite_engine, clock=clock)
    running = come(store).to_trials()

    done = invoke("close", "street", "--yes", url=sqlite_url)

    assert "1 who are in the middle of it may finish" in done.output
    assert refusal(enter, store, "street", Entry({}, "another-tab-000000000001")).kind == "closed"
    assert running.to_comment(clock).step.name == "comment"


@pytest.mark.slow
def test_closing_is_asked_for(sqlite_engine: Engine, sqlite_url: str, tmp_path: Path) -> None:
    build(sqlite_engine, tmp_path)

    done = invoke("close", "street", url=sqlite_url)

    assert "closing is for good. Say --yes where nobody can be asked" in str(done.exception)
    assert state(sqlite_engine) == "built"


def test_one_arm_has_all_places(sqlite_engine: Engine, tmp_path: Path) -> None:
    build(sqlite_engine, tmp_path, protocol="pairwise", catch=None)

    with session_scope(sqlite_engine, read_only=True) as session:
        assert arms_text(study_of(find_study(session, "street"))) == "3 places"
