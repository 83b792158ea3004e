"""The routes where recruiters tell that something happened."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Engine

from evalsuite.db import now, session_scope
from evalsuite.errors import UserError
from tests.turk.studies_made import SECRET
from tests.turk.test_sns import ARN, ORIGIN, message, sent
from tests.turk.walking import rows
from turk.emulator.mturk.sns import Topics
from turk.hearing_tables import HintRow, PublicKeyRow
from webapp import create_app
from webapp.config import Config, read_config

WEBHOOK_SECRET = "a secret of Prolific's workspace"


@pytest.fixture
def config(engine: Engine, tmp_path: Path) -> Config:
    url = engine.url.render_as_string(hide_password=False)
    return Config(
        url, SECRET, tmp_path, tmp_path,
        recruiter_origins=(ORIGIN,), sns_topics=(ARN,), prolific_webhook_secret=WEBHOOK_SECRET,
    )  # fmt: skip


@pytest.fixture
def app(config: Config) -> Iterator[Flask]:
    made = create_app(config)
    yield made
    made.extensions["engine"].dispose()


def signed(body: bytes, stamp: int, secret: str = WEBHOOK_SECRET) -> dict[str, str]:
    """The headers of an event, worked out as the documentation says."""
    digest = hmac.new(secret.encode(), str(stamp).encode() + body, hashlib.sha256).digest()
    return {
        "Content-Type": "application/json",
        "X-Prolific-Request-Timestamp": str(stamp),
        "X-Prolific-Request-Signature": base64.b64encode(digest).decode(),
    }


@pytest.mark.slow
def test_an_event_of_prolifics_is_a_hint_once(app: Flask, engine: Engine) -> None:
    body = json.dumps({"event_type": "submission.status.change", "resource_id": "x"}).encode()
    headers = signed(body, int(time.time()))

    answers = [app.test_client().post("/notifications/prolific", data=body, headers=headers) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert [row.source for row in rows(engine, HintRow)] == ["prolific"]


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        (lambda now: signed(b"{}", now, "another secret"), "X-Prolific-Request-Signature"),
        (lambda now: signed(b"{} ", now), "X-Prolific-Request-Signature"),
        (lambda now: {**signed(b"{}", now), "X-Prolific-Request-Signature": "é"}, "X-Prolific-Request-Signature"),
        (lambda now: signed(b"{}", now - 600), "of the last five minutes"),
        (lambda now: signed(b"{}", now + 600), "of the last five minutes"),
        (lambda _: {}, "of the last five minutes"),
        (lambda _: {"X-Prolific-Request-Timestamp": "²"}, "of the last five minutes"),
        (lambda _: {"X-Prolific-Request-Timestamp": "9" * 400}, "of the last five minutes"),
    ],
)
def test_forged_and_old_events_are_refused(
    app: Flask, engine: Engine, headers: Callable[[int], dict[str, str]], told: str
) -> None:
    answer = app.test_client().post("/notifications/prolific", data=b"{}", headers=headers(int(time.time())))

    assert answer.status_code == 403
    assert told in (answer.json or {})["error"]
    assert rows(engine, HintRow) == []


@pytest.mark.slow
def test_without_the_secret_no_event_is_taken(config: Config) -> None:
    app = create_app(replace(config, prolific_webhook_secret=None))
    answer = app.test_client().post("/notifications/prolific", data=b"{}", headers=signed(b"{}", int(time.time())))
    app.extensions["engine"].dispose()

    assert answer.status_code == 403
    assert "PROLIFIC_WEBHOOK_SECRET" in (answer.json or {})["error"]


def test_a_message_of_sns_is_taken_and_a_forged_one_refused(app: Flask, engine: Engine) -> None:
    topics = Topics(origin=ORIGIN)
    with session_scope(engine) as db:
        pem = topics.certificate().decode()
        db.add(PublicKeyRow(address=f"{ORIGIN}/_sns/certificate.pem", value=pem, fetched_at=now()))
    genuine = message(topics)
    headers = {"Content-Type": "text/plain; charset=UTF-8", "x-amz-sns-message-type": "Notification"}

    forged = app.test_client().post("/notifications/sns", data=sent(genuine, Message="{}"), headers=headers)
    taken = app.test_client().post("/notifications/sns", data=sent(genuine), headers=headers)

    assert (forged.status_code, taken.status_code) == (403, 200)
    assert taken.headers["Cache-Control"] == "no-store"
    assert [row.event for row in rows(engine, HintRow)] == ["m-1"]


def test_too_much_is_refused_unread(app: Flask) -> None:
    assert app.test_client().post("/notifications/sns", data=b"x" * 400_000).status_code == 413


def test_looking_is_not_telling(app: Flask) -> None:
    assert {app.test_client().get(f"/notifications/{name}").status_code for name in ("sns", "prolific")} == {405}


def test_the_settings_are_read_and_the_secret_is_not_shown(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(WEBHOOK_SECRET)
    environ = {
        "DATABASE_URL": f"sqlite:///{tmp_path}/a.db", "SNS_TOPICS": f"{ARN}, {ARN}2", "SECRET_KEY": SECRET,
        "PROLIFIC_WEBHOOK_SECRET_FILE": str(file),
    }  # fmt: skip
    config = read_config(environ)

    assert config.sns_topics == (ARN, f"{ARN}2")
    assert config.prolific_webhook_secret == WEBHOOK_SECRET
    assert WEBHOOK_SECRET not in repr(config)
    with pytest.raises(UserError, match="SNS_TOPICS: ARNs such as"):
        read_config({**environ, "SNS_TOPICS": "mturk"})
