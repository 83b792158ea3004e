"""The emulated MTurk without a network: boto3's requests go straight to the server's application."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config

from turk.emulator.emulator import Emulator
from turk.recruiters.contract import Where
from turk.recruiters.mturk import MTurkDesk

NOWHERE = "http://127.0.0.1:9"


@dataclass(frozen=True)
class Body:
    """A response's bytes, as urllib3 gives them."""

    data: bytes

    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        yield self.data


def in_process_desk(emulator: Emulator, attempts: int = 1) -> MTurkDesk:
    """A desk whose calls are answered in this process; every call is tried so many times."""
    session = boto3.Session(aws_access_key_id="AKIDEXAMPLE", aws_secret_access_key="secret", region_name="us-east-1")
    config = Config(retries={"total_max_attempts": attempts, "mode": "standard"})
    client = session.client("mturk", endpoint_url=NOWHERE, config=config)
    app = emulator.mturk.api.app.test_client()

    def send(request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        headers = {
            name: value.decode() if isinstance(value, bytes) else value for name, value in request.headers.items()
        }
        headers.pop("Content-Length", None)
        answer = app.post("/", data=request.body, headers=headers)
        return AWSResponse(NOWHERE, answer.status_code, dict(answer.headers), Body(answer.data))

    client.meta.events.register("before-send.mturk", send)
    return MTurkDesk(Where(endpoint=NOWHERE, attempts=attempts), client)
