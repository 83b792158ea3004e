"""turk listen: recruiters tell the site, against both emulators."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine

from evalsuite.db import now, session_scope
from evalsuite.errors import UserError
from tests.turk.emulator.prolific.studying import Researcher
from tests.turk.emulator.receiving import receiving
from tests.turk.studies_made import make_store, make_study
from tests.turk.walking import rows
from turk.commands.listen import command
from turk.emulator.emulator import Emulator
from turk.emulator.testing import emulator, running_emulator
from turk.hearing import hear_prolific
from turk.hearing_tables import HintRow
from turk.paying_tables import RecruitmentRow
from turk.recruiters import mturk
from turk.recruiters.contract import Offer, Where
from turk.study import Study

__all__ = ["emulator", "running_emulator"]

ARN = "arn:aws:sns:us-east-1:123456789012:mturk"


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "PROLIFIC_TOKEN"):
        monkeypatch.setenv(name, "LOCAL")
    monkeypatch.delenv("AWS_PROFILE", raising=False)


def recruit(engine: Engine, folder: Path, recruiter: str, endpoint: str, site: str) -> str:
    """A study on offer at a recruiter's; the database's address."""
    study = make_study(engine, folder, recruiter=recruiter)
    facts: dict[str, Any] = {}
    if recruiter == "mturk":
        offer = Offer(Study.from_json(study.config), f"{site}/study/street", 7.0)
        facts = dict(mturk.open_desk(Where(endpoint=endpoint)).prepare(offer))
    with session_scope(engine) as db:
        db.add(
            RecruitmentRow(
                study_id=study.id, recruiter=recruiter, live=False, endpoint=endpoint, minutes=7.0,
                address=f"{site}/study/street", facts=facts, started_at=now(),
            )
        )  # fmt: skip
    return engine.url.render_as_string(hide_password=False)


@pytest.mark.slow
def test_mturk_tells_the_topic(sqlite_engine: Engine, tmp_path: Path, emulator: Emulator) -> None:
    url = recruit(sqlite_engine, tmp_path / "street", "mturk", emulator.endpoint_url, "https://study.example.org")

    for _ in range(2):
        done = CliRunner().invoke(command, ["street", "--topic", ARN, "--db", url])

    assert f"SNS_TOPICS={ARN}" in done.output
    [subscription] = emulator.market.subscriptions.values()
    assert (subscription.destination, subscription.active) == (ARN, True)
    assert "AssignmentSubmitted" in subscription.events


@pytest.mark.slow
def test_prolific_tells_the_site_with_a_signature_that_it_believes(
    sqlite_engine: Engine, tmp_path: Path, emulator: Emulator
) -> None:
    file = tmp_path / "secret"
    with receiving() as site:
        url = recruit(
            sqlite_engine, tmp_path / "street", "prolific", emulator.prolific_url, site.url.removesuffix("/notes")
        )
        for _ in range(2):
            done = CliRunner().invoke(command, ["street", "--secret-file", str(file), "--db", url])
        workspace = emulator.workspace
        [subscription] = workspace.subscriptions.values()
        emulator.prolific_admin.flush()
    secret = file.read_text().strip()

    assert "PROLIFIC_WEBHOOK_SECRET_FILE=" in done.output
    assert secret not in done.output
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert (subscription.enabled, subscription.event_type) == (True, "submission.status.change")
    assert subscription.target_url.endswith("/notifications/prolific")
    assert secret == workspace.secrets[0][1]


@pytest.mark.slow
def test_an_event_that_arrives_is_a_hint(sqlite_engine: Engine, tmp_path: Path, emulator: Emulator) -> None:
    file = tmp_path / "secret"
    with receiving() as site:
        url = recruit(
            sqlite_engine, tmp_path / "street", "prolific", emulator.prolific_url, site.url.removesuffix("/notes")
        )
        CliRunner().invoke(command, ["street", "--secret-file", str(file), "--db", url])
        study = Researcher(emulator.prolific_url).study()
        emulator.participant("a" * 24).take(study)
        emulator.prolific_admin.flush()
        told = list(site.requests)

    store = make_store(sqlite_engine)
    for headers, body in told:
        stamp, signature = (headers[f"x-prolific-request-{name}"] for name in ("timestamp", "signature"))
        hear_prolific(store, body, stamp, signature, file.read_text().strip())

    assert len(told) == len(rows(sqlite_engine, HintRow)) == 2


@pytest.mark.slow
@pytest.mark.parametrize(("recruiter", "told"), [("mturk", "--topic: MTurk tells"), ("prolific", "--secret-file: Pro")])
def test_what_is_missing_is_asked_for(
    sqlite_engine: Engine, tmp_path: Path, emulator: Emulator, recruiter: str, told: str
) -> None:
    url = recruit(sqlite_engine, tmp_path / "street", recruiter, emulator.endpoint_url, "https://study.example.org")

    done = CliRunner().invoke(command, ["street", "--db", url])

    assert isinstance(done.exception, UserError)
    assert told in str(done.exception)


def test_a_secret_that_cannot_be_written_is_one_sentence(
    sqlite_engine: Engine, tmp_path: Path, emulator: Emulator
) -> None:
    url = recruit(sqlite_engine, tmp_path / "street", "prolific", emulator.prolific_url, "http://127.0.0.1:1")

    done = CliRunner().invoke(command, ["street", "--secret-file", str(tmp_path / "no" / "secret"), "--db", url])

    assert "the secret cannot be written" in str(done.exception)
