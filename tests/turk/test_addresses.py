"""The random addresses of images."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from scipy.stats import binomtest

from tests.turk.studies_made import make_study
from tests.turk.walking import Clock, Walk, come, refusal, rows
from turk import sessions
from turk.addresses import find
from turk.image_tables import AddressRow
from turk.store import Store
from turk.sweeping import sweep
from turk.tables import StudyRow, TrialRow


def tokens(store: Store, number: int) -> list[str]:
    """Those of the only session's trial, by place."""
    trial = next(row for row in rows(store.engine, TrialRow) if row.number == number)
    mine = [row for row in rows(store.engine, AddressRow) if row.trial_id == trial.id]
    return [row.token for row in sorted(mine, key=lambda row: row.place)]


@pytest.fixture
def walk(store: Store, study_row: StudyRow) -> Walk:
    return come(store).to_trials()


def test_an_address_leads_to_the_image_of_its_place(walk: Walk, study_row: StudyRow) -> None:
    trial = rows(walk.store.engine, TrialRow)[0]

    for token, (photo, condition) in zip(walk.step.images, trial.stimuli, strict=True):
        picture = find(walk.store, token)
        assert picture.sha256 == study_row.config["stimuli"][condition][photo]
        assert hashlib.sha256(picture.path.read_bytes()).hexdigest() == picture.sha256
        assert picture.path.parent == Path(study_row.folder) / "stimuli"


@pytest.mark.slow
def test_images_are_there_three_trials_ahead_and_no_further(walk: Walk) -> None:
    for number in range(4):
        assert all(find(walk.store, token) for token in tokens(walk.store, number))
    for number in range(4, 8):
        assert {refusal(find, walk.store, token).kind for token in tokens(walk.store, number)} == {"unknown"}


@pytest.mark.slow
def test_images_of_an_answered_trial_are_gone(walk: Walk, clock: Clock) -> None:
    before = walk.step.images
    clock.go(seconds=4)
    walk.answer()

    assert {refusal(find, walk.store, token).kind for token in before} == {"unknown"}
    assert find(walk.store, tokens(walk.store, 4)[0])


@pytest.mark.slow
def test_the_last_trials_and_replacements_have_images_too(walk: Walk, clock: Clock) -> None:
    while walk.step.name == "trial":
        assert all(find(walk.store, token) for token in walk.step.images + walk.step.ahead)
        clock.go(seconds=4)
        walk.answer(hidden=walk.step.facts["number"] in (7, 8))

    assert walk.step.total == 10


@pytest.mark.slow
@pytest.mark.parametrize("end", ["left", "abandoned", "expired", "finished"])
def test_images_go_with_the_session(walk: Walk, clock: Clock, end: str) -> None:
    kept = tokens(walk.store, 0)
    if end == "left":
        sessions.leave(walk.store, walk.ticket)
    if end == "abandoned":
        clock.go(hours=2)
        sweep(walk.store.engine, walk.store.clock)
    if end == "expired":
        clock.go(hours=24)
    if end == "finished":
        kept = tokens(walk.store, 7)
        walk.to_comment(clock)
        sessions.finish(walk.store, walk.ticket)

    assert {refusal(find, walk.store, token).kind for token in kept} == {"unknown"}


NO_ADDRESSES = ["", "x" * 32, "../../etc/passwd", "nul\x00" * 8, "ß" * 20, "%2e%2e" * 6]


@pytest.mark.slow
def test_other_addresses_are_unknown(walk: Walk) -> None:
    for token in NO_ADDRESSES:
        assert refusal(find, walk.store, token).kind == "unknown"


def test_the_same_image_has_another_address_in_another_session(store: Store, study_row: StudyRow) -> None:
    for _ in range(3):
        come(store).to_trials()

    there = rows(store.engine, AddressRow)
    assert len({row.stimulus_id for row in there}) < len(there)
    assert len({row.token for row in there}) == len(there) == 48
    assert {len(row.token) for row in there} == {32}


@pytest.mark.slow
def test_sorting_addresses_does_not_tell_the_side(store: Store, tmp_path: Path) -> None:
    make_study(store.engine, tmp_path, photos=300, parameters={"practice": 0, "test": 280, "catch": 0})
    come(store).to_trials()
    place_of_lowest: dict[int, int] = {}
    for row in sorted(rows(store.engine, AddressRow), key=lambda row: row.token):
        place_of_lowest.setdefault(row.trial_id, row.place)

    trials = rows(store.engine, TrialRow)
    hits = sum(place_of_lowest[trial.id] == trial.fake_place for trial in trials)

    assert binomtest(hits, len(trials)).pvalue > 1e-6
