"""boto3's client, the usual HIT, and what must be refused."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from turk.emulator.emulator import Emulator
from turk.emulator.mturk.questions import SCHEMAS

SESSION = boto3.Session(aws_access_key_id="AKIDEXAMPLE", aws_secret_access_key="secret", region_name="us-east-1")


@cache
def client_of(endpoint_url: str, attempts: int = 1, **credentials: Any) -> Any:
    """A client of boto3's that tries so many times."""
    config = Config(retries={"total_max_attempts": attempts, "mode": "standard"}, read_timeout=20)
    return SESSION.client("mturk", endpoint_url=endpoint_url, config=config, **credentials)


def external(url: str = "https://study.example.org/enter?study=7", height: int | str = 700) -> str:
    """An ExternalQuestion."""
    return (
        f'<ExternalQuestion xmlns="{SCHEMAS}/2006-07-14/ExternalQuestion.xsd">'
        f"<ExternalURL>{url}</ExternalURL><FrameHeight>{height}</FrameHeight></ExternalQuestion>"
    )


HIT: dict[str, Any] = {
    "Title": "Which photo is real?",
    "Description": "Look at pairs of photos.",
    "Keywords": "photos, perception",
    "Reward": "1.40",
    "MaxAssignments": 3,
    "LifetimeInSeconds": 86_400,
    "AssignmentDurationInSeconds": 1_800,
    "AutoApprovalDelayInSeconds": 259_200,
    "Question": external(),
}


def make_hit(client: Any, **changes: Any) -> dict[str, Any]:
    """Create the usual HIT, with changes."""
    values = {name: value for name, value in {**HIT, **changes}.items() if value is not None}
    hit: dict[str, Any] = client.create_hit(**values)["HIT"]
    return hit


def do_hit(emulator: Emulator, hit_id: str, worker_id: str = "A1WORKER", **fields: str) -> str:
    """Let a worker accept and submit a HIT; gives the assignment's id."""
    worker = emulator.worker(worker_id)
    task = worker.accept(hit_id)
    worker.submit(task, fields or {"answer": "left"})
    return task.assignment_id


def refused(function: Callable[..., Any], **parameters: Any) -> dict[str, Any]:
    """Call what must be refused; gives boto3's view of the error."""
    with pytest.raises(ClientError) as caught:
        function(**parameters)
    response: dict[str, Any] = caught.value.response
    return response


def code_of(function: Callable[..., Any], **parameters: Any) -> str:
    """The code of a refusal, without its prefix."""
    error = refused(function, **parameters)
    assert error["Error"]["Code"] == "RequestError", error
    return str(error["TurkErrorCode"]).removeprefix("AWS.MechanicalTurk.")


def balance(client: Any) -> tuple[str, str]:
    """What is available, and what is held."""
    answer = client.get_account_balance()
    return answer["AvailableBalance"], answer["OnHoldBalance"]
