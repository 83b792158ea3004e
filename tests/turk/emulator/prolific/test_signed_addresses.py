"""Signed addresses: checked as a study's site would, with PyJWT and the key set."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest

from tests.turk.emulator.prolific.studying import STUDY, Researcher, person
from turk.emulator.emulator import Emulator
from turk.emulator.fetching import Fetcher
from turk.emulator.prolific.participant_client import Participation


def take(emulator: Emulator, prolific: Researcher, **changes: Any) -> Participation:
    """Take part in a signed study."""
    study = prolific.study(is_external_study_url_secure=True, **changes)
    return emulator.participant(person()).take(study)


def split(part: Participation) -> tuple[str, str]:
    """Part the address from its token."""
    address, _, token = part.url.rpartition("prolific_token=")
    return address.rstrip("?&"), token


def check(emulator: Emulator, token: str, audience: str) -> dict[str, Any]:
    """Check a token with the platform's key set."""
    keys = Fetcher(emulator.prolific_url).get("/.well-known/study/jwks.json")["keys"]
    key = next(key for key in keys if key["kid"] == jwt.get_unverified_header(token)["kid"])
    claims: dict[str, Any] = jwt.decode(
        token, jwt.PyJWK(key).key, algorithms=["RS256"], audience=audience, issuer="https://www.prolific.com"
    )
    return claims


@pytest.mark.slow
def test_the_token_says_who_comes_and_is_good_for_two_minutes(emulator: Emulator, prolific: Researcher) -> None:
    part = take(emulator, prolific)
    address, token = split(part)

    claims = check(emulator, token, address)

    assert jwt.get_unverified_header(token) == {"alg": "RS256", "kid": "emulated-prolific-1", "typ": "JWT"}
    assert claims["sub"] == part.submission_id
    assert claims["exp"] - claims["iat"] == 120
    assert abs(claims["iat"] - time.time()) < 60
    assert claims["prolific"] == {
        "PROLIFIC_PID": person(),
        "STUDY_ID": part.study_id,
        "SESSION_ID": part.submission_id,
        "workspace_id": prolific.workspace_id(),
    }


def test_the_key_set_has_the_documented_fields(emulator: Emulator) -> None:
    [key] = Fetcher(emulator.prolific_url).get("/.well-known/study/jwks.json")["keys"]

    assert {name: key[name] for name in ("kty", "alg", "use", "key_ops")} == {
        "kty": "RSA", "alg": "RS256", "use": "sig", "key_ops": ["verify"],
    }  # fmt: skip
    assert {"kid", "n", "e"} <= set(key)
    assert "d" not in key


@pytest.mark.slow
def test_a_changed_token_or_another_audience_is_found_out(emulator: Emulator, prolific: Researcher) -> None:
    address, token = split(take(emulator, prolific))
    head, body, signature = token.split(".")

    with pytest.raises(jwt.InvalidSignatureError):
        check(emulator, f"{head}.{body}.{signature[:-8]}AAAAAAAA", address)
    with pytest.raises(jwt.InvalidAudienceError):
        check(emulator, token, "https://other.example.org/")


@pytest.mark.slow
def test_opening_the_study_again_gives_a_fresh_token(emulator: Emulator, prolific: Researcher) -> None:
    part = take(emulator, prolific)
    before = split(part)[1]
    time.sleep(1.1)

    after = split(emulator.participant(person()).open(part.submission_id))[1]

    assert after != before


@pytest.mark.slow
def test_an_address_without_parameters_is_signed_too(emulator: Emulator, prolific: Researcher) -> None:
    part = take(emulator, prolific, external_study_url="https://study.example.org/enter")
    address, token = split(part)

    assert address == "https://study.example.org/enter"
    assert check(emulator, token, address)["prolific"] == {"workspace_id": prolific.workspace_id()}


def test_a_study_that_is_not_signed_has_no_token(emulator: Emulator, prolific: Researcher) -> None:
    part = emulator.participant(person()).take(prolific.study())

    query = parse_qs(urlsplit(part.url).query)

    assert set(query) == set(parse_qs(urlsplit(STUDY["external_study_url"]).query))


def test_the_key_outlives_a_new_start(emulator: Emulator) -> None:
    keys = Fetcher(emulator.prolific_url).get("/.well-known/study/jwks.json")
    emulator.reset()

    assert Fetcher(emulator.prolific_url).get("/.well-known/study/jwks.json") == keys
