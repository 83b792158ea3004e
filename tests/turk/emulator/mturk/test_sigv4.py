"""Signatures, as boto3 makes them and as Amazon's test suite has them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore import UNSIGNED
from botocore.config import Config

from tests.turk.emulator.calling import SESSION, client_of, make_hit, refused
from turk.emulator.emulator import Emulator, Settings
from turk.emulator.mturk.sigv4 import Request, caller, sign

SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
SCOPE = "20150830/us-east-1/service/aws4_request"
HEADERS = {"host": "example.amazonaws.com", "x-amz-date": "20150830T123600Z"}


@pytest.mark.parametrize(
    ("method", "query", "signature"),
    [
        ("GET", "", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        ("POST", "", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
        ("GET", "Param2=value2&Param1=value1", "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"),
    ],
    ids=["get-vanilla", "post-vanilla", "get-vanilla-query-order-key-case"],
)
def test_signatures_are_those_of_amazons_test_suite(method: str, query: str, signature: str) -> None:
    request = Request(method, "/", query, HEADERS, b"")

    assert sign(request, SECRET, SCOPE, ["host", "x-amz-date"]) == signature


@pytest.fixture
def strict() -> Iterator[Emulator]:
    """An emulator that checks signatures."""
    with Emulator(Settings(credentials={"AKIDEXAMPLE": "secret"})) as running:
        yield running


@pytest.mark.slow
def test_a_client_with_the_right_secret_is_let_in(strict: Emulator) -> None:
    client = client_of(strict.endpoint_url)

    assert make_hit(client, Title="Größe ≥ 3 €")["HITStatus"] == "Assignable"


@pytest.mark.slow
def test_a_wrong_secret_is_refused_and_nothing_is_done(strict: Emulator) -> None:
    client = client_of(strict.endpoint_url, aws_access_key_id="AKIDEXAMPLE", aws_secret_access_key="wrong")

    error = refused(client.create_hit_type, AssignmentDurationInSeconds=60, Reward="0.05", Title="T", Description="D")

    assert error["Error"]["Code"] == "InvalidSignatureException"
    assert error["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert not strict.market.hit_types


def test_an_unknown_access_key_is_refused(strict: Emulator) -> None:
    client = client_of(strict.endpoint_url, aws_access_key_id="AKIDNOBODY", aws_secret_access_key="secret")

    assert refused(client.get_account_balance)["Error"]["Code"] == "UnrecognizedClientException"


@pytest.mark.slow
def test_an_unsigned_request_is_refused(strict: Emulator) -> None:
    client = SESSION.client("mturk", endpoint_url=strict.endpoint_url, config=Config(signature_version=UNSIGNED))

    assert refused(client.get_account_balance)["Error"]["Code"] == "MissingAuthenticationTokenException"


def test_a_body_that_was_changed_on_the_way_is_refused() -> None:
    names = ["host", "x-amz-date"]
    signature = sign(Request("POST", "/", "", HEADERS, b'{"Reward": "1"}'), "secret", SCOPE, names)
    header = f"AWS4-HMAC-SHA256 Credential=AKID/{SCOPE}, SignedHeaders={';'.join(names)}, Signature={signature}"
    changed = Request("POST", "/", "", {**HEADERS, "authorization": header}, b'{"Reward": "9"}')

    with pytest.raises(Exception, match="signature we calculated does not match"):
        caller(changed, {"AKID": "secret"})


def test_without_a_check_each_access_key_is_a_requester(mturk: Any, other: Any) -> None:
    make_hit(mturk)

    assert len(mturk.list_hits()["HITs"]) == 1
    assert other.list_hits()["HITs"] == []
    assert other.get_account_balance()["AvailableBalance"] == "10000.00"
