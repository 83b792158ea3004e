"""A worker in Python: everything that the worker's site offers, over HTTP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from turk.emulator.fetching import Fetcher


@dataclass(frozen=True, slots=True)
class Task:
    """An accepted HIT.

    Args:
        assignment_id: The assignment's identifier.
        hit_id: The HIT's identifier.
        worker_id: Who accepted it.
        url: The address in the frame, with the platform's parameters.
        submit_to: turkSubmitTo, the origin to whose /mturk/externalSubmit the page posts.
        reward: Dollars, as text.
    """

    assignment_id: str
    hit_id: str
    worker_id: str
    url: str
    submit_to: str
    reward: str


@dataclass(frozen=True, slots=True)
class WorkerClient:
    """A worker who is logged in.

    Example: let a worker do whatever is on offer, with `finish` as the person in front of the page:

        worker = log_in("http://localhost:8001", "A1WORKER")
        for hit in worker.hits():
            task = worker.accept(hit["hit_id"])
            worker.submit(task, finish(task.url))
    """

    fetcher: Fetcher
    worker_id: str

    def hits(self) -> Sequence[Mapping[str, Any]]:
        """List the HITs on offer; `accept` says what keeps this worker from one, `taken` that it was done."""
        found: Sequence[Mapping[str, Any]] = self.fetcher.get("/hits")["hits"]
        return found

    def preview(self, hit_id: str) -> str:
        """Give the address of a HIT's page before it is accepted."""
        return str(self.fetcher.get(f"/hits/{hit_id}")["url"])

    def accept(self, hit_id: str) -> Task:
        """Accept a HIT."""
        task = self.fetcher.post_form(f"/hits/{hit_id}/accept")["task"]
        return Task(**{name: task[name] for name in Task.__slots__})

    def submit(self, task: Task, fields: Mapping[str, str]) -> None:
        """Post the form that the page in the frame would post."""
        form = [("assignmentId", task.assignment_id), *fields.items()]
        self.fetcher.post_form(f"{task.submit_to}/mturk/externalSubmit", form)

    def give_back(self, task: Task) -> None:
        """Return a HIT."""
        self.fetcher.post_form(f"/work/{task.assignment_id}/return")

    def history(self) -> Sequence[Mapping[str, Any]]:
        """List this worker's assignments with their states, feedback and bonuses."""
        found: Sequence[Mapping[str, Any]] = self.fetcher.get("/work")["records"]
        return found

    def earned(self) -> str:
        """Tell what this worker was paid, in dollars."""
        return str(self.fetcher.get("/work")["earned"])

    def messages(self) -> Sequence[Mapping[str, Any]]:
        """List what requesters wrote to this worker, newest first."""
        found: Sequence[Mapping[str, Any]] = self.fetcher.get("/messages")["messages"]
        return found

    def ask(self, type_id: str, answers: Mapping[str, str] | None = None) -> str:
        """Ask for a qualification; tell what came of it."""
        return str(self.fetcher.post_form(f"/qualifications/{type_id}", list((answers or {}).items()))["text"])


def log_in(site: str, worker_id: str) -> WorkerClient:
    """Log in at a worker's site; a worker ID that is new is let in as a new worker."""
    fetcher = Fetcher(site)
    fetcher.post_form("/login", [("worker_id", worker_id)])
    return WorkerClient(fetcher, worker_id)
