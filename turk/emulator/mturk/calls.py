"""A call of an operation: who asks, and how records are found and listed for that requester."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from turk.emulator.mturk.errors import (
    ASSIGNMENT_DOES_NOT_EXIST,
    DUPLICATE_REQUEST,
    HIT_DOES_NOT_EXIST,
    HIT_TYPE_DOES_NOT_EXIST,
    PERMISSION_DENIED,
    QUALIFICATION_TYPE_DOES_NOT_EXIST,
    invalid,
    request_error,
    unknown_worker,
)
from turk.emulator.mturk.market import Market
from turk.emulator.mturk.records import Assignment, Hit, HitType, QualificationType, Worker

Parameters = Mapping[str, Any]
Answer = dict[str, Any]
# Assumed: the current documentation gives no default; the API before it had pages of 10.
DEFAULT_PAGE = 10
Record = TypeVar("Record")


@dataclass(frozen=True, slots=True)
class Call:
    """A call: the market, the requester's access key, and the id under which the answer can be found in a log."""

    market: Market
    owner: str
    request_id: str
    operation: str

    def hit(self, hit_id: str) -> Hit:
        """Find a HIT of the requester's."""
        hit = self.market.hits.get(hit_id)
        if hit is None:
            raise request_error(HIT_DOES_NOT_EXIST, f"Hit {hit_id} does not exist.")
        self._check_owner(hit.owner)
        return hit

    def hit_type(self, type_id: str) -> HitType:
        """Find a HIT type of the requester's."""
        found = self.market.hit_types.get(type_id)
        if found is None:
            raise request_error(HIT_TYPE_DOES_NOT_EXIST, f"Hit type {type_id} does not exist.")
        self._check_owner(found.owner)
        return found

    def assignment(self, assignment_id: str) -> tuple[Assignment, Hit]:
        """Find an assignment of one of the requester's HITs."""
        assignment = self.market.assignments.get(assignment_id)
        if assignment is None:
            raise request_error(ASSIGNMENT_DOES_NOT_EXIST, f"Assignment {assignment_id} does not exist.")
        return assignment, self.hit(assignment.hit_id)

    def qualification_type(self, type_id: str, *, own: bool = True) -> QualificationType:
        """Find a qualification type that was not deleted."""
        found = self.market.qualification_types.get(type_id)
        if found is None or found.deleted_at:
            raise request_error(QUALIFICATION_TYPE_DOES_NOT_EXIST, f"QualificationType {type_id} does not exist.")
        if own:
            self._check_owner(found.owner)
        return found

    def worker(self, worker_id: str) -> Worker:
        """Find a worker."""
        if worker_id not in self.market.workers:
            raise unknown_worker(worker_id)
        return self.market.workers[worker_id]

    def _check_owner(self, owner: str) -> None:
        if owner != self.owner:
            raise request_error(PERMISSION_DENIED, "You do not have permission to access this resource.")

    def page(
        self, records: Iterable[Record], number: Callable[[Record], int], p: Parameters, *, scope: str = ""
    ) -> tuple[list[Record], Answer]:
        """Cut a page out of a list; the token says where the next one starts, and there is none on the last."""
        after = self._read_token(p.get("NextToken"), scope)
        size = p.get("MaxResults", DEFAULT_PAGE)
        rest = sorted((record for record in records if number(record) > after), key=number)
        found, more = rest[:size], len(rest) > size
        token = {"NextToken": self._write_token(number(found[-1]), scope)} if more else {}
        return found, {"NumResults": len(found), **token}

    def _write_token(self, number: int, scope: str) -> str:
        body = json.dumps([number, self._seal(number, scope)]).encode()
        return base64.urlsafe_b64encode(body).decode().rstrip("=")

    def _read_token(self, token: str | None, scope: str) -> int:
        if token is None:
            return 0
        try:
            number, seal = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        except (ValueError, binascii.Error, TypeError):
            number, seal = 0, ""
        if not isinstance(number, int) or not hmac.compare_digest(str(seal), self._seal(number, scope)):
            raise invalid("NextToken", "it was not returned by this operation for this list.")
        return number

    def _seal(self, number: int, scope: str) -> str:
        text = f"{self.owner}:{self.operation}:{scope}:{number}"
        return hashlib.sha256(text.encode()).hexdigest()[:32]


def refuse_repeated(call: Call, kind: str, p: Parameters) -> None:
    """Refuse to do a call twice; the message has the live service's words and the documented request id."""
    token = p.get("UniqueRequestToken")
    made = call.market.tokens.find(call.owner, kind, token, call.market.now())
    if made:
        message = f'The idempotency token "{token}" has already been processed. Request ID: {made}'
        raise request_error(DUPLICATE_REQUEST, message)
