"""The errors that Prolific's API answers with, and what the participant's site says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

TITLES = {
    400: "Bad Request",
    401: "Unauthorized",
    404: "Not Found",
    405: "Method Not Allowed",
    429: "Too Many Requests",
    500: "Internal Server Error",
    502: "Bad Gateway",
}
# Assumed: Prolific documents that there is a number, and not which.
ERROR_CODE = 140_000


class ApiError(Exception):
    """An answer that is an error: its status, and one sentence or one list of sentences for each field."""

    def __init__(self, status: int, detail: str | Mapping[str, list[str]]) -> None:
        super().__init__(str(detail))
        self.status, self.detail = status, detail

    def body(self) -> dict[str, Any]:
        """Make the documented envelope."""
        code = ERROR_CODE + self.status
        title = TITLES[self.status]
        return {"error": {"status": self.status, "error_code": code, "title": title, "detail": self.detail}}


class ParticipantError(Exception):
    """Why a participant cannot do something, as the participant's site says it."""


def invalid(**fields: str) -> ApiError:
    """Say that fields are refused, and why."""
    return ApiError(400, {name: [rule] for name, rule in fields.items()})


def refused(sentence: str) -> ApiError:
    """Say that something cannot be done."""
    return ApiError(400, sentence)


def not_found(kind: str, key: str) -> ApiError:
    """Say that there is no such thing."""
    return ApiError(404, f"{kind} {key} does not exist.")


def insufficient_funds() -> ApiError:
    """Say that the workspace is too empty."""
    return refused("Not enough funds: the workspace's available balance does not cover this. Top it up first.")
