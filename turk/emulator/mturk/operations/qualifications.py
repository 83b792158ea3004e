"""Qualifications of workers: granted, revoked, asked for."""

from __future__ import annotations

from typing import Any

from turk.emulator.mturk.calls import Answer, Call, Parameters
from turk.emulator.mturk.errors import (
    INVALID_QUALIFICATION_REQUEST_STATE,
    INVALID_QUALIFICATION_STATE,
    QUALIFICATION_DOES_NOT_EXIST,
    QUALIFICATION_REQUEST_DOES_NOT_EXIST,
    request_error,
    wrong_status,
)
from turk.emulator.mturk.market import Market
from turk.emulator.mturk.records import Message, Qualification, QualificationRequest
from turk.emulator.mturk.views import show_qualification, show_request


def grant(market: Market, type_id: str, worker_id: str, value: int | None) -> None:
    """Give a worker a qualification, or another value of it."""
    market.qualifications[type_id, worker_id] = Qualification(
        type_id, worker_id, market.time.number(), market.now(), value
    )


def associate(call: Call, p: Parameters) -> Answer:
    """Give a worker a qualification unasked; the worker gets an e-mail unless told otherwise."""
    worker, found = call.worker(p["WorkerId"]), call.qualification_type(p["QualificationTypeId"])
    # "You can omit this value"; assumed: it is then 1, as for types that are granted automatically.
    grant(call.market, found.id, worker.id, p.get("IntegerValue", 1))
    if p.get("SendNotification", True):
        text = f"You have been assigned the Qualification {found.name}."
        worker.inbox.append(Message(call.market.now(), call.owner, f"Qualification assigned: {found.name}", text))
    return {}


def disassociate(call: Call, p: Parameters) -> Answer:
    """Take a qualification from a worker."""
    worker, found = call.worker(p["WorkerId"]), call.qualification_type(p["QualificationTypeId"])
    qualification = _granted(call, found.id, worker.id)
    qualification.status, qualification.number = "Revoked", call.market.time.number()
    if p.get("Reason"):
        worker.inbox.append(Message(call.market.now(), call.owner, f"Qualification revoked: {found.name}", p["Reason"]))
    return {}


def _granted(call: Call, type_id: str, worker_id: str) -> Qualification:
    found = call.market.qualifications.get((type_id, worker_id))
    if found is None:
        raise request_error(QUALIFICATION_DOES_NOT_EXIST, "You requested a Qualification that does not exist.")
    if found.status != "Granted":
        raise wrong_status(INVALID_QUALIFICATION_STATE, ("Granted",))
    return found


def get_score(call: Call, p: Parameters) -> Answer:
    """Tell the value of a worker's qualification."""
    found = call.qualification_type(p["QualificationTypeId"])
    call.worker(p["WorkerId"])
    return {"Qualification": show_qualification(_granted(call, found.id, p["WorkerId"]))}


def list_workers(call: Call, p: Parameters) -> Answer:
    """List who has a qualification, or had it."""
    found, status = call.qualification_type(p["QualificationTypeId"]), p.get("Status", "Granted")
    records = [
        item for item in call.market.qualifications.values() if item.type_id == found.id and item.status == status
    ]
    page, answer = call.page(records, lambda item: item.number, p, scope=f"{found.id}:{status}")
    return {**answer, "Qualifications": [show_qualification(item) for item in page]}


def list_requests(call: Call, p: Parameters) -> Answer:
    """List what workers ask for and nobody has decided."""
    wanted = p.get("QualificationTypeId")
    if wanted:
        call.qualification_type(wanted)
    types = call.market.qualification_types
    records = [
        request
        for request in call.market.requests.values()
        if request.status == "Pending"
        and types[request.type_id].owner == call.owner
        and wanted in (None, request.type_id)
    ]
    page, answer = call.page(records, lambda item: item.number, p, scope=str(wanted))
    return {**answer, "QualificationRequests": [show_request(item) for item in page]}


def accept_request(call: Call, p: Parameters) -> Answer:
    """Grant what a worker asks for."""
    request = _pending(call, p["QualificationRequestId"])
    request.status = "Granted"
    grant(call.market, request.type_id, request.worker_id, p.get("IntegerValue", 1))
    return {}


def reject_request(call: Call, p: Parameters) -> Answer:
    """Refuse what a worker asks for."""
    request = _pending(call, p["QualificationRequestId"])
    request.status = "Rejected"
    name = call.market.qualification_types[request.type_id].name
    text = p.get("Reason", "No reason was given.")
    worker = call.market.worker(request.worker_id)
    worker.inbox.append(Message(call.market.now(), call.owner, f"Qualification request rejected: {name}", text))
    return {}


def _pending(call: Call, request_id: str) -> QualificationRequest:
    request = call.market.requests.get(request_id)
    if request is None:
        message = f"QualificationRequest {request_id} does not exist."
        raise request_error(QUALIFICATION_REQUEST_DOES_NOT_EXIST, message)
    call.qualification_type(request.type_id)
    if request.status != "Pending":
        raise wrong_status(INVALID_QUALIFICATION_REQUEST_STATE, ("Pending",))
    return request


OPERATIONS: dict[str, Any] = {
    "AssociateQualificationWithWorker": associate,
    "DisassociateQualificationFromWorker": disassociate,
    "GetQualificationScore": get_score,
    "ListWorkersWithQualificationType": list_workers,
    "ListQualificationRequests": list_requests,
    "AcceptQualificationRequest": accept_request,
    "RejectQualificationRequest": reject_request,
}
