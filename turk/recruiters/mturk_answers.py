"""What MTurk's answers mean: which state work is in, what a HIT offers, and what a refusal says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

from turk.recruiters.contract import Blocked, NotDone, TaskFound, Unsure, WorkState

ADVICE = "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE."
LATER = "Give the command again later; nothing is done twice."
STRANGERS = frozenset(
    {
        "UnrecognizedClientException", "InvalidSignatureException", "InvalidClientTokenId", "SignatureDoesNotMatch",
        "AccessDeniedException", "AccessDenied", "ExpiredTokenException", "ExpiredToken", "OptInRequired",
        "MissingAuthenticationTokenException", "IncompleteSignatureException", "NotAuthorized",
    }
)  # fmt: skip
"""AWS's codes for credentials that are wrong or allow nothing."""
THROTTLED = frozenset({"ThrottlingException", "Throttling", "RequestLimitExceeded", "TooManyRequestsException"})
UNKNOWN = frozenset(
    {"AssignmentDoesNotExist", "ValidationException", "InvalidParameterValue", "PermissionDeniedException"}
)
"""Codes for an identifier that is none, or none of ours."""
STATES: Mapping[str, WorkState] = {"Submitted": "submitted", "Approved": "approved", "Rejected": "rejected"}


class Refused(NotDone):
    """A refusal with MTurk's code, such as HITDoesNotExist."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


def task_found(hit: Mapping[str, Any]) -> TaskFound:
    """What a HIT offers now."""
    # With places left and nobody to give them to, its time is over.
    offered = hit["HITStatus"] == "Assignable" or not hit["NumberOfAssignmentsAvailable"]
    state: Any = "closed" if hit["HITStatus"] == "Disposed" else "open" if offered else "paused"
    places, pending = hit["MaxAssignments"], hit["NumberOfAssignmentsPending"]
    return TaskFound(hit["HITId"], places, pending, state, hit["Expiration"])


def explain(operation: str, response: Mapping[str, Any]) -> NoReturn:
    """Say what a response with an error means for whoever asked.

    Raises:
        Blocked, Unsure, Refused: As it is.
    """
    kind = str(response.get("Error", {}).get("Code", ""))
    status = int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    code = str(response.get("TurkErrorCode", "")).rpartition(".")[2]
    if kind in STRANGERS:
        raise Blocked(f"MTurk: the AWS credentials are wrong or allow no {operation} ({kind}). {ADVICE}") from None
    if kind in THROTTLED:
        raise Unsure(f"MTurk: there were too many calls. {LATER}") from None
    if status >= 500:
        raise Unsure(f"MTurk: the service is out of order ({status} at {operation}). {LATER}") from None
    if code == "InsufficientFunds":
        raise Blocked("MTurk: the account has too little money for this. Buy prepaid HITs, then try again.") from None
    said = str(response.get("Error", {}).get("Message", "")).split(" (")[0]
    raise Refused(code or kind, f"MTurk: {operation} was refused ({code or kind}): {said}") from None
