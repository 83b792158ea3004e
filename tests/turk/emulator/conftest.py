"""An emulator, and boto3's clients for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.turk.emulator.calling import client_of
from tests.turk.emulator.receiving import Receiver, receiving
from turk.emulator.emulator import Emulator
from turk.emulator.testing import emulator, running_emulator

__all__ = ["emulator", "running_emulator"]


@pytest.fixture
def mturk(emulator: Emulator) -> Any:
    """boto3's client for the emulator."""
    return client_of(emulator.endpoint_url)


@pytest.fixture
def other(emulator: Emulator) -> Any:
    """The client of another requester."""
    return client_of(emulator.endpoint_url, aws_access_key_id="AKIDOTHER", aws_secret_access_key="secret")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A subscriber that is content with everything."""
    with receiving() as found:
        yield found
