"""Messages of Amazon SNS, signed by the emulator's and by our own keys."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from evalsuite.db import now, session_scope
from evalsuite.errors import UserError
from tests.turk.studies_made import make_store
from tests.turk.walking import refusal, rows
from turk.emulator.emulator import Emulator
from turk.emulator.mturk.sns import Topic, Topics
from turk.emulator.testing import emulator, running_emulator
from turk.hearing import MOST_LETTERS, hear_sns
from turk.hearing_tables import HintRow, LetterRow, PublicKeyRow
from turk.hints import newest
from turk.public_keys import keep_key, open_letters
from turk.sns import read_letter, verify
from turk.store import Store

__all__ = ["emulator", "running_emulator"]

ARN = "arn:aws:sns:us-east-1:123456789012:mturk"
ORIGIN = "http://127.0.0.1:1"


@pytest.fixture(scope="module")
def topics() -> Topics:
    """A signer whose certificate lies at an address that nobody fetches."""
    return Topics(origin=ORIGIN)


def message(topics: Topics, kind: str = "Notification", version: str = "1", **fields: str) -> dict[str, Any]:
    """A message as SNS sends it, signed after these fields were set."""
    said = {"MessageId": "m-1", "Message": '{"Events": []}', **fields}
    if kind != "Notification":
        said |= {"Token": "t", "SubscribeURL": f"{topics.origin}/_sns/confirm?Token=t", **fields}
    parcel = topics.parcel(Topic(ARN, f"{ORIGIN}/notes", version, "t"), kind, said)
    body: dict[str, Any] = json.loads(parcel.body)
    return body


def sent(message: dict[str, Any], **changed: Any) -> bytes:
    """A message's bytes, with fields changed after they were signed."""
    return json.dumps({**message, **changed}).encode()


@pytest.fixture
def store(engine: Engine, topics: Topics) -> Store:
    """A store that knows the signer's certificate."""
    with session_scope(engine) as db:
        pem = topics.certificate().decode()
        db.add(PublicKeyRow(address=f"{ORIGIN}/_sns/certificate.pem", value=pem, fetched_at=now()))
    return make_store(engine, submit_origins=(ORIGIN,))


@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize("subject", [{}, {"Subject": "1772452800000"}])
def test_a_genuine_notification_is_a_hint_and_the_same_again_is_none(
    store: Store, topics: Topics, version: str, subject: dict[str, str]
) -> None:
    genuine = sent(message(topics, version=version, **subject))
    before = newest(store.engine)

    for _ in range(2):
        hear_sns(store, genuine, (ARN,))

    assert newest(store.engine) > before
    assert [(row.source, row.event) for row in rows(store.engine, HintRow)] == [("sns", "m-1")]


@pytest.mark.parametrize(
    "changed",
    [{"Message": "{}"}, {"MessageId": "m-2"}, {"SignatureVersion": "2"}, {"Signature": "AAAA"}, {"Signature": "!"}],
)
def test_a_message_that_was_changed_is_refused_and_leaves_nothing(
    store: Store, topics: Topics, changed: dict[str, str]
) -> None:
    refused = refusal(hear_sns, store, sent(message(topics), **changed), (ARN,))

    assert "Signature: Amazon SNS's" in str(refused)
    assert rows(store.engine, HintRow) == rows(store.engine, LetterRow) == []


def test_a_message_signed_by_somebody_else_is_refused(store: Store) -> None:
    assert "Signature" in str(refusal(hear_sns, store, sent(message(Topics(origin=ORIGIN))), (ARN,)))


@pytest.mark.parametrize(
    "address",
    [
        "https://sns.us-east-1.amazonaws.com.evil.example/a.pem",
        "https://evil.example/sns.us-east-1.amazonaws.com/a.pem",
        "https://sns.us-east-1.amazonaws.com@evil.example/a.pem",
        "http://sns.us-east-1.amazonaws.com/a.pem",
        "https://sns.us-east-1.amazonaws.com:8443/a.pem",
        "https://sns.us-east-1.amazonaws.com/a.txt",
        "https://bucket.s3.amazonaws.com/a.pem",
        "https://[::1/a.pem",
        "http://127.0.0.1:2/a.pem",
        "file:///etc/a.pem",
    ],
)
def test_certificates_come_from_snss_own_hosts_or_a_named_origin(store: Store, topics: Topics, address: str) -> None:
    refused = refusal(hear_sns, store, sent(message(topics), SigningCertURL=address), (ARN,))

    assert "addresses of Amazon SNS; got another" in str(refused)


@pytest.mark.parametrize("region", ["sns.us-east-1.amazonaws.com", "sns.cn-north-1.amazonaws.com.cn"])
def test_snss_own_hosts_are_known(topics: Topics, region: str) -> None:
    body = sent(message(topics), SigningCertURL=f"https://{region}/SimpleNotificationService-0.pem")

    assert read_letter(body, (ARN,), (), now())["SigningCertURL"].startswith(f"https://{region}/")


@pytest.mark.parametrize(
    "time", ["2020-01-01T00:00:00.000Z", "2100-01-01T00:00:00.000Z", "yesterday", "2026-03-02T12:00:00"]
)
def test_an_old_message_is_refused(store: Store, topics: Topics, time: str) -> None:
    assert "of the last hour" in str(refusal(hear_sns, store, sent(message(topics), Timestamp=time), (ARN,)))


def test_a_replay_after_an_hour_is_refused_although_it_is_genuine(store: Store, topics: Topics) -> None:
    later = make_store(store.engine, submit_origins=(ORIGIN,), clock=lambda: now() + timedelta(minutes=61))

    assert "of the last hour" in str(refusal(hear_sns, later, sent(message(topics)), (ARN,)))


def test_a_topic_that_is_not_ours_is_refused(store: Store, topics: Topics) -> None:
    assert "one of SNS_TOPICS" in str(refusal(hear_sns, store, sent(message(topics)), ()))


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"Type": "Notification"}', b"[" * 100_000])
def test_what_is_no_message_is_refused(store: Store, body: bytes) -> None:
    assert "A message of Amazon SNS is expected" in str(refusal(hear_sns, store, body, (ARN,)))


@pytest.mark.parametrize("changed", [{"Type": "Invitation"}, {"SignatureVersion": "3"}])
def test_types_and_versions_are_those_of_sns(store: Store, topics: Topics, changed: dict[str, str]) -> None:
    assert "those of Amazon SNS" in str(refusal(hear_sns, store, sent(message(topics), **changed), (ARN,)))


def test_a_certificate_that_is_none_opens_nothing(topics: Topics) -> None:
    letter = message(topics)

    assert "Signature" in str(refusal(verify, letter, "no certificate"))


@pytest.mark.slow
def test_a_subscription_is_confirmed_by_the_operators_command_and_then_hints_come(
    engine: Engine, emulator: Emulator
) -> None:
    origin = emulator.endpoint_url
    emulator.admin.act("topic", arn=ARN, url=f"{ORIGIN}/nobody")
    topic = emulator.market.topics.topics[ARN]
    store = make_store(engine, submit_origins=(origin,))
    link = {"SubscribeURL": f"{origin}/_sns/confirm?Token={topic.token}", "Token": topic.token}
    hear_sns(store, sent(message(emulator.market.topics, "SubscriptionConfirmation", **link)), (ARN,))
    hear_sns(store, sent(message(emulator.market.topics, MessageId="m-2")), (ARN,))
    assert len(rows(engine, LetterRow)) == 2
    assert newest(engine) == 0

    assert open_letters(engine, (origin,)) == 2

    assert topic.confirmed
    assert rows(engine, LetterRow) == []
    assert {row.event for row in rows(engine, HintRow)} == {"m-1", "m-2"}
    hear_sns(store, sent(message(emulator.market.topics, MessageId="m-3")), (ARN,))
    assert {row.event for row in rows(engine, HintRow)} == {"m-1", "m-2", "m-3"}


@pytest.mark.slow
def test_a_forged_confirmation_is_thrown_away_unfetched(engine: Engine, emulator: Emulator) -> None:
    origin = emulator.endpoint_url
    emulator.admin.act("topic", arn=ARN, url=f"{ORIGIN}/nobody")
    topic = emulator.market.topics.topics[ARN]
    store = make_store(engine, submit_origins=(origin,))
    link = {"SubscribeURL": f"{origin}/_sns/confirm?Token={topic.token}", "Token": topic.token}
    hear_sns(store, sent(message(Topics(origin=origin), "SubscriptionConfirmation", **link)), (ARN,))

    assert open_letters(engine, (origin,)) == 0

    assert not topic.confirmed
    assert rows(engine, LetterRow) == rows(engine, HintRow) == []


def test_a_confirmation_that_is_refused_says_so_and_waits(engine: Engine, emulator: Emulator) -> None:
    origin = emulator.endpoint_url
    store = make_store(engine, submit_origins=(origin,))
    link = {"SubscribeURL": f"{origin}/_sns/nowhere?Token=t", "Token": "t"}
    hear_sns(store, sent(message(emulator.market.topics, "SubscriptionConfirmation", **link)), (ARN,))

    with pytest.raises(UserError, match="a subscription is confirmed; got status 404"):
        open_letters(engine, (origin,))

    assert len(rows(engine, LetterRow)) == 1


def test_a_key_that_is_not_there_is_one_sentence(engine: Engine, emulator: Emulator) -> None:
    with pytest.raises(UserError, match="a public key is sent; got status 404"):
        keep_key(engine, f"{emulator.endpoint_url}/_sns/none.pem")


def test_keys_are_fetched_once_and_again_after_a_day(engine: Engine, emulator: Emulator) -> None:
    address = f"{emulator.endpoint_url}/_sns/certificate.pem"
    fetched = keep_key(engine, address, fresh=True)
    with session_scope(engine) as db:
        row = db.get_one(PublicKeyRow, address)
        row.value, row.fetched_at = "old", now() - timedelta(days=2)

    assert fetched.startswith("-----BEGIN CERTIFICATE-----")
    assert keep_key(engine, address) == "old"
    assert keep_key(engine, address, fresh=True) == fetched


@pytest.mark.slow
def test_the_box_for_letters_has_an_end(engine: Engine, topics: Topics) -> None:
    store = make_store(engine, submit_origins=(ORIGIN,))
    for number in range(MOST_LETTERS):
        with session_scope(engine) as db:
            db.add(LetterRow(event=f"letter-{number}", body={}, at=now()))

    assert refusal(hear_sns, store, sent(message(topics)), (ARN,)).kind == "no_place"
