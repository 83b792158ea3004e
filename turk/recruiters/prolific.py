"""Prolific, through its API v1.

What stands here was verified against the bundled server (turk/emulator) alone, never against the live service.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from evalsuite.db import now
from turk.cost import CENT
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
from turk.recruiters.prolific_answers import STATES, task_found, work_found
from turk.recruiters.prolific_api import LATER, Api, Refused, open_api
from turk.recruiters.prolific_offers import draft, fee, group_name, make_codes

EVENT = "submission.status.change"
BONUS_LATENCY = timedelta(minutes=15)
"""Bonuses are paid in the minutes after the order; only then can it be told whether there was one."""
SHORTEST_REASON = 100
PEOPLE_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class ProlificDesk:
    """Prolific's counter."""

    api: Api
    clock: Callable[[], datetime] = now

    def balance(self) -> Decimal | None:
        """Tell what can be spent."""
        found = self.api.get(f"/workspaces/{self._workspace()}/balance/")
        if found["currency_code"] != "USD":
            currency = found["currency_code"]
            raise Blocked(f"Prolific: studies here are paid in USD; the workspace's currency is {currency}.")
        return (Decimal(found["available_balance"]) / 100).quantize(CENT)

    def prepare(self, offer: Offer) -> Mapping[str, Any]:
        """Make the group of those who took part, and the codes with which people come back."""
        workspace, name = self._workspace(), group_name(offer)
        groups = self.api.get("/participant-groups/", workspace_id=workspace, active="true")["results"]
        known = next((group["id"] for group in groups if group["name"] == name), None)
        group = known or self.api.post("/participant-groups/", workspace_id=workspace, name=name)["id"]
        return {"group": group, "codes": make_codes()}

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
        """Look for what the call makes: Prolific knows no request tokens."""
        if isinstance(deed, Launching):
            found = self._found(call.token)
            return Done(found["id"]) if found is not None and found["status"] != "UNPUBLISHED" else None
        if isinstance(deed, Extending):
            return Done() if self._study(deed.task.ref)["total_available_places"] >= deed.places else None
        if isinstance(deed, Approving):
            return Done() if self._state(deed.work.ref) == "approved" else None
        return self._was_paid(deed, call)

    def sync(self, tasks: Sequence[Task], refs: Sequence[str]) -> Listing:
        """List every study and every submission to it, and ask about work that somebody came with."""
        found, works = [], []
        for task in tasks:
            study = self._study(task.ref)
            mine = list(self.api.pages("/submissions/", study=task.ref))
            found.append(task_found(study, mine))
            works += [work_found(study, one) for one in mine]
        listed = {work.ref for work in works}
        asked = [WorkFound(ref, None, None, self._state(ref)) for ref in refs if ref not in listed]
        return Listing(tuple(found), (*works, *asked))

    def reject(self, work: Work, reason: str) -> None:
        """Refuse somebody's work, with a reason as long as Prolific wants it."""
        if len(reason) < SHORTEST_REASON:
            raise NotDone(
                f"--reason: Prolific asks for at least {SHORTEST_REASON} characters; got {len(reason)}. Nothing was "
                "done. Say more of what the person did."
            )
        body = {"action": "REJECT", "message": reason, "rejection_category": "OTHER"}
        self.api.post(f"/submissions/{work.ref}/transition/", **body)

    def message(self, people: Sequence[str], subject: str, text: str) -> None:
        """Write to people about the study that they took part in."""
        waiting = set(people)
        for study in self.api.get("/studies/")["results"]:
            mine = {one["participant_id"] for one in self.api.pages("/submissions/", study=study["id"])} & waiting
            for some in _parts(sorted(mine)):
                self.api.post("/messages/bulk/", ids=some, body=f"{subject}\n\n{text}", study_id=study["id"])
            waiting -= mine
        if waiting:
            raise NotDone(f"Prolific: {len(waiting)} of these people took part in no study of the workspace.")

    def keep_out(self, facts: Mapping[str, Any], people: Sequence[str]) -> None:
        """Put people into the group that sees the study no more."""
        path = f"/participant-groups/{facts['group']}/participants/"
        known = {one["participant_id"] for one in self.api.get(path)["results"]}
        for some in _parts(sorted({*people} - known)):
            self.api.post(path, participant_ids=some)

    def listen(self, target: str) -> str:
        """Have an address told what happens to submissions; return the secret that events are signed with."""
        workspace = self._workspace()
        secrets = self.api.get("/hooks/secrets/", workspace_id=workspace)["results"]
        secret = secrets[0] if secrets else self.api.post("/hooks/secrets/", workspace_id=workspace)
        known = self.api.get("/hooks/subscriptions/", workspace_id=workspace)["results"]
        if not any((one["target_url"], one["event_type"]) == (target, EVENT) for one in known):
            asked = {"workspace_id": workspace, "event_type": EVENT, "target_url": target}
            made, headers = self.api.post_for_headers("/hooks/subscriptions/", **asked)
            self.api.post(f"/hooks/subscriptions/{made['id']}/", secret=headers.get("x-hook-secret", ""))
        return str(secret["value"])

    def pause(self, task: Task) -> None:
        """Let nobody new begin."""
        if self._study(task.ref)["status"] == "ACTIVE":
            self._move(task.ref, "PAUSE")

    def resume(self, task: Task, until: datetime) -> None:
        """Let people begin again; Prolific's studies have no end of their own."""
        if self._study(task.ref)["status"] in ("PAUSED", "AWAITING REVIEW"):
            self._move(task.ref, "START")

    def close(self, task: Task) -> bool:
        """Stop a study, once nobody works on it and all work is decided."""
        study = self._study(task.ref)
        mine = self.api.pages("/submissions/", study=task.ref)
        if any(STATES[one["status"]] in ("active", "submitted") for one in mine):
            return False
        if study["status"] in ("ACTIVE", "PAUSED"):
            self._move(task.ref, "STOP")
        return True

    def _do(self, deed: Deed, call: Call) -> Done:
        if isinstance(deed, Launching):
            return self._launch(deed, call)
        if isinstance(deed, Extending):
            self.api.patch(f"/studies/{deed.task.ref}/", total_available_places=deed.places)
        elif isinstance(deed, Approving):
            self.api.post(f"/submissions/{deed.work.ref}/transition/", action="APPROVE")
        else:
            self._pay(deed, call)
        return Done()

    def _launch(self, deed: Launching, call: Call) -> Done:
        """A draft costs nothing; one that an earlier try left is published instead of a second."""
        found = self._found(call.token)
        ref = found["id"] if found else self.api.post("/studies/", **draft(deed.offer, deed.places, call.token))["id"]
        call.keep({"study": ref})
        self._move(ref, "PUBLISH")
        return Done(ref)

    def _pay(self, deed: Paying, call: Call) -> None:
        """Set a batch up, which costs nothing, and order it: each order pays again."""
        before = self._bonuses(deed.work.ref)
        line = f"{deed.work.ref},{deed.amount_usd}"
        batch = self.api.post("/submissions/bonus-payments/", study_id=deed.work.task, csv_bonuses=line)["id"]
        call.keep({"batch": batch, "before": before, "ordered_at": self.clock().isoformat()})
        try:
            self.api.post(f"/bulk-bonus-payments/{batch}/pay/")
        except NotDone:
            call.keep({"ordered_at": None})
            raise

    def _was_paid(self, deed: Paying, call: Call) -> Done | None:
        ordered_at = call.facts.get("ordered_at")
        if ordered_at is None:
            return None
        cents = int(deed.amount_usd * 100)
        if self._bonuses(deed.work.ref).count(cents) > list(call.facts["before"]).count(cents):
            return Done()
        if self.clock() < datetime.fromisoformat(ordered_at) + BONUS_LATENCY:
            raise Unsure(f"Prolific: a bonus was perhaps ordered, and is seen some minutes after that. {LATER}")
        return None

    def _bonuses(self, ref: str) -> list[int]:
        paid: list[int] = self.api.get(f"/submissions/{ref}/")["bonus_payments"]
        return paid

    def _workspace(self) -> str:
        found = self.api.get("/workspaces/")["results"]
        if not found:
            raise Blocked("Prolific: the token belongs to no workspace. Make one on Prolific's pages.")
        return str(found[0]["id"])

    def _found(self, token: str) -> Mapping[str, Any] | None:
        studies: Iterable[Mapping[str, Any]] = self.api.get("/studies/")["results"]
        return next((study for study in studies if study["internal_name"] == token), None)

    def _study(self, ref: str) -> Mapping[str, Any]:
        study: Mapping[str, Any] = self.api.get(f"/studies/{ref}/")
        return study

    def _move(self, ref: str, action: str) -> None:
        self.api.post(f"/studies/{ref}/transition/", action=action)

    def _state(self, ref: str) -> WorkState:
        try:
            return STATES[self.api.get(f"/submissions/{ref}/")["status"]]
        except Refused as refused:
            if refused.status != 404:
                raise
            return "gone"


def _parts(people: Sequence[str]) -> list[list[str]]:
    return [list(people[start : start + PEOPLE_AT_ONCE]) for start in range(0, len(people), PEOPLE_AT_ONCE)]


def open_desk(where: Where) -> ProlificDesk:
    """Open the counter with the token of the environment.

    Raises:
        Blocked: There is no token, or no server is meant.
    """
    return ProlificDesk(open_api(where))


RECRUITER = Recruiter(
    name="prolific",
    title="Prolific",
    pays=True,
    fee=fee,
    bonus_fee=fee,
    fee_note="about a third of rewards and bonuses; your workspace has the exact fee",
    batch=lambda settings: 0,
    arrival="submission",
    open=open_desk,
)
