"""The errors that the service answers with."""

from __future__ import annotations

from collections.abc import Iterable

PREFIX = "AWS.MechanicalTurk."
# Spelled as in Amazon's documentation, its SDKs' lists of codes, or answers that users have published.
ASSIGNMENT_DOES_NOT_EXIST = f"{PREFIX}AssignmentDoesNotExist"
HIT_DOES_NOT_EXIST = f"{PREFIX}HITDoesNotExist"
HIT_LAYOUT_DOES_NOT_EXIST = f"{PREFIX}HITLayoutDoesNotExist"
HIT_TYPE_DOES_NOT_EXIST = f"{PREFIX}HITTypeDoesNotExist"
QUALIFICATION_DOES_NOT_EXIST = f"{PREFIX}QualificationDoesNotExist"
QUALIFICATION_REQUEST_DOES_NOT_EXIST = f"{PREFIX}QualificationRequestDoesNotExist"
QUALIFICATION_TYPE_DOES_NOT_EXIST = f"{PREFIX}QualificationTypeDoesNotExist"
QUALIFICATION_TYPE_ALREADY_EXISTS = f"{PREFIX}QualificationTypeAlreadyExists"
HIT_ALREADY_EXISTS = f"{PREFIX}HitAlreadyExists"
DUPLICATE_REQUEST = f"{PREFIX}DuplicateRequest"
INSUFFICIENT_FUNDS = f"{PREFIX}InsufficientFunds"
INVALID_ASSIGNMENT_STATE = f"{PREFIX}InvalidAssignmentState"
INVALID_HIT_STATE = f"{PREFIX}InvalidHITState"
INVALID_MAXIMUM_ASSIGNMENTS_INCREASE = f"{PREFIX}InvalidMaximumAssignmentsIncrease"
INVALID_PARAMETER_VALUE = f"{PREFIX}InvalidParameterValue"
INVALID_QUALIFICATION_STATE = f"{PREFIX}InvalidQualificationState"
INVALID_QUALIFICATION_REQUEST_STATE = f"{PREFIX}InvalidQualificationRequestState"
PERMISSION_DENIED = f"{PREFIX}PermissionDeniedException"
XML_PARSE_ERROR = f"{PREFIX}XMLParseError"


class ServiceError(Exception):
    """An answer that is an error: its type on the wire, HTTP status, message and, for the service's own, its code."""

    def __init__(self, kind: str, message: str, *, code: str | None = None, status: int = 400) -> None:
        super().__init__(message)
        self.kind, self.message, self.code, self.status = kind, message, code, status


class WorkerError(Exception):
    """Why a worker cannot do something, as the worker's site says it."""


def request_error(code: str, message: str) -> ServiceError:
    """Say that the request cannot be done: a RequestError with a code."""
    return ServiceError("RequestError", message, code=code)


def invalid(name: str, rule: str) -> ServiceError:
    """Say that a parameter's value is refused."""
    return request_error(INVALID_PARAMETER_VALUE, f"The value for the parameter {name} is not valid: {rule}")


def unknown_worker(worker_id: str) -> ServiceError:
    """Say that there is no such worker; a type of its own, as users report it from the live service."""
    return ServiceError("ParameterValidationError", f'The value "{worker_id}" is not valid for the parameter WorkerId.')


def wrong_status(code: str, allowed: Iterable[str], current: str | None = None) -> ServiceError:
    """Say in which states an operation can be called, in the live service's words."""
    now = f"This HIT is currently in the state '{current}'.  " if current else ""
    return request_error(code, f"{now}This operation can be called with a status of: {','.join(allowed)}")


def insufficient_funds() -> ServiceError:
    """Say that the account is too empty, in the live service's words."""
    message = (
        "This Requester has insufficient funds in their account to complete this transaction. "
        "Please visit https://requester.mturk.com/prepayments/new to purchase Prepaid HITs."
    )
    return request_error(INSUFFICIENT_FUNDS, message)


def service_fault() -> ServiceError:
    """Say that the service is out of order."""
    message = "Amazon Mechanical Turk is temporarily unable to process your request. Try your call again."
    return ServiceError("ServiceFault", message, code=f"{PREFIX}InternalServiceFault", status=500)


def throttled() -> ServiceError:
    """Say that there were too many calls."""
    return ServiceError("ThrottlingException", "Rate exceeded")
