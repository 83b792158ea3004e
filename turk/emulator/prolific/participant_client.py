"""A participant in Python: everything that the participant's site offers, over HTTP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from turk.emulator.fetching import Fetcher


@dataclass(frozen=True, slots=True)
class Participation:
    """A submission under way.

    Args:
        submission_id: The submission, SESSION_ID in the study's address.
        study_id: The study.
        participant_id: Who takes part.
        url: The study's address, with its parameters and, if the study is signed, a fresh token.
        complete_url: Where the study sends the participant back, less the code.
        reward: The reward, as text.
    """

    submission_id: str
    study_id: str
    participant_id: str
    url: str
    complete_url: str
    reward: str


@dataclass(frozen=True, slots=True)
class ParticipantClient:
    """A participant who is logged in.

    Example: let a participant do whatever is on offer, with `finish` as the person in front of the page:

        participant = log_in("http://localhost:8002", "5e9b9c9b0f9c9a0001b0b1f4")
        for study in participant.studies():
            part = participant.take(study["study_id"])
            participant.complete(finish(part.url))
    """

    fetcher: Fetcher
    participant_id: str

    def studies(self) -> Sequence[Mapping[str, Any]]:
        """List the studies on offer."""
        found: Sequence[Mapping[str, Any]] = self.fetcher.get("/studies")["studies"]
        return found

    def reserve(self, study_id: str) -> str:
        """Reserve a place; gives the submission's identifier."""
        return str(self.fetcher.post_form(f"/studies/{study_id}/reserve")["submission"]["submission_id"])

    def open(self, submission_id: str) -> Participation:
        """Begin the work, or open the study again."""
        answer = self.fetcher.get(f"/submissions/{submission_id}/open")
        about = {name: answer["submission"][name] for name in ("study_id", "participant_id", "reward")}
        back = f"{self.fetcher.origin}/submissions/complete"
        return Participation(submission_id=submission_id, url=answer["url"], complete_url=back, **about)

    def take(self, study_id: str) -> Participation:
        """Reserve a place and begin."""
        return self.open(self.reserve(study_id))

    def complete(self, code: str | None) -> str:
        """Come back with a code, or without one; gives the submission's state."""
        query = f"?cc={quote(code)}" if code else ""
        return str(self.fetcher.get(f"/submissions/complete{query}")["submission"]["status"])

    def give_back(self, submission_id: str) -> None:
        """Return a submission."""
        self.fetcher.post_form(f"/submissions/{submission_id}/return")

    def history(self) -> Sequence[Mapping[str, Any]]:
        """List this participant's submissions with their states, feedback and bonuses, newest first."""
        found: Sequence[Mapping[str, Any]] = self.fetcher.get("/submissions")["submissions"]
        return found

    def earned(self) -> str:
        """Tell what this participant was paid."""
        return str(self.fetcher.get("/submissions")["earned"])

    def messages(self) -> Sequence[Mapping[str, Any]]:
        """List what researchers wrote to this participant, newest first."""
        found: Sequence[Mapping[str, Any]] = self.fetcher.get("/messages")["messages"]
        return found


def log_in(site: str, participant_id: str) -> ParticipantClient:
    """Log in at a participant's site; a participant ID that is new is let in as a new participant."""
    fetcher = Fetcher(site)
    fetcher.post_form("/login", [("participant_id", participant_id)])
    return ParticipantClient(fetcher, participant_id)
