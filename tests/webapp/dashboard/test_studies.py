"""The pages of studies: how they go, what people said, and nothing before its time."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, delete, select, update

from evalsuite.db import now, session_scope
from tests.webapp.conftest import Enter, come_in, config_of
from tests.webapp.stocked import database_of
from tests.webapp.studies import BLINDED, DONE, MANY, NEW, analyze_now
from turk import frames
from turk.analysis import analyze
from turk.analysis_record import record
from turk.digests import digest
from turk.methods import methods
from turk.paying_tables import LedgerRow, RecruitmentRow, TaskRow, WorkRow
from turk.result_tables import AnalysisRow, DigestRow, PhotoRateRow
from turk.study import Study
from turk.sweeping import sweep
from turk.tables import DecisionRow, SessionRow, StudyRow, TrialRow
from turk.visits import withdraw
from webapp import create_app
from webapp.keeping import KEPT

VIEWS = ("", "/monitor", "/results", "/timing", "/metrics", "/sessions")
FORMS = ("", ".json", ".csv")
REVIEWED = (
    "[95%, these photos]", "[95%, new photos]", "p (Holm)", "Equivalence", "leanings", "over the session",
    "Reaction times", "Crossed-effects", "What came of the sessions", "Fooled the most", "# Methods",
)  # fmt: skip


@pytest.fixture
def own(stock: Path, tmp_path: Path) -> Iterator[Flask]:
    """A site with studies that a test may change."""
    app = create_app(config_of(database_of(stock, tmp_path), stock))
    yield app
    app.extensions["engine"].dispose()


@pytest.fixture
def researcher(site: Flask) -> FlaskClient:
    """Somebody who may see single trials."""
    return come_in(site, "researcher")


def read(visitor: FlaskClient, address: str) -> Any:
    """A view as JSON."""
    answer = visitor.get(address)
    assert answer.status_code == 200, answer.text
    return answer.get_json()


def lines(visitor: FlaskClient, address: str) -> list[dict[str, str]]:
    """A view as CSV."""
    return list(csv.DictReader(io.StringIO(visitor.get(address).text)))


def study_of(engine: Engine, key: int) -> StudyRow:
    """A study's row."""
    with session_scope(engine, read_only=True) as db:
        db.expire_on_commit = False
        return db.get_one(StudyRow, key)


@pytest.mark.slow
def test_the_list_says_how_far_each_study_is_and_never_adds_synthetic_ones_to_people(viewer: FlaskClient) -> None:
    rows = {row["study"]: row for row in read(viewer, "/studies.json")["rows"]}

    assert [(name, row["state"], row["finished"], row["wanted"]) for name, row in rows.items()] == [
        ("people-of-street", "closed", 0, 120), ("new", "built", 0, 80), ("blinded", "live", 12, 80),
        ("done", "live", 2 * MANY, 2 * MANY),
    ]  # fmt: skip
    assert [row["synthetic_finished"] for row in rows.values()] == [0, 0, 0, 12]
    assert rows["done"]["address"] == f"/studies/{DONE}"


def test_the_monitor_counts_people_and_quality(viewer: FlaskClient) -> None:
    said = read(viewer, f"/studies/{BLINDED}/monitor.json")

    assert (said["who"], said["blinded"], said["finished"], said["wanted"]) == ("people", True, 12, 80)
    assert said["sessions"] == {"entered": 12, "under_way": 0, "declined": 0, "refused": 0, "left": 0,
                                "abandoned": 0, "finished": 12}  # fmt: skip
    assert said["timing"] == {"test": 192, "valid": 180, "replaced": 0, "long_frames": 24, "refresh_hz": {"60": 12}}
    assert said["catch"]["shown"] == 48
    assert said["pace"] == {"per_hour": 12.0, "hours": [{"hour": "2026-11-02T10:00:00+00:00", "finished": 12}]}
    assert said["minutes"] == 7.0
    assert said["money"]["rewards_usd"] == "16.80"
    assert said["places"] == {name: {"done": 6, "taken": 0, "free": 34} for name in ("good", "gray")}
    assert {(row["quantity"], row["of"]): row["value"] for row in said["rows"]}["timing", "valid"] == 180
    assert lines(viewer, f"/studies/{BLINDED}/monitor.csv")[0] == {"quantity": "finished", "of": "", "value": "12"}


@pytest.mark.slow
def test_the_monitor_of_a_paid_study_says_what_was_paid_what_can_still_be_asked_and_the_cap(own: Flask) -> None:
    pay(own.extensions["engine"], BLINDED)
    visitor = come_in(own, "viewer")

    said, page = read(visitor, f"/studies/{BLINDED}/monitor.json"), visitor.get(f"/studies/{BLINDED}/monitor").text

    # Paid: 3 rewards of $1.40 + 0.28 and a bonus of $0.50 + 0.10. Still to be asked for: 10 places less 4 that are
    # decided, at $1.68 each, and a bonus of $0.25 + 0.05 of which nobody knows. The cap: 80 places, and half as much.
    assert said["money"] == {"reward_usd": "1.40", "rewards_usd": "16.80", "spent_usd": "5.64",
                             "promised_usd": "10.38", "cap_usd": "201.60"}  # fmt: skip
    assert "$5.64 <small>and $10.38 promised, of at most $201.60</small>" in page
    assert {"quantity": "money", "of": "spent_usd", "value": "5.64"} in lines(
        visitor, f"/studies/{BLINDED}/monitor.csv"
    )


def pay(engine: Engine, study: int) -> None:
    """Record what a recruiter was asked and paid: three people of ten, one refused, one not decided."""
    calls = [("launch", "settled", "14.00", "2.80"), *[("approve", "settled", "1.40", "0.28")] * 3,
             ("bonus", "settled", "0.50", "0.10"), ("bonus", "intended", "0.25", "0.05"),
             ("bonus", "failed", "9.00", "1.80")]  # fmt: skip
    with session_scope(engine) as db:
        db.add(RecruitmentRow(study_id=study, recruiter="mturk", live=False, endpoint=None, address="/", minutes=7.0,
                              facts={}, started_at=now()))  # fmt: skip
        db.add(TaskRow(id=1, study_id=study, number=1, token="t", ref="hit", places=10, pending=0,
                       each_usd=Decimal("1.68"), state="open"))  # fmt: skip
        db.flush()
        works = enumerate(["approved"] * 3 + ["rejected", "submitted"])
        db.add_all(WorkRow(study_id=study, task_id=1, ref=f"{k}", person=f"{k}", state=state) for k, state in works)
        db.add_all(
            LedgerRow(study_id=study, token=f"{k}", kind=kind, state=state, task_id=1, amount_usd=Decimal(amount),
                      fee_usd=Decimal(fee), facts={}, tries=1, at=now())
            for k, (kind, state, amount, fee) in enumerate(calls)
        )  # fmt: skip


@pytest.mark.slow
def test_a_monitor_that_has_not_changed_costs_a_304_and_one_that_has_is_told(own: Flask) -> None:
    visitor, engine = come_in(own, "viewer"), own.extensions["engine"]
    first = visitor.get(f"/studies/{BLINDED}/monitor")
    mark = {"If-None-Match": first.headers["ETag"]}

    idle = visitor.get(f"/studies/{BLINDED}/monitor", headers=mark)
    with session_scope(engine) as db:
        row = db.scalars(select(SessionRow).where(SessionRow.study_id == BLINDED)).first()
        assert row is not None
        row.state = "left"
    changed = visitor.get(f"/studies/{BLINDED}/monitor", headers=mark)

    assert (idle.status_code, idle.data) == (304, b"")
    assert (changed.status_code, changed.headers["ETag"] != first.headers["ETag"]) == (200, True)
    assert "<html" not in changed.text
    assert read(visitor, f"/studies/{BLINDED}/monitor.json")["finished"] == 11


def test_the_page_holds_the_same_monitor_and_works_without_scripts(viewer: FlaskClient) -> None:
    page, fragment = viewer.get(f"/studies/{BLINDED}").text, viewer.get(f"/studies/{BLINDED}/monitor").text

    assert fragment.strip() in page
    assert f'data-fragment="/studies/{BLINDED}/monitor"' in page
    assert study_hash(viewer) in page


def study_hash(viewer: FlaskClient) -> str:
    """The blinded study's hash."""
    return str(read(viewer, f"/studies/{BLINDED}.json")["study"]["hash"])


def walk(visitor: FlaskClient, engine: Engine, key: int) -> dict[str, tuple[int, str | None, bytes]]:
    """Every form of every page that knows of a study: status, ETag, content."""
    with session_scope(engine, read_only=True) as db:
        sessions = list(db.scalars(select(SessionRow.id).where(SessionRow.study_id == key)))
        trials = list(db.scalars(select(TrialRow.id).where(TrialRow.session_id == sessions[0])))
    pages = [f"/studies/{key}{view}{form}" for view in VIEWS for form in FORMS]
    pages += [f"/studies/{key}/{view}.tex" for view in ("results", "timing", "metrics")]
    pages += [f"/studies/{key}/{view}.bib" for view in ("results", "timing", "metrics")] + ["/studies", "/studies.json"]
    pages += [f"/{kind}/{one}{form}" for kind, keys in (("sessions", sessions), ("trials", trials))
              for one in keys for form in FORMS]  # fmt: skip
    pages += [f"/leaderboard/1{form}?at=squash-24&style=zhang2016" for form in (*FORMS, ".tex")]
    pages += [f"/{page}{form}?at=squash-24" for page in ("gallery/1", "photo/1", "compare/1") for form in FORMS]
    found = {page: visitor.get(page) for page in pages}
    assert {answer.status_code for answer in found.values()} == {200}
    return {page: (answer.status_code, answer.headers["ETag"], answer.data) for page, answer in found.items()}


def turn_truth(engine: Engine, key: int) -> None:
    """Let the fake have been on the other side in every test trial: who was fooled was not, and the reverse."""
    with session_scope(engine) as db:
        mine = select(TrialRow).join(SessionRow).where(SessionRow.study_id == key, TrialRow.kind == "test")
        for trial in db.scalars(mine.where(SessionRow.synthetic.is_(False))):
            assert trial.fake_place is not None
            trial.fake_place, trial.correct, trial.value = (
                1 - trial.fake_place,
                not trial.correct,
                1 - (trial.value or 0),
            )
        db.execute(delete(DigestRow).where(DigestRow.study_id == key))
    sweep(engine)
    KEPT.clear()


@pytest.mark.slow
def test_nothing_of_a_blinded_study_depends_on_who_was_fooled(own: Flask) -> None:
    visitor, engine = come_in(own, "admin"), own.extensions["engine"]
    before = walk(visitor, engine, BLINDED)

    turn_truth(engine, BLINDED)

    assert walk(visitor, engine, BLINDED) == before


@pytest.mark.slow
def test_what_was_seen_once_stays_seen(own: Flask) -> None:
    engine = own.extensions["engine"]
    with session_scope(engine) as db:
        forgotten = select(SessionRow.id).where(SessionRow.study_id == DONE, SessionRow.synthetic.is_(False)).limit(1)
        db.execute(delete(SessionRow).where(SessionRow.id.in_(forgotten)))

    found = read(come_in(own, "viewer"), f"/studies/{DONE}.json")

    assert (found["finished"], found["blinded"]) == (2 * MANY - 1, False)
    assert set(found["conditions"]) == {"good", "gray"}


@pytest.mark.slow
def test_and_of_one_that_is_not_it_does(own: Flask) -> None:
    visitor, engine = come_in(own, "admin"), own.extensions["engine"]
    before = walk(visitor, engine, DONE)

    turn_truth(engine, DONE)
    analyze_now(engine, study_of(engine, DONE))
    after = walk(visitor, engine, DONE)

    changed = {page for page in before if before[page][2] != after[page][2]}
    assert {f"/studies/{DONE}.json", f"/studies/{DONE}/results.csv", f"/studies/{DONE}/metrics"} <= changed
    assert {"/sessions/1.csv", "/trials/1.json"} <= changed


@pytest.mark.parametrize("view", ["", "/results", "/metrics"])
def test_a_blinded_study_says_so_and_how_it_could_be_seen(viewer: FlaskClient, view: str) -> None:
    page = viewer.get(f"/studies/{BLINDED}{view}").text

    assert "Blinded: 12 of 80 sessions are finished" in page
    assert "turk analyze blinded --unblind" in page


@pytest.mark.slow
def test_a_look_that_is_recorded_opens_the_results_and_is_told(own: Flask) -> None:
    visitor, engine = come_in(own, "viewer"), own.extensions["engine"]
    with session_scope(engine) as db:
        db.add(DecisionRow(study_id=BLINDED, kind="unblind", reason="looked", by="ada", at=now()))

    assert "turk analyze blinded" in visitor.get(f"/studies/{BLINDED}/results").text
    analyze_now(engine, study_of(engine, BLINDED))
    page = visitor.get(f"/studies/{BLINDED}/results").text

    assert "Somebody looked before the stopping rule was met" in page
    assert set(read(visitor, f"/studies/{BLINDED}/results.json")["analysis"]["conditions"]) == {"good", "gray"}


@pytest.mark.slow
def test_where_catch_trials_show_a_condition_their_share_is_told_with_the_results_alone(own: Flask) -> None:
    engine = own.extensions["engine"]
    with session_scope(engine) as db:
        for key in (BLINDED, DONE):
            row = db.get_one(StudyRow, key)
            row.config = row.config | {"catch": "gray"}
    visitor = come_in(own, "viewer")

    blinded, done = (read(visitor, f"/studies/{key}.json") for key in (BLINDED, DONE))

    assert blinded["catch"] is None
    assert blinded["exclusions"]["not_shown"] == ["catch_min_correct"]
    assert done["catch"]["shown"] == 8 * MANY
    assert "catch_min_correct" in done["exclusions"]["rules"]
    assert "shown with the results" in visitor.get(f"/studies/{BLINDED}").text


@pytest.mark.slow
def test_results_are_those_of_the_analysis(site: Flask, viewer: FlaskClient) -> None:
    engine = site.extensions["engine"]
    made = [getattr(frames, name)(engine, DONE, synthetic=False) for name in ("responses", "sessions")]
    expected = record(analyze(made[0], made[1], Study.from_json(study_of(engine, DONE).config)))

    found = read(viewer, f"/studies/{DONE}/results.json")

    photos = expected.pop("photos")
    assert found["analysis"] == json.loads(json.dumps(expected))
    shown = {(rate["condition"], rate["photo"]): (rate["views"], rate["shrunk"]) for rate in found["photos"]}
    assert shown == {(p["condition"], p["photo"]): (p["views"], pytest.approx(p["shrunk"])) for p in photos}
    rows = {(row["sessions"], row["a"], row["photos_meant"]): row for row in found["rows"] if not row["b"]}
    good = expected["conditions"]["good"]["fool_rate"]
    assert rows["kept", "good", "new"]["value"] == good["value"]
    assert [rows["kept", "good", "these"][end] for end in ("low", "high")] == good["ci95_these_photos"]
    assert lines(viewer, f"/studies/{DONE}/results.csv")[0]["quantity"] == "fool_rate"
    [gap] = expected["differences"]
    [told] = [row for row in found["rows"] if row["b"] and row["photos_meant"] == "new" and row["sessions"] == "kept"]
    assert (told["p_holm"], told["low"]) == (gap["p_holm"], gap["ci95"][0])


def test_the_results_page_has_everything_that_a_reviewer_asks_for(viewer: FlaskClient) -> None:
    page = viewer.get(f"/studies/{DONE}/results").text

    for part in REVIEWED:
        assert part in page, part
    assert page.count('<svg class="w">') == 4
    assert re.search(r'href="/photo/\d+\?at=squash-24&amp;a=\d+"', page)
    tex = viewer.get(f"/studies/{DONE}/results.tex").text
    assert tex.count(r"\begin{table}") >= 7
    assert "@misc{zhang2016" in viewer.get(f"/studies/{DONE}/results.bib").text


@pytest.mark.slow
def test_an_analysis_that_is_older_than_the_answers_says_so(own: Flask) -> None:
    engine = own.extensions["engine"]
    with session_scope(engine) as db:
        db.execute(update(AnalysisRow).values(finished=AnalysisRow.finished - 2))

    page = come_in(own, "viewer").get(f"/studies/{DONE}/results").text

    assert "since then 2 more finished: give <code>turk analyze done</code> again" in page


@pytest.mark.parametrize("view", VIEWS)
def test_synthetic_participants_are_marked_and_apart(researcher: FlaskClient, view: str) -> None:
    people, synthetic = (read(researcher, f"/studies/{DONE}{view}.json{query}") for query in ("", "?who=synthetic"))

    assert (people["who"], synthetic["who"]) == ("people", "synthetic")
    assert people["rows"] != synthetic["rows"]
    if view != "/monitor":
        page = researcher.get(f"/studies/{DONE}{view}?who=synthetic").text
        assert "Synthetic participants, no people." in page
        assert "Synthetic participants, no people." not in researcher.get(f"/studies/{DONE}{view}").text


def test_whose_answers_must_be_one_of_two(viewer: FlaskClient) -> None:
    answer = viewer.get(f"/studies/{DONE}?who=everybody")

    assert answer.status_code == 400
    assert "expected one of people, synthetic" in answer.text


@pytest.mark.slow
def test_the_timing_page_has_the_sentence_of_the_methods(site: Flask, viewer: FlaskClient) -> None:
    engine = site.extensions["engine"]
    made = [getattr(frames, name)(engine, DONE, synthetic=False) for name in ("responses", "sessions")]
    paragraph = methods(analyze(made[0], made[1], Study.from_json(study_of(engine, DONE).config)), made[0], made[1])

    found = read(viewer, f"/studies/{DONE}/timing.json")

    assert found["sentence"] in paragraph
    assert (found["trials"], found["valid"]) == (32 * MANY, 30 * MANY)
    assert found["rows"] == [
        {"off_ms": 0.0, "valid": True, "trials": 30 * MANY}, {"off_ms": 33.4, "valid": False, "trials": 2 * MANY},
    ]  # fmt: skip
    page = viewer.get(f"/studies/{DONE}/timing").text
    assert "Exposures by how far they were off the plan" in page
    assert "By refresh rate (Hz)" in page


@pytest.mark.slow
def test_what_digests_add_up_to_follows_every_session(own: Flask) -> None:
    visitor, engine = come_in(own, "viewer"), own.extensions["engine"]

    def test_trials() -> tuple[int, int]:
        monitor, timing = (read(visitor, f"/studies/{DONE}/{view}.json") for view in ("monitor", "timing"))
        return monitor["timing"]["test"], timing["trials"]

    with session_scope(engine) as db:
        mine = (DigestRow.study_id == DONE, DigestRow.synthetic.is_(False))
        first, second = db.scalars(select(DigestRow.session_id).where(*mine).limit(2)).all()
        db.execute(delete(DigestRow).where(DigestRow.session_id.in_([first, second])))
    found = [test_trials()]  # two were missed
    with session_scope(engine) as db:
        study = db.get_one(StudyRow, DONE)
        digest(db, db.get_one(SessionRow, first), Study.from_json(study.config))
    found.append(test_trials())
    sweep(engine)
    found.append(test_trials())
    with session_scope(engine) as db:
        withdraw(db, second, now())
    found.append(test_trials())

    whole = 32 * MANY
    assert found == [(trials, trials) for trials in (whole - 32, whole - 16, whole, whole - 16)]


def test_a_trial_is_replayed_as_it_was_seen(researcher: FlaskClient) -> None:
    [row, *_] = read(researcher, f"/studies/{DONE}/sessions.json")["rows"]
    trials = read(researcher, f"/sessions/{row['session']}.json")["rows"]
    late = next(trial for trial in trials if not trial["valid"])

    found = read(researcher, f"/trials/{late['trial']}.json")

    assert (found["trial"]["condition"], found["screen"]["exposure_ms"]) == (row["arm"], 1000)
    assert [(one["on_ms"], round(one["off_ms"], 1)) for one in found["rows"]] == [(500.0, 1533.4), (2100.0, 3133.4)]
    assert [one["place"] for one in found["rows"]] == found["screen"]["order"]
    pictures = [researcher.get(address) for address in found["images"]]
    assert {picture.headers["Content-Type"] for picture in pictures} == {"image/png"}
    assert len({picture.data for picture in pictures}) == 2
    page = researcher.get(f"/trials/{late['trial']}").text
    assert "1033.4 ms measured, 1000 ms planned" in page
    assert "no: not seen as planned" in page


def test_the_replay_of_a_blinded_trial_tells_nothing_of_what_is_true(researcher: FlaskClient) -> None:
    [row, *_] = read(researcher, f"/studies/{BLINDED}/sessions.json")["rows"]
    trial = read(researcher, f"/sessions/{row['session']}.json")["rows"][0]
    found = read(researcher, f"/trials/{trial['trial']}.json")

    assert "arm" not in row
    for told in (trial, found["trial"]):
        assert not {"condition", "fake_place", "correct", "value", "photo"} & set(told)
    page = researcher.get(f"/trials/{trial['trial']}").text
    assert "Blinded" in page
    assert not re.search(r"<dt>(condition|the fake|right|photo)</dt>", page)
    assert all(re.fullmatch(r"/stimulus/\d+/[01]\.png", address) for address in found["images"])


def test_images_of_trials_are_for_researchers(site: Flask) -> None:
    statuses = {role: come_in(site, role).get("/stimulus/1/0.png").status_code for role in ("viewer", "admin")}

    assert statuses == {"viewer": 403, "admin": 200}
    assert site.test_client().get("/stimulus/1/0.png").status_code == 401
    assert come_in(site, "researcher").get("/stimulus/1/7.png").status_code == 404


@pytest.mark.slow
def test_an_image_that_is_gone_is_told(own: Flask) -> None:
    with session_scope(own.extensions["engine"]) as db:
        db.execute(update(StudyRow).values(folder="/nowhere"))

    answer = come_in(own, "researcher").get("/stimulus/1/0.png")

    assert answer.status_code == 404
    assert "The image is gone" in answer.text


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("/studies/99", "There is no study 99"),
        ("/sessions/9999", "There is no session 9999"),
        ("/trials/99999", "There is no answered trial 99999"),
    ],
)
def test_what_is_not_there_is_told(researcher: FlaskClient, address: str, sentence: str) -> None:
    answer = researcher.get(address)

    assert answer.status_code == 404
    assert sentence in answer.text


def test_every_metric_is_held_against_people(viewer: FlaskClient) -> None:
    found = read(viewer, f"/studies/{DONE}/metrics.json?m=psnr_rgb")

    rows = {(row["metric"], row["level"]): row for row in found["rows"]}
    assert set(rows) == {(m, level) for m in ("psnr_rgb", "ciede2000", "auc", "colorfulness", "l_shift")
                         for level in ("photo", "colorizer")}  # fmt: skip
    psnr = rows["psnr_rgb", "photo"]
    assert psnr["spearman_low"] <= psnr["spearman"] <= psnr["spearman_high"]
    assert (psnr["photos"], psnr["colorizers"]) == (24, 2)
    assert 0 <= psnr["ceiling"] <= 1
    assert found["metric"] == "psnr_rgb"
    fooled, never = found["disagree"].values()
    assert fooled[0]["shrunk"] > never[0]["shrunk"] or fooled[0]["score"] < never[0]["score"]
    assert viewer.get(fooled[0]["address"]).status_code == 200
    cited = viewer.get(f"/studies/{DONE}/metrics.bib").text
    assert "@misc{zhang2016" in cited
    assert "@misc{good2024" in cited
    page = viewer.get(f"/studies/{DONE}/metrics?m=psnr_rgb").text
    assert "People are fooled, the metric is not" in page
    assert 'class="pt p1 s1"' in page


def test_a_metric_that_is_not_there_is_refused_by_name(viewer: FlaskClient) -> None:
    answer = viewer.get(f"/studies/{DONE}/metrics?m=beauty")

    assert answer.status_code == 400
    assert "m: no metric &#39;beauty&#39; here" in answer.text


@pytest.mark.slow
def test_photos_that_few_people_saw_are_not_said_to_disagree(own: Flask) -> None:
    with session_scope(own.extensions["engine"]) as db:
        for row in db.scalars(select(PhotoRateRow)):
            row.ranked = False
    visitor = come_in(own, "viewer")
    text = visitor.get(f"/studies/{DONE}/metrics?m=psnr_rgb").text
    gallery = visitor.get("/gallery/1?at=squash-24&a=3&m=convincing").text

    assert "stand here once one is seen 10 times with a method" in text
    assert "each leads to the photo" not in text
    assert "People are fooled, the metric is not" not in text
    assert "none was seen 10 times yet" in gallery
    assert 'm=fool_rate&amp;order=best">Show how often people were fooled by all</a>' in gallery


@pytest.mark.slow
def test_metrics_that_were_not_held_against_people_yet_say_how(own: Flask) -> None:
    with session_scope(own.extensions["engine"]) as db:
        for row in db.scalars(select(AnalysisRow)):
            row.agreement = None
    visitor = come_in(own, "viewer")

    assert "turk agree done" in visitor.get(f"/studies/{DONE}/metrics").text
    assert "turk agree done --synthetic" in visitor.get(f"/studies/{DONE}/metrics?who=synthetic").text


@pytest.mark.slow
def test_a_study_that_is_of_no_run_has_no_metrics_and_plain_photos(own: Flask) -> None:
    with session_scope(own.extensions["engine"]) as db:
        db.execute(update(StudyRow).values(run_id=None))
    visitor = come_in(own, "viewer")

    assert "not of a run in this database" in visitor.get(f"/studies/{DONE}/metrics").text
    assert "<li><span>p" in visitor.get(f"/studies/{DONE}/results").text


@pytest.mark.slow
@pytest.mark.parametrize("role", ["viewer", "researcher"])
def test_an_empty_database_says_what_to_do_next(enter: Enter, role: Any) -> None:
    page = enter(role).get("/studies")

    assert page.status_code == 200
    assert "turk build study.yaml" in page.text


@pytest.mark.parametrize("view", VIEWS)
def test_a_study_that_nobody_took_has_every_page(researcher: FlaskClient, view: str) -> None:
    for form in FORMS:
        assert researcher.get(f"/studies/{NEW}{view}{form}").status_code == 200
    assert read(researcher, f"/studies/{NEW}.json")["money"]["rewards_usd"] == "0.00"


def test_viewers_are_not_led_to_what_they_may_not_see(site: Flask, viewer: FlaskClient) -> None:
    replay = f'href="/studies/{DONE}/sessions"'

    assert replay not in viewer.get(f"/studies/{DONE}").text
    assert replay in come_in(site, "researcher").get(f"/studies/{DONE}").text


@pytest.mark.slow
def test_sessions_come_in_pages(own: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webapp.replaying.PER_PAGE", 10)
    monkeypatch.setattr("webapp.dashboard.sessions.PER_PAGE", 10)
    visitor, seen, after = come_in(own, "researcher"), [], ""
    while True:
        page = read(visitor, f"/studies/{DONE}/sessions.json{after}")
        seen += [row["session"] for row in page["rows"]]
        if page["next"] is None:
            break
        after = f"?after={page['next']}"

    assert len(seen) == len(set(seen)) == 2 * MANY
    assert seen == sorted(seen, reverse=True)


@pytest.mark.slow
def test_a_study_in_which_people_color_has_every_page(own: Flask) -> None:
    with session_scope(own.extensions["engine"]) as db:
        for row in db.scalars(select(StudyRow).where(StudyRow.id.in_((BLINDED, NEW)))):
            row.protocol, row.config = "novice2017", row.config | {"protocol": "novice2017"}
        trial = db.scalars(select(TrialRow.id).join(SessionRow).where(SessionRow.study_id == BLINDED)).first()
    visitor = come_in(own, "researcher")

    assert {visitor.get(f"/studies/{key}{view}").status_code for key in (BLINDED, NEW) for view in VIEWS} == {200}
    assert "measures something else" in visitor.get(f"/studies/{NEW}/metrics").text
    blinded, rehearsed = (visitor.get(f"/studies/{BLINDED}/results{who}").text for who in ("", "?who=synthetic"))
    assert "Under which condition somebody colored a photo is told when the stopping rule is met." in blinded
    assert "turk analyze" not in blinded + rehearsed
    assert f'href="/studies/{BLINDED}/timing' not in blinded
    answer = visitor.get(f"/trials/{trial}", follow_redirects=True)
    assert (answer.status_code, "No point was set" in answer.text) == (200, True)
