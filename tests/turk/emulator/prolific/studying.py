"""A researcher's program, the usual study, and people who do it."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from turk.emulator.emulator import Emulator

REVIEW: dict[str, Any] = {"action": "MANUALLY_REVIEW"}
CODE: dict[str, Any] = {"code": "C0FFEE", "code_type": "COMPLETED", "actions": [REVIEW], "actor": "participant"}
STUDY: dict[str, Any] = {
    "name": "Which photo is real?",
    "description": "Look at <b>pairs</b> of photos.",
    "external_study_url": "https://study.example.org/?PROLIFIC_PID={{%PROLIFIC_PID%}}&STUDY_ID={{%STUDY_ID%}}"
    "&SESSION_ID={{%SESSION_ID%}}",
    "prolific_id_option": "url_parameters",
    "completion_codes": [CODE],
    "total_available_places": 3,
    "estimated_completion_time": 9,
    "reward": 150,
}
REASON = "You answered all pairs within two seconds, which nobody can do who looks at the photos as the task asks for."


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer."""

    status: int
    headers: dict[str, str]
    body: Any


@dataclass(frozen=True, slots=True)
class Researcher:
    """A program that speaks the API."""

    origin: str
    token: str = "LOCAL"

    def ask(self, method: str, path: str, body: Any = None, **query: Any) -> Reply:
        """Call the API, and take any answer."""
        address = f"{self.origin}/api/v1{path}" + (f"?{urlencode(query)}" if query else "")
        content = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Authorization": f"Token {self.token}", "Content-Type": "application/json"}
        request = urllib.request.Request(address, content, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return Reply(answer.status, dict(answer.headers), json.loads(answer.read() or b"null"))
        except urllib.error.HTTPError as error:
            with error:
                return Reply(error.code, dict(error.headers), json.loads(error.read()))

    def get(self, path: str, **query: Any) -> Any:
        """Fetch what must be there."""
        return self._good(self.ask("GET", path, **query))

    def post(self, path: str, **body: Any) -> Any:
        """Do what must be possible."""
        return self._good(self.ask("POST", path, body))

    def patch(self, path: str, **body: Any) -> Any:
        """Change what can be changed."""
        return self._good(self.ask("PATCH", path, body))

    def _good(self, reply: Reply) -> Any:
        assert reply.status < 300, reply
        return reply.body

    def refused(self, method: str, path: str, body: Any = None, status: int = 400) -> str:
        """Do what must be refused; gives what the error says."""
        reply = self.ask(method, path, body)
        assert reply.status == status, reply
        error = reply.body["error"]
        assert set(error) == {"status", "error_code", "title", "detail"}
        assert error["status"] == status
        assert isinstance(error["error_code"], int)
        return json.dumps(error["detail"])

    def study(self, *, publish: bool = True, **changes: Any) -> str:
        """Make the usual study, with changes; gives its identifier."""
        study_id = str(self.post("/studies/", **{**STUDY, **changes})["id"])
        if publish:
            self.move(study_id, "PUBLISH")
        return study_id

    def move(self, study_id: str, action: str) -> str:
        """Move a study to another state; gives the state."""
        return str(self.post(f"/studies/{study_id}/transition/", action=action)["status"])

    def approve(self, submission_id: str) -> str:
        """Approve a submission; gives its state."""
        return str(self.post(f"/submissions/{submission_id}/transition/", action="APPROVE")["status"])

    def reject(self, submission_id: str) -> str:
        """Reject a submission; gives its state."""
        body = {"action": "REJECT", "message": REASON, "rejection_category": "TOO_QUICKLY"}
        return str(self.post(f"/submissions/{submission_id}/transition/", **body)["status"])

    def state_of(self, kind: str, key: str) -> str:
        """Tell the state of a study or a submission."""
        return str(self.get(f"/{kind}/{key}/")["status"])

    def money(self) -> tuple[int, int]:
        """Tell the available and the total balance, in cents."""
        [workspace] = self.get("/workspaces/")["results"]
        balance = self.get(f"/workspaces/{workspace['id']}/balance/")
        return balance["available_balance"], balance["total_balance"]

    def workspace_id(self) -> str:
        """Tell the workspace's identifier."""
        return str(self.get("/workspaces/")["results"][0]["id"])


def person(number: int = 1) -> str:
    """A participant's identifier."""
    return f"{number:024x}"


def do_study(emulator: Emulator, study_id: str, number: int = 1, code: str | None = "C0FFEE") -> str:
    """Let a participant take a study and come back with a code; gives the submission's identifier."""
    participant = emulator.participant(person(number))
    part = participant.take(study_id)
    participant.complete(code)
    return part.submission_id


def with_actions(*actions: dict[str, Any], **more: Any) -> Sequence[dict[str, Any]]:
    """Completion codes: the usual one, and ACT with actions."""
    return [CODE, {"code": "ACT", "code_type": "OTHER", "actions": list(actions), **more}]


def hook(prolific: Researcher, url: str, event_type: str = "submission.status.change", *, confirm: bool = True) -> str:
    """Subscribe; gives the subscription's identifier."""
    workspace = prolific.workspace_id()
    if not prolific.get("/hooks/secrets/", workspace_id=workspace)["results"]:
        prolific.post("/hooks/secrets/", workspace_id=workspace)
    body = {"workspace_id": workspace, "event_type": event_type, "target_url": url}
    reply = prolific.ask("POST", "/hooks/subscriptions/", body)
    assert reply.status == 201, reply
    if confirm:
        prolific.post(f"/hooks/subscriptions/{reply.body['id']}/", secret=reply.headers["X-Hook-Secret"])
    return str(reply.body["id"])
