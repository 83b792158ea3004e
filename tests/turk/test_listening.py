"""What operators' commands do so that the site can hear recruiters."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from evalsuite.db import now, session_scope
from tests.turk.studies_made import make_store, make_study
from tests.turk.test_sns import ARN, message, sent
from tests.turk.walking import come, refusal, rows
from turk.emulator.emulator import Emulator
from turk.emulator.testing import emulator, running_emulator
from turk.hearing import hear_sns
from turk.hearing_tables import HintRow, LetterRow
from turk.hints import leave
from turk.listening import listen, wait
from turk.paying_tables import RecruitmentRow

__all__ = ["emulator", "running_emulator"]


def recruit(engine: Engine, folder: Path, recruiter: str, endpoint: str) -> None:
    """A study on offer at a recruiter's."""
    study = make_study(engine, folder, recruiter=recruiter)
    facts: dict[str, Any] = {}
    with session_scope(engine) as db:
        db.add(
            RecruitmentRow(
                study_id=study.id, recruiter=recruiter, live=False, endpoint=endpoint, minutes=7.0,
                address="https://study.example.org/study/street", facts=facts, started_at=now(),
            )
        )  # fmt: skip


@pytest.mark.slow
def test_prolifics_keys_are_fetched_by_the_operator_and_then_forged_tokens_are_refused(
    sqlite_engine: Engine, tmp_path: Path, emulator: Emulator
) -> None:
    recruit(sqlite_engine, tmp_path / "street", "prolific", emulator.prolific_url)
    who = {"PROLIFIC_PID": "a" * 24, "STUDY_ID": "s", "SESSION_ID": "x"}
    address = "https://study.example.org/study/street?" + "&".join(f"{name}={value}" for name, value in who.items())
    signed = emulator.workspace.signer.sign(address, "x", "workspace")
    genuine = signed.rpartition("prolific_token=")[2]

    assert listen(sqlite_engine, "street") == []

    store = make_store(sqlite_engine)
    assert "signature" in str(refusal(come, store, **who, prolific_token=genuine[:-8] + "AAAAAAAA"))
    assert come(store, **who, prolific_token=genuine).step.name == "device"


def test_a_recruiter_that_does_not_answer_is_a_sentence_and_no_error(
    sqlite_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("turk.public_keys.PATIENCE_S", 0.1)
    recruit(sqlite_engine, tmp_path / "street", "prolific", "http://127.0.0.1:9")

    [trouble] = listen(sqlite_engine, "street")

    assert "no answer" in trouble


def test_letters_are_read_with_the_origins_of_the_environment(
    sqlite_engine: Engine, tmp_path: Path, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    recruit(sqlite_engine, tmp_path / "street", "mturk", emulator.endpoint_url)
    monkeypatch.setenv("RECRUITER_ORIGINS", f"{emulator.endpoint_url}/")
    store = make_store(sqlite_engine, submit_origins=(emulator.endpoint_url,))
    hear_sns(store, sent(message(emulator.market.topics)), (ARN,))
    assert len(rows(sqlite_engine, LetterRow)) == 1

    assert listen(sqlite_engine, "street") == []

    assert [row.source for row in rows(sqlite_engine, HintRow)] == ["sns"]


@pytest.mark.slow
def test_who_waits_is_woken_by_a_hint_and_by_a_letter_and_else_waits_to_the_end(sqlite_engine: Engine) -> None:
    def tell(kind: str) -> None:
        with session_scope(sqlite_engine) as db:
            if kind == "hint":
                leave(db, "prolific", "event", now())
            else:
                db.add(LetterRow(event="letter", body=json.loads("{}"), at=now()))

    for kind in ("hint", "letter"):
        later = threading.Timer(0.3, tell, [kind])
        later.start()
        started = time.monotonic()
        assert wait(sqlite_engine, 60)
        assert time.monotonic() - started < 30
        later.join()
    assert not wait(sqlite_engine, 0.1)
