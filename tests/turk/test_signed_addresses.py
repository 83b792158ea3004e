"""Addresses that Prolific signs: tokens made with keys of our own."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm
from sqlalchemy import Engine

from evalsuite.db import now, session_scope
from tests.turk.studies_made import make_store, make_study
from tests.turk.walking import Clock, come, refusal, rows
from turk.hearing_tables import PublicKeyRow
from turk.paying_tables import RecruitmentRow
from turk.signed_addresses import key_set_address
from turk.store import Store
from turk.tables import SessionRow

KEY, OTHER = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))
WHO = {"PROLIFIC_PID": "5e9b9c9b0f9c9a0001b0b1f4", "STUDY_ID": "study-1", "SESSION_ID": "submission-1"}
ADDRESS = "https://study.example.org/study/street?PROLIFIC_PID=5e9b"


def token(key: Any = KEY, who: Mapping[str, str] = WHO, kid: str = "k1", **claims: Any) -> str:
    """A token as Prolific makes it."""
    at = int(time.time())
    said = {"iss": "https://www.prolific.com", "iat": at, "exp": at + 120, "aud": ADDRESS, "sub": who["SESSION_ID"]}
    return jwt.encode({**said, "prolific": dict(who), **claims}, key, algorithm="RS256", headers={"kid": kid})


@pytest.fixture
def signed(engine: Engine, tmp_path: Path) -> Store:
    """A store with a study on Prolific whose keys were fetched."""
    study = make_study(engine, tmp_path / "street", recruiter="prolific")
    public = RSAAlgorithm.to_jwk(KEY.public_key(), as_dict=True)
    with session_scope(engine) as db:
        db.add(
            RecruitmentRow(
                study_id=study.id, recruiter="prolific", live=False, endpoint="http://127.0.0.1:1", minutes=7.0,
                address="https://study.example.org/study/street", facts={}, started_at=now(),
            )
        )  # fmt: skip
        keys = json.dumps({"keys": [{**public, "kid": "k1", "alg": "RS256", "use": "sig"}]})
        db.add(PublicKeyRow(address=key_set_address("http://127.0.0.1:1"), value=keys, fetched_at=now()))
    return make_store(engine)


def test_who_comes_with_prolifics_own_token_is_let_in(signed: Store) -> None:
    assert come(signed, **WHO, prolific_token=token()).step.name == "device"


def test_who_comes_without_a_token_is_let_in_and_paid_only_by_prolifics_list(signed: Store) -> None:
    assert come(signed, **WHO).step.name == "device"


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (token(OTHER), "Prolific's signature is expected"),
        (token(kid="k2"), "Prolific's signature is expected"),
        ("no.token.atall", "Prolific's signature is expected"),
        (jwt.encode({"sub": "submission-1"}, "x" * 32, algorithm="HS256", headers={"kid": "k1"}), "signature is"),
        (token(who={**WHO, "SESSION_ID": "submission-2"}), "another person, submission or study"),
        (token(who={**WHO, "PROLIFIC_PID": "somebody else"}), "another person, submission or study"),
        (token(who={**WHO, "STUDY_ID": "study-2"}), "another person, submission or study"),
        (token(aud="https://study.example.org/study/other"), "another person, submission or study"),
        (token(exp=int(time.time()) - 60), "good for two minutes"),
        (token(exp="soon"), "good for two minutes"),
    ],
)
def test_a_wrong_token_is_refused_with_a_sentence_and_nobody_is_let_in(signed: Store, made: str, told: str) -> None:
    refused = refusal(come, signed, **WHO, prolific_token=made)

    assert told in str(refused)
    assert refused.kind == "bad"
    assert rows(signed.engine, SessionRow) == []


def test_a_token_without_a_signature_is_refused(signed: Store) -> None:
    bare = jwt.encode({"sub": "submission-1", "aud": ADDRESS}, "", algorithm="none", headers={"kid": "k1"})

    assert "signature is expected" in str(refusal(come, signed, **WHO, prolific_token=bare))


@pytest.mark.slow
def test_who_has_a_session_comes_back_with_the_old_token_and_nobody_else_does(engine: Engine, signed: Store) -> None:
    clock = Clock(datetime.now(UTC))
    store = make_store(engine, clock=clock)
    given = token()
    first = come(store, **WHO, prolific_token=given).to_instructions()
    clock.go(minutes=10)

    again = come(store, **WHO, prolific_token=given)

    assert again.step.name == first.step.name == "instructions"
    forged = token(OTHER)
    assert "signature" in str(refusal(come, store, **WHO, prolific_token=forged))


def test_before_the_keys_were_fetched_a_token_is_not_looked_at(engine: Engine, signed: Store) -> None:
    with session_scope(engine) as db:
        db.query(PublicKeyRow).delete()

    assert come(signed, **WHO, prolific_token=token(OTHER)).step.name == "device"
