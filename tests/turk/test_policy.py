"""The IAM policy."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from botocore.loaders import Loader
from click.testing import CliRunner

from evalsuite.errors import UserError
from turk.commands.policy import command
from turk.policy import MTURK_OPERATIONS, S3_ACTIONS, policy

FLOOR = Path(__file__).resolve().parents[2] / "turk"


def called(source: str, service: str) -> set[str]:
    """The operations of a service that a source names as boto3 calls them, by AWS's own names."""
    operations = Loader().load_service_model(service, "service-2")["operations"]
    return {name for name in operations if re.search(rf"\b{snake(name)}\b", source)}


def snake(name: str) -> str:
    """The name of an operation in boto3: ListHITs is list_hits."""
    apart = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name.replace("HITs", "Hits"))
    return re.sub(r"([A-Z])([A-Z][a-z])", r"\1_\2", apart).lower()


def test_it_allows_exactly_what_the_adapter_calls() -> None:
    assert called((FLOOR / "recruiters" / "mturk.py").read_text(), "mturk") == set(MTURK_OPERATIONS)


def test_it_allows_exactly_what_hosting_needs() -> None:
    used = called((FLOOR / "hosting.py").read_text(), "s3") | {"GetObject"}

    # IAM has the actions of single objects alone: copying reads one and puts one, deleting many deletes each.
    assert used == {*S3_ACTIONS, "CopyObject", "DeleteObjects"} - {"DeleteObject"}


def test_a_bucket_is_opened_below_the_prefix_alone() -> None:
    done = CliRunner().invoke(command, ["--on", "s3://my-bucket/street"])

    [recruit, host] = json.loads(done.output)["Statement"]
    assert recruit["Resource"] == "*"
    assert all(action.startswith("mechanicalturk:") for action in recruit["Action"])
    assert host["Resource"] == "arn:aws:s3:::my-bucket/street/*"
    assert host["Action"] == ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"]


def test_without_a_bucket_there_is_nothing_of_s3() -> None:
    assert json.loads(CliRunner().invoke(command).output) == policy()
    assert "s3" not in json.dumps(policy())


def test_what_is_no_bucket_is_refused() -> None:
    with pytest.raises(UserError, match="s3://BUCKET/PREFIX; got 'https://bucket'"):
        CliRunner().invoke(command, ["--on", "https://bucket"], catch_exceptions=False)
