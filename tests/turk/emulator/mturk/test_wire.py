"""JSON 1.1 on POST /: shapes, errors, and an answer to each of the service's operations."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.turk.emulator.calling import refused
from turk.emulator.emulator import Emulator
from turk.emulator.mturk.api import OPERATIONS
from turk.emulator.mturk.model import decode, read, service, write

TARGET = "MTurkRequesterServiceV20170117."


def post(emulator: Emulator, target: str, body: bytes) -> tuple[int, dict[str, Any], str]:
    """Post to the API without boto3."""
    request = urllib.request.Request(f"{emulator.endpoint_url}/", body, {"X-Amz-Target": target})
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, json.loads(answer.read()), answer.headers["Content-Type"]
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read()), error.headers["Content-Type"]


@pytest.mark.slow
def test_every_operation_of_the_installed_model_has_a_function() -> None:
    assert set(OPERATIONS) == set(service().operation_names)
    assert len(OPERATIONS) == 39


SMALLEST: dict[str, Any] = {
    "string": "3AAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "integer": 1, "long": 60, "boolean": False,
    "timestamp": datetime(2026, 3, 5, tzinfo=UTC),
}  # fmt: skip


def smallest(shape: Any) -> Any:
    """The smallest value that a shape allows: required members only."""
    if shape.type_name == "structure":
        return {name: smallest(shape.members[name]) for name in shape.required_members}
    if shape.type_name == "list":
        return [smallest(shape.member)]
    if "enum" in shape.metadata:
        return shape.metadata["enum"][0]
    special = {"CustomerId": "A1WORKER", "CurrencyAmount": "0.05"}
    return special.get(shape.name, SMALLEST[shape.type_name])


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_every_operation_answers_with_its_shape_or_a_documented_error(mturk: Any, name: str) -> None:
    model = mturk.meta.service_model.operation_model(name)
    method = {operation: python for python, operation in mturk.meta.method_to_api_mapping.items()}[name]

    answer = answered(getattr(mturk, method), smallest(model.input_shape))

    if "Error" in answer:
        assert answer["Error"]["Code"] in ("RequestError", "ParameterValidationError")
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 400
    else:
        assert set(answer) - {"ResponseMetadata"} <= set(model.output_shape.members)


def answered(function: Callable[..., Any], parameters: dict[str, Any]) -> dict[str, Any]:
    """What came back, errors included."""
    try:
        answer: dict[str, Any] = function(**parameters)
    except ClientError as error:
        answer = error.response
    return answer


def test_answers_have_the_content_type_of_json_1_1(emulator: Emulator) -> None:
    status, body, kind = post(emulator, f"{TARGET}GetAccountBalance", b"{}")

    assert (status, kind) == (200, "application/x-amz-json-1.1")
    assert body == {"AvailableBalance": "10000.00", "OnHoldBalance": "0.00"}


@pytest.mark.parametrize("target", ["", "GetHIT", f"{TARGET}GetNothing", "DynamoDB_20120810.GetItem"])
def test_an_unknown_operation_is_named_as_such(emulator: Emulator, target: str) -> None:
    status, body, _ = post(emulator, target, b"{}")

    assert (status, body["__type"]) == (400, "UnknownOperationException")


@pytest.mark.parametrize(
    "body",
    [b"{", b"[]", b'{"HITId": 7}', b'{"HITId": ["3A"]}', b'{"MaxResults": true}', b'{"MaxResults": "3"}', b"\xff"],
)
def test_a_body_of_the_wrong_types_is_a_serialization_error(emulator: Emulator, body: bytes) -> None:
    status, answer, _ = post(emulator, f"{TARGET}ListAssignmentsForHIT", body)

    assert (status, answer["__type"]) == (400, "SerializationException")


@pytest.mark.parametrize("value", ["soon", {}, 1e300, [3]])
def test_a_time_that_cannot_be_read_is_a_serialization_error(emulator: Emulator, value: Any) -> None:
    body = json.dumps({"HITId": "3A", "ExpireAt": value}).encode()

    assert post(emulator, f"{TARGET}UpdateExpirationForHIT", body)[1]["__type"] == "SerializationException"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "Value null at 'hITId' failed to satisfy constraint: Member must not be null"),
        ({"HITId": None}, "Member must not be null"),
        ({"HITId": "small"}, "Member must satisfy regular expression pattern: ^[A-Z0-9]+$"),
        ({"HITId": "A" * 65}, "Member must have length less than or equal to 64"),
        ({"HITId": "A", "NextToken": ""}, "Member must have length greater than or equal to 1"),
        ({"HITId": "A", "MaxResults": 0}, "Value '0' at 'maxResults' failed to satisfy constraint: Member must have"),
        ({"HITId": "A", "MaxResults": 101}, "Member must have value less than or equal to 100"),
        ({"HITId": "A", "AssignmentStatuses": ["Lost"]}, "at 'assignmentStatuses.1.member' failed to satisfy"),
    ],
)
def test_a_value_outside_its_shape_is_a_validation_error_in_aws_words(
    emulator: Emulator, body: dict[str, Any], said: str
) -> None:
    status, answer, _ = post(emulator, f"{TARGET}ListAssignmentsForHIT", json.dumps(body).encode())

    assert (status, answer["__type"]) == (400, "ValidationException")
    assert said in answer["message"]
    assert answer["message"].startswith("1 validation error detected: ")


def test_unknown_members_are_passed_over(emulator: Emulator) -> None:
    status, _, _ = post(emulator, f"{TARGET}ListHITs", b'{"Whatever": 1}')

    assert status == 200


def test_several_violations_are_counted(emulator: Emulator) -> None:
    _, answer, _ = post(emulator, f"{TARGET}SendBonus", b'{"BonusAmount": "1.234"}')

    assert answer["message"].startswith("4 validation errors detected: ")


def test_request_errors_carry_a_code_and_the_time_in_milliseconds(mturk: Any) -> None:
    error = refused(mturk.get_hit, HITId="3NOSUCHHIT")

    assert error["Error"]["Code"] == "RequestError"
    assert error["TurkErrorCode"] == "AWS.MechanicalTurk.HITDoesNotExist"
    assert error["Message"] == "Hit 3NOSUCHHIT does not exist. (1772452800000 s)"


def test_boto3_knows_the_errors_as_its_own_exceptions(mturk: Any) -> None:
    with pytest.raises(mturk.exceptions.RequestError):
        mturk.get_hit(HITId="3NOSUCHHIT")


def test_an_answer_of_the_wrong_shape_is_a_bug_and_not_sent() -> None:
    shape = service().operation_model("GetAccountBalance").output_shape

    with pytest.raises(ValueError, match="GetAccountBalanceResponse: the answer must have the shape"):
        write({"AvailableBalance": "1.2345"}, shape)
    with pytest.raises(ValueError, match="Unknown parameter"):
        write({"Balance": "1.00"}, shape)


def test_a_bug_is_answered_as_an_internal_failure(
    mturk: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:  # fmt: skip
    monkeypatch.setitem(OPERATIONS, "ListHITs", lambda call, p: {"Nothing": 1})

    error = refused(mturk.list_hits)

    assert error["Error"]["Code"] == "InternalFailure"
    assert error["ResponseMetadata"]["HTTPStatusCode"] == 500
    assert "the answer must have the shape" in caplog.text


def test_times_come_back_as_they_were_sent() -> None:
    shape = service().operation_model("UpdateExpirationForHIT").input_shape

    by_number = decode({"HITId": "3A", "ExpireAt": 1772452800}, shape)
    by_text = read({"HITId": "3A", "ExpireAt": "2026-03-02T12:00:00Z"}, shape)

    assert by_number["ExpireAt"] == by_text["ExpireAt"] == datetime(2026, 3, 2, 12, tzinfo=UTC)
