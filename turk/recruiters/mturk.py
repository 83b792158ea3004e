"""Amazon Mechanical Turk through boto3: the Requester API of 2017-01-17.

Amazon's documentation announces that the service closes on 30 September 2026; what stands here was verified against the
bundled server (turk/emulator) alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
    ProfileNotFound,
)

from turk.recruiters.contract import (
    Approving,
    Blocked,
    Call,
    Deed,
    Done,
    Extending,
    Launching,
    Listing,
    NotDone,
    Offer,
    Paying,
    Recruiter,
    Task,
    Unsure,
    Where,
    Work,
    WorkFound,
    WorkState,
)
from turk.recruiters.mturk_answers import ADVICE, LATER, STATES, UNKNOWN, Refused, explain, task_found
from turk.recruiters.mturk_offers import DAY, batch, bonus_fee, code_of, fee, hit_type, qualification, question
from turk.recruiting_terms import term

LIVE = "https://mturk-requester.us-east-1.amazonaws.com"
SANDBOX = "https://mturk-requester-sandbox.us-east-1.amazonaws.com"
PAGE = 100
PAST = datetime(1970, 1, 2, tzinfo=UTC)
PEOPLE_AT_ONCE = 100
EVENTS = (
    "AssignmentAccepted", "AssignmentAbandoned", "AssignmentReturned", "AssignmentSubmitted", "HITExpired",
    "HITReviewable",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class MTurkDesk:
    """MTurk's counter."""

    where: Where
    client: Any

    def balance(self) -> Decimal | None:
        """Tell what can be spent."""
        return Decimal(self._ask("get_account_balance")["AvailableBalance"])

    def prepare(self, offer: Offer) -> Mapping[str, Any]:
        """Make the study's own qualification and its HIT type; equal values are the same again."""
        wanted = qualification(offer)
        own = self._own_qualification(wanted)
        made = self._ask("create_hit_type", **hit_type(offer, self.where, own))
        return {"qualification": own, "hit_type": made["HITTypeId"]}

    def do(self, deed: Deed, call: Call) -> Done:
        """Launch, extend, approve or pay; a refusal after a broken answer may mean that it was done."""
        try:
            return self._do(deed, call)
        except NotDone:
            done = self.happened(deed, call)
            if done is None:
                raise
            return done

    def happened(self, deed: Deed, call: Call) -> Done | None:
        """Look for what the call makes: request tokens are forgotten after a day, and this is not."""
        if isinstance(deed, Launching):
            hits = self._pages("list_hits", "HITs")
            return next((Done(hit["HITId"]) for hit in hits if hit.get("RequesterAnnotation") == call.token), None)
        if isinstance(deed, Extending):
            return Done() if self._hit(deed.task.ref)["MaxAssignments"] >= deed.places else None
        if isinstance(deed, Approving):
            return Done() if self._state(deed.work.ref) == "approved" else None
        bonuses = self._pages("list_bonus_payments", "BonusPayments", AssignmentId=deed.work.ref)
        return next((Done() for bonus in bonuses if bonus["Reason"].endswith(_mark(call))), None)

    def sync(self, tasks: Sequence[Task], refs: Sequence[str]) -> Listing:
        """List every HIT and every assignment on it, and ask about work that somebody came with."""
        hits = [task_found(self._hit(task.ref)) for task in tasks]
        works = [work for task in tasks for work in self._works(task.ref)]
        listed = {work.ref for work in works}
        asked = [self._asked(ref) for ref in refs if ref not in listed]
        return Listing(tuple(hits), (*works, *asked))

    def reject(self, work: Work, reason: str) -> None:
        """Refuse somebody's work."""
        try:
            self._ask("reject_assignment", AssignmentId=work.ref, RequesterFeedback=reason)
        except Refused as refused:
            if refused.code != "InvalidAssignmentState" or self._state(work.ref) != "rejected":
                raise

    def message(self, people: Sequence[str], subject: str, text: str) -> None:
        """Write to workers whose work was decided."""
        # A message has no token: a call that is tried again after a broken answer would be a second message.
        once = MTurkDesk(self.where, _client(replace(self.where, attempts=1)))
        for start in range(0, len(people), PEOPLE_AT_ONCE):
            some = list(people[start : start + PEOPLE_AT_ONCE])
            answer = once._ask("notify_workers", Subject=subject, MessageText=text, WorkerIds=some)
            failed = answer.get("NotifyWorkersFailureStatuses", ())
            if failed:
                reason = failed[0].get("NotifyWorkersFailureMessage", "no reason was given")
                raise Refused("NotifyWorkers", f"MTurk: {len(failed)} people were not written to: {reason}")

    def keep_out(self, facts: Mapping[str, Any], people: Sequence[str]) -> None:
        """Give workers the qualification that nobody may have who begins; they get no e-mail about it."""
        own = facts["qualification"]
        there = self._pages("list_workers_with_qualification_type", "Qualifications", QualificationTypeId=own)
        known = {one["WorkerId"] for one in there}
        for person in sorted({*people} - known):
            values = {"QualificationTypeId": own, "WorkerId": person, "IntegerValue": 1, "SendNotification": False}
            self._ask("associate_qualification_with_worker", **values)

    def listen(self, facts: Mapping[str, Any], topic: str) -> None:
        """Have an SNS topic told what happens to the study's HITs; the same again changes nothing."""
        told = {"Destination": topic, "Transport": "SNS", "Version": "2006-05-05", "EventTypes": list(EVENTS)}
        self._ask("update_notification_settings", HITTypeId=facts["hit_type"], Notification=told, Active=True)

    def pause(self, task: Task) -> None:
        """End a HIT's time."""
        self._ask("update_expiration_for_hit", HITId=task.ref, ExpireAt=PAST)

    def resume(self, task: Task, until: datetime) -> None:
        """Offer a HIT again, or for longer; its time is never cut short by this."""
        if self._hit(task.ref)["Expiration"] < until:
            self._ask("update_expiration_for_hit", HITId=task.ref, ExpireAt=until)

    def close(self, task: Task) -> bool:
        """End a HIT's time and delete it; that waits until nobody works on it and all work is decided."""
        if self._hit(task.ref)["HITStatus"] == "Disposed":
            return True
        self.pause(task)
        try:
            self._ask("delete_hit", HITId=task.ref)
        except Refused as refused:
            if refused.code != "InvalidHITState":
                raise
            return bool(self._hit(task.ref)["HITStatus"] == "Disposed")
        return True

    def _do(self, deed: Deed, call: Call) -> Done:
        if isinstance(deed, Launching):
            return self._launch(deed, call)
        if isinstance(deed, Extending):
            more = deed.places - self._hit(deed.task.ref)["MaxAssignments"]
            values = {"HITId": deed.task.ref, "NumberOfAdditionalAssignments": more}
            if more > 0:
                self._ask("create_additional_assignments_for_hit", **values, UniqueRequestToken=call.token)
        elif isinstance(deed, Approving):
            self._ask("approve_assignment", AssignmentId=deed.work.ref, OverrideRejection=deed.override)
        else:
            self._pay(deed, call)
        return Done()

    def _launch(self, deed: Launching, call: Call) -> Done:
        settings = deed.offer.study.settings
        made = self._ask(
            "create_hit_with_hit_type",
            HITTypeId=deed.offer.facts["hit_type"],
            MaxAssignments=deed.places,
            LifetimeInSeconds=term(settings, "recruiting", "days_on_offer") * DAY,
            Question=question(deed.offer.address),
            RequesterAnnotation=call.token,
            UniqueRequestToken=call.token,
        )
        return Done(made["HIT"]["HITId"])

    def _pay(self, deed: Paying, call: Call) -> None:
        self._ask(
            "send_bonus",
            WorkerId=deed.work.person,
            AssignmentId=deed.work.ref,
            BonusAmount=str(deed.amount_usd),
            Reason=f"{deed.reason} {_mark(call)}",
            UniqueRequestToken=call.token,
        )

    def _own_qualification(self, wanted: Mapping[str, str]) -> str:
        owned = {"Query": wanted["Name"], "MustBeRequestable": False, "MustBeOwnedByCaller": True}
        for known in self._pages("list_qualification_types", "QualificationTypes", **owned):
            if known["Name"] == wanted["Name"]:
                return str(known["QualificationTypeId"])
        made = self._ask("create_qualification_type", **wanted)
        return str(made["QualificationType"]["QualificationTypeId"])

    def _works(self, hit_id: str) -> Iterator[WorkFound]:
        for one in self._pages("list_assignments_for_hit", "Assignments", HITId=hit_id):
            state, code = STATES[one["AssignmentStatus"]], code_of(one.get("Answer"))
            yield WorkFound(one["AssignmentId"], hit_id, one["WorkerId"], state, code, one.get("SubmitTime"))

    def _asked(self, ref: str) -> WorkFound:
        """What became of work that no list of this study has: it is being done, or it is none of this study's."""
        return WorkFound(ref, None, None, "active" if self._state(ref) == "active" else "gone")

    def _state(self, ref: str) -> WorkState:
        try:
            return STATES[self._ask("get_assignment", AssignmentId=ref)["Assignment"]["AssignmentStatus"]]
        except Refused as refused:
            # "This operation can be called with a status of: Reviewable,Approved,Rejected": it is being done.
            if refused.code == "InvalidAssignmentState":
                return "active"
            if refused.code in UNKNOWN:
                return "gone"
            raise

    def _hit(self, hit_id: str) -> Mapping[str, Any]:
        hit: Mapping[str, Any] = self._ask("get_hit", HITId=hit_id)["HIT"]
        return hit

    def _pages(self, operation: str, key: str, **values: Any) -> Iterator[Mapping[str, Any]]:
        token: dict[str, Any] = {}
        while True:
            page = self._ask(operation, **values, **token, MaxResults=PAGE)
            yield from page.get(key, ())
            if not page.get("NextToken"):
                return
            token = {"NextToken": page["NextToken"]}

    def _ask(self, operation: str, **values: Any) -> Mapping[str, Any]:
        try:
            answer: Mapping[str, Any] = getattr(self.client, operation)(**values)
        except ClientError as error:
            explain(operation, error.response)
        except ParamValidationError as error:
            raise Refused("ValidationException", f"MTurk: {operation} cannot be asked for ({error}).") from None
        except (NoCredentialsError, PartialCredentialsError):
            raise Blocked(f"MTurk: AWS credentials are needed, and none are set. {ADVICE}") from None
        except BotoCoreError as error:
            # Their texts name addresses and parameters, never a key.
            raise Unsure(
                f"MTurk: there is no answer from {self.client.meta.endpoint_url} ({_short(error)}). {LATER}"
            ) from None
        return answer


def open_desk(where: Where) -> MTurkDesk:
    """Open the counter with the credentials of the usual AWS chain.

    Raises:
        Blocked: AWS_PROFILE names no profile.
    """
    try:
        return MTurkDesk(where, _client(where))
    except ProfileNotFound:
        raise Blocked(f"MTurk: AWS_PROFILE names a profile that is not there. {ADVICE}") from None


def _client(where: Where) -> Any:
    config = Config(
        retries={"total_max_attempts": where.attempts, "mode": "standard"}, connect_timeout=10, read_timeout=60
    )
    server = where.endpoint or (LIVE if where.live else SANDBOX)
    return boto3.Session().client("mturk", region_name="us-east-1", endpoint_url=server, config=config)


def _mark(call: Call) -> str:
    return f"[{call.token[-12:]}]"


def _short(error: Exception) -> str:
    return type(error).__name__.removesuffix("Error")


RECRUITER = Recruiter(
    name="mturk",
    title="Amazon Mechanical Turk",
    pays=True,
    fee=fee,
    bonus_fee=bonus_fee,
    fee_note="20% of rewards and bonuses, at least a cent; HITs have at most 9 assignments, as 10 cost 20% more",
    batch=batch,
    arrival="assignment",
    open=open_desk,
    own_codes=True,
)
