"""The worker's site, on an origin of its own: every page is also JSON for programs that ask for it."""

from __future__ import annotations

import re
from typing import Any

from flask import Flask, Response, jsonify, redirect, request, session, url_for
from werkzeug.wrappers import Response as AnyResponse

from turk.emulator.mturk import work
from turk.emulator.mturk.errors import WorkerError
from turk.emulator.mturk.lifecycle import catch_up
from turk.emulator.mturk.market import Market
from turk.emulator.mturk.questions import read_question
from turk.emulator.mturk.records import Worker
from turk.emulator.sites import Page, elsewhere, for_people, go, make_site, show

# What an HTMLQuestion brings along runs in an origin of nobody's.
FRAME_POLICY = "sandbox allow-scripts allow-forms allow-popups allow-modals; frame-ancestors 'self'"
WORKER_ID = re.compile("A[A-Z0-9]{1,63}")


def make_worker_site(market: Market) -> Flask:
    """Make the app."""
    app = make_site("emulated_worker")
    for add in (_add_login, _add_hits, _add_assignments, _add_qualifications, _add_submit):
        add(app, market)

    @app.before_request
    def catch() -> None:
        with market.lock:
            catch_up(market)

    @app.errorhandler(WorkerError)
    def explain(error: WorkerError) -> tuple[Response, int]:
        return show("mturk/notice.html", {"error": str(error)}, text=str(error)), 409

    @app.context_processor
    def everywhere() -> dict[str, Any]:
        return {"worker": _find_worker(market), "now": market.now()}

    return app


def _find_worker(market: Market) -> Worker | None:
    return market.workers.get(session.get("worker_id", ""))


def for_workers(market: Market, page: Page) -> Page:
    """Let only logged-in workers in."""
    return for_people(lambda: _find_worker(market), market.lock, page)


def _add_login(app: Flask, market: Market) -> None:
    @app.get("/login")
    def login() -> Response:
        with market.lock:
            return show("mturk/login.html", {"workers": sorted(market.workers)})

    @app.post("/login")
    def log_in() -> Any:
        refusal = elsewhere()
        if refusal:
            return refusal
        worker_id = request.form.get("worker_id", "").strip()
        if not WORKER_ID.fullmatch(worker_id):
            raise WorkerError("A worker ID is A followed by capitals and digits, such as A1RHEARSAL.")
        with market.lock:
            market.worker(worker_id)
        session["worker_id"] = worker_id
        return go(url_for("hits"), {"worker_id": worker_id})

    @app.post("/logout")
    def log_out() -> AnyResponse:
        session.clear()
        return go(url_for("login"), {})

    @app.get("/")
    def home() -> AnyResponse:
        return redirect(url_for("hits"), 303)


def _add_hits(app: Flask, market: Market) -> None:
    def hits(worker: Worker) -> Response:
        found = [work.summary(market, worker, hit) for hit in work.findable(market, worker)]
        return show("mturk/hits.html", {"hits": found})

    def preview(worker: Worker, hit_id: str) -> Response:
        hit = work.find(market, hit_id)
        url = work.preview_url(market, worker, hit, market.options.worker_site)
        return show("mturk/preview.html", {"hit": work.summary(market, worker, hit), "url": url})

    def accept(worker: Worker, hit_id: str) -> AnyResponse:
        assignment = work.take(market, worker, work.find(market, hit_id))
        return go(url_for("task", assignment_id=assignment.id), _task(market, assignment.id))

    def messages(worker: Worker) -> Response:
        return show("mturk/messages.html", {"messages": list(reversed(worker.inbox))})

    app.add_url_rule("/hits", "hits", for_workers(market, hits))
    app.add_url_rule("/hits/<hit_id>", "preview", for_workers(market, preview))
    app.add_url_rule("/hits/<hit_id>/accept", "accept", for_workers(market, accept), methods=["POST"])
    app.add_url_rule("/messages", "messages", for_workers(market, messages))


def _task(market: Market, assignment_id: str) -> dict[str, Any]:
    assignment = market.assignments[assignment_id]
    url = work.work_url(market, assignment, market.options.worker_site)
    height = market.hits[assignment.hit_id].question.height
    submit_to = market.options.worker_site
    task = {**work.record(market, assignment), "worker_id": assignment.worker_id, "height": height}
    return {"task": {**task, "url": url, "submit_to": submit_to}}


def _add_assignments(app: Flask, market: Market) -> None:
    def task(worker: Worker, assignment_id: str) -> Any:
        assignment = work.own(market, worker, assignment_id)
        if assignment.status != "Accepted":
            return show("mturk/done.html", {"task": work.record(market, assignment)})
        return show("mturk/task.html", _task(market, assignment_id))

    def state(worker: Worker, assignment_id: str) -> Response:
        found = market.assignments.get(assignment_id)
        return jsonify({"status": found.status if found and found.worker_id == worker.id else "Gone"})

    def give_back(worker: Worker, assignment_id: str) -> AnyResponse:
        work.send_back(market, worker, assignment_id)
        return go(url_for("hits"), {"returned": assignment_id})

    def history(worker: Worker) -> Response:
        mine = [assignment for assignment in market.assignments.values() if assignment.worker_id == worker.id]
        records = [work.record(market, assignment) for assignment in sorted(mine, key=lambda item: -item.number)]
        return show("mturk/history.html", {"records": records, "earned": f"{worker.earned:.2f}"})

    app.add_url_rule("/work", "history", for_workers(market, history))
    app.add_url_rule("/work/<assignment_id>", "task", for_workers(market, task))
    app.add_url_rule("/work/<assignment_id>/state", "state", for_workers(market, state))
    app.add_url_rule("/work/<assignment_id>/return", "give_back", for_workers(market, give_back), methods=["POST"])


def _add_qualifications(app: Flask, market: Market) -> None:
    def qualifications(worker: Worker) -> Response:
        types = [found for found in market.qualification_types.values() if found.requestable and not found.deleted_at]
        rows = [{"type": found, "own": market.qualifications.get((found.id, worker.id))} for found in types]
        return show("mturk/qualifications.html", {"rows": rows})

    def test(worker: Worker, type_id: str) -> Response:
        found = work.requestable(market, worker, type_id)
        items = read_question(found.test, name="Test").items if found.test else ()
        return show("mturk/test.html", {"type": found, "items": items})

    def ask(worker: Worker, type_id: str) -> Response:
        fields = list(request.form.items(multi=True))
        return show("mturk/notice.html", {"text": work.ask(market, worker, type_id, fields)})

    app.add_url_rule("/qualifications", "qualifications", for_workers(market, qualifications))
    app.add_url_rule("/qualifications/<type_id>", "test", for_workers(market, test))
    app.add_url_rule("/qualifications/<type_id>", "ask", for_workers(market, ask), methods=["POST"])


def _add_submit(app: Flask, market: Market) -> None:
    @app.post("/mturk/externalSubmit")
    def external_submit() -> Response:
        # The page in the frame is another site's and posts with or without our cookie; where it comes, it is checked.
        fields = [*request.args.items(multi=True), *request.form.items(multi=True)]
        with market.lock:
            assignment = work.hand_in(market, _find_worker(market), request.values.get("assignmentId", ""), fields)
            return show("mturk/submitted.html", {"task": work.record(market, assignment)})

    @app.get("/frames/<hit_id>")
    def frame(hit_id: str) -> Response:
        with market.lock:
            question = work.find(market, hit_id).question
        if not question.html:
            return show("mturk/form.html", {"items": question.items, "assignment_id": request.args.get("assignmentId")})
        return Response(question.html, headers={"Content-Security-Policy": FRAME_POLICY})
