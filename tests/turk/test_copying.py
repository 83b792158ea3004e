"""Stimuli on S3, against moto's server."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from urllib.request import urlopen

import boto3
import pytest
from click.testing import CliRunner
from moto.server import ThreadedMotoServer
from sqlalchemy import Engine

from evalsuite.db import session_scope
from evalsuite.errors import UserError
from tests.turk.sites_made import run_site
from tests.turk.studies_made import make_store, make_study
from tests.turk.walking import Clock, Walk, come, rows
from turk.addresses import find
from turk.audit import receive
from turk.commands.host import command
from turk.copying import copies_needed, hosting_of, put_copies, remove_copies
from turk.hosted import elsewhere
from turk.hosting import Shelf, open_shelf
from turk.image_tables import AddressRow, CopyRow
from turk.simulate import Crowd, simulate
from turk.store import Store
from turk.studies import find_study, study_of
from turk.tables import StimulusRow, StudyRow
from webapp import create_app
from webapp.config import Config

pytestmark = pytest.mark.slow
WEEK = timedelta(days=7)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of an S3 of this machine."""
    running = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    yield f"http://{host}:{port}"
    running.stop()


@pytest.fixture
def bucket(server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """An empty bucket, and credentials in the environment."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL_S3": server, "AWS_EC2_METADATA_DISABLED": "true",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    made = boto3.resource("s3").create_bucket(Bucket="stimuli")
    yield made
    made.objects.all().delete()
    made.delete()


@pytest.fixture
def shelf(bucket: Any) -> Iterator[Shelf]:
    with open_shelf("stimuli", "street/") as opened:
        yield opened


def fetched(address: str) -> bytes:
    with urlopen(address, timeout=20) as answer:
        body: bytes = answer.read()
    return body


def test_a_copy_is_fetched_by_its_address_and_by_nothing_else(shelf: Shelf) -> None:
    shelf.put("a.png", b"pixels")
    shelf.copy("a.png", "b.png")

    address = shelf.address("b.png", 60)

    assert fetched(address) == b"pixels"
    assert address.startswith(shelf.origin + "/")
    query = parse_qs(urlsplit(address).query)
    assert query["X-Amz-Expires"] == ["60"]
    assert query["response-cache-control"] == ["no-store"]
    assert "secret" not in address


def test_each_image_of_a_trial_has_a_copy_of_its_own_that_shows_it(
    engine: Engine, tmp_path: Path, shelf: Shelf
) -> None:
    make_study(engine, tmp_path / "street", participants_per_condition=1, photos=8)
    done = put_copies(engine, "street", shelf, WEEK)
    store = make_store(engine)

    walks = [come(store, id=f"person-{k}").to_trials() for k in range(2)]

    study = rows(engine, StudyRow)[0]
    assert done.copies == sum(copies_needed(study_of(study)).values())
    shown: list[str] = []
    for walk in walks:
        for token in walk.step.images:
            picture = find(store, token)
            assert picture.elsewhere is not None
            assert fetched(picture.elsewhere) == picture.path.read_bytes()
            shown.append(picture.elsewhere)
    assert len(set(shown)) == len(shown)
    assert len({row.key for row in rows(engine, CopyRow)}) == done.copies


def test_without_a_copy_for_both_the_site_sends_both_images_of_a_trial(
    engine: Engine, tmp_path: Path, shelf: Shelf
) -> None:
    make_study(engine, tmp_path / "street", participants_per_condition=1, photos=8)
    put_copies(engine, "street", shelf, WEEK)
    real = next(row.id for row in rows(engine, StimulusRow))
    with session_scope(engine) as db:
        for copy in db.query(CopyRow).filter(CopyRow.stimulus_id % 2 == real % 2):
            db.delete(copy)

    come(make_store(engine)).to_trials()

    given = {row.token for row in rows(engine, CopyRow)} - {None}
    by_trial = Counter((row.trial_id, row.token in given) for row in rows(engine, AddressRow))
    assert set(by_trial.values()) == {2}


def test_an_address_that_has_ended_is_left_for_the_site_itself(engine: Engine, tmp_path: Path, shelf: Shelf) -> None:
    make_study(engine, tmp_path / "street", participants_per_condition=1, photos=8)
    put_copies(engine, "street", shelf, timedelta(hours=6))
    clock = Clock()
    store = make_store(engine, clock=clock)
    clock.at = rows(engine, CopyRow)[0].expires_at - timedelta(hours=4)
    walk: Walk = come(store).to_trials()

    assert find(store, walk.step.images[0]).elsewhere is not None
    clock.go(hours=5)

    assert find(store, walk.step.images[0]).elsewhere is None


def test_addresses_that_end_soon_are_given_to_nobody(engine: Engine, tmp_path: Path, shelf: Shelf) -> None:
    make_study(engine, tmp_path / "street", participants_per_condition=1, photos=8)
    put_copies(engine, "street", shelf, timedelta(hours=2))
    walk = come(make_store(engine)).to_trials()

    assert find(walk.store, walk.step.images[0]).elsewhere is None


def test_again_replaces_all_that_nobody_has_had_and_keeps_what_was_shown(
    sqlite_engine: Engine, tmp_path: Path, shelf: Shelf, bucket: Any
) -> None:
    make_study(sqlite_engine, tmp_path / "street", participants_per_condition=1, photos=8)
    put_copies(sqlite_engine, "street", shelf, WEEK)
    walk = come(make_store(sqlite_engine)).to_trials()
    before = {row.key: row.token for row in rows(sqlite_engine, CopyRow)}

    put_copies(sqlite_engine, "street", shelf, WEEK)

    after = {row.key: row.token for row in rows(sqlite_engine, CopyRow)}
    assert before.keys() & after.keys() == {key for key, token in before.items() if token is not None}
    assert {one.key for one in bucket.objects.all()} == {f"street/{key}" for key in after}
    assert fetched(find(walk.store, walk.step.images[0]).elsewhere or "")


def test_the_order_of_keys_says_nothing_of_what_they_show(sqlite_engine: Engine, tmp_path: Path, shelf: Shelf) -> None:
    make_study(sqlite_engine, tmp_path / "street", participants_per_condition=6)
    put_copies(sqlite_engine, "street", shelf, WEEK)

    with session_scope(sqlite_engine, read_only=True) as db:
        _, _, copies = elsewhere(db, find_study(db, "street")) or ("", None, [])

    kinds = [condition == "real" for condition, *_ in copies]
    turns = sum(one != other for one, other in pairwise(kinds))
    shuffled = []
    for seed in range(500):
        random.Random(seed).shuffle(kinds)
        shuffled.append(sum(one != other for one, other in pairwise(kinds)))
    assert min(shuffled) * 0.95 <= turns <= max(shuffled) * 1.05


def test_the_first_time_asks_for_another_audit_and_later_times_do_not(
    sqlite_engine: Engine, tmp_path: Path, shelf: Shelf
) -> None:
    make_study(sqlite_engine, tmp_path / "street", state="built")

    def audited() -> bool:
        with session_scope(sqlite_engine) as db:
            row = find_study(db, "street")
            was, row.audit = row.audit is not None, {"passed": True}
            return was

    audited()
    put_copies(sqlite_engine, "street", shelf, WEEK)
    assert not audited()
    put_copies(sqlite_engine, "street", shelf, WEEK)
    assert audited()


def test_simulated_people_and_the_audit_follow_to_the_copies(
    sqlite_engine: Engine, tmp_path: Path, shelf: Shelf
) -> None:
    make_study(sqlite_engine, tmp_path / "street", participants_per_condition=1, photos=8)
    put_copies(sqlite_engine, "street", shelf, WEEK)
    with session_scope(sqlite_engine, read_only=True) as db:
        row = find_study(db, "street")
        study, copies = study_of(row), elsewhere(db, row)

    with run_site(sqlite_engine, tmp_path) as site:
        reports = simulate(study, site, Crowd(2, {"psychometric": 1.0}))
    shown = receive(study, tmp_path / "street", 1, elsewhere=copies)

    assert [report.outcome for report in reports] == ["finished"] * 2
    assert sum(row.token is not None for row in rows(sqlite_engine, CopyRow)) >= 2 * 14
    assert all(dict(one.image.headers)["Location"].startswith(shelf.origin) for one in shown)


def test_the_page_lets_images_in_from_there_and_from_nowhere_else(
    sqlite_engine: Engine, tmp_path: Path, shelf: Shelf
) -> None:
    make_study(sqlite_engine, tmp_path / "street", participants_per_condition=1, photos=8)
    url = sqlite_engine.url.render_as_string(hide_password=False)
    app = create_app(Config(url, "a secret of tests that is long enough to be one", tmp_path, tmp_path))
    before = app.test_client().get("/study/street").headers
    put_copies(sqlite_engine, "street", shelf, WEEK)

    after = app.test_client().get("/study/street").headers
    app.extensions["engine"].dispose()

    assert "img-src 'self';" in before["Content-Security-Policy"]
    assert f"img-src 'self' {shelf.origin};" in after["Content-Security-Policy"]
    assert before["Cross-Origin-Embedder-Policy"] == "require-corp"
    assert after["Cross-Origin-Embedder-Policy"] == "credentialless"


def test_the_command_hosts_and_removes(sqlite_engine: Engine, tmp_path: Path, bucket: Any) -> None:
    make_study(sqlite_engine, tmp_path / "street", participants_per_condition=1, photos=8)
    url = sqlite_engine.url.render_as_string(hide_password=False)

    hosted = CliRunner().invoke(command, ["street", "--on", "s3://stimuli/mine", "--db", url])
    there = [one.key for one in bucket.objects.all()]
    removed = CliRunner().invoke(command, ["street", "--remove", "--db", url])

    assert "Next: turk audit street" in hosted.output
    assert there
    assert all(key.startswith("mine/") for key in there)
    assert f"{len(there)} copies deleted" in removed.output
    assert not list(bucket.objects.all())
    assert hosting_of(sqlite_engine, "street") is None
    again = CliRunner().invoke(command, ["street", "--remove", "--db", url])
    assert isinstance(again.exception, UserError)
    assert "nothing to remove" in str(again.exception)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "Give one of the two"),
        (["--on", "s3://x/y", "--remove"], "Give one of the two"),
        (["--on", "my-bucket"], "s3://BUCKET/PREFIX; got 'my-bucket'"),
    ],
)
def test_what_cannot_be_meant_is_refused(sqlite_engine: Engine, arguments: list[str], told: str) -> None:
    url = sqlite_engine.url.render_as_string(hide_password=False)

    done = CliRunner().invoke(command, ["street", "--db", url, *arguments])

    assert isinstance(done.exception, UserError)
    assert told in str(done.exception)


def test_a_bucket_that_is_not_there_is_one_sentence(bucket: Any) -> None:
    with (
        pytest.raises(UserError, match=r"s3://other-bucket: NoSuchBucket: .*turk policy"),
        open_shelf("other-bucket", "") as shelf,
    ):
        shelf.put("a.png", b"pixels")


def test_without_credentials_or_network_it_is_one_sentence_too(
    bucket: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with pytest.raises(UserError, match="Could not connect"), open_shelf("stimuli", "") as shelf:
        shelf.put("a.png", b"pixels")

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(UserError, match="Unable to locate credentials"), open_shelf("stimuli", "") as shelf:
        shelf.put("a.png", b"pixels")


def test_removing_leaves_sessions_to_the_site(sqlite_engine: Engine, tmp_path: Path, shelf: Shelf) -> None:
    make_study(sqlite_engine, tmp_path / "street", participants_per_condition=1, photos=8)
    put_copies(sqlite_engine, "street", shelf, WEEK)
    store: Store = make_store(sqlite_engine)
    walk = come(store).to_trials()

    assert remove_copies(sqlite_engine, "street", shelf) > 0

    assert find(store, walk.step.images[0]).elsewhere is None
