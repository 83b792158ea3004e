"""Random schedules: workers, our commands, crashes and faults in any order; and the laws that hold all the same."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

from flask.testing import FlaskClient
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import Engine, select

from evalsuite.db import make_engine, session_scope, upgrade
from evalsuite.errors import UserError
from tests.turk.recruiters.crashing import CRASHES, Crash, CrashingDesk
from tests.turk.recruiters.in_process import in_process_desk
from tests.turk.recruiters.post import FATES, TOPIC, Post
from tests.turk.recruiters.trade import SITE, make_trade
from tests.turk.studies_made import SECRET, make_store
from tests.turk.walking import Walk, come
from turk import sessions
from turk.billing import check_bill
from turk.books import Books, open_books
from turk.caps import used
from turk.emulator.emulator import Emulator, Settings
from turk.emulator.faults import Rule
from turk.emulator.testing import START
from turk.hearing_tables import HintRow, LetterRow
from turk.hiring import Wish, draw_up, extend, hire
from turk.paying_tables import LedgerRow, RecruitmentRow, TaskRow, WorkRow
from turk.payroll import decide, due, pay
from turk.public_keys import open_letters
from turk.recruiters.contract import Recruiter, Where
from turk.recruiters.registry import recruiter
from turk.refusals import Refused
from turk.stopping import lift, stop, take_down
from turk.syncing import sync
from turk.tables import PlaceRow, SessionRow, StudyRow
from turk.visits import LIVE

WORKERS = tuple(f"A{number}" for number in range(6))
PLACES = 4
KINDS = ("throttle", "error_before", "error_after", "reuse_assignment", "submit_twice", "return_after_finishing",
         "lose_event", "double_event", "silence_expired")  # fmt: skip
RATES = (0.0, 0.0, 0.05, 0.2)
CAP_USD = Decimal("14.00")
PLACES_NOW = select(PlaceRow.id, PlaceRow.state)
HOLDERS_NOW = select(SessionRow.place_id).where(
    SessionRow.state.in_((*LIVE, "finished")), SessionRow.released_at.is_(None)
)
WHERE = Where(endpoint="http://127.0.0.1:9", attempts=1)


@dataclass
class Tally:
    """What happened in all schedules together."""

    schedules: int = 0
    commands: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    heard: int = 0
    spent_usd: Decimal = Decimal(0)
    paid: int = 0
    bonuses: int = 0
    looked_up: int = 0
    most_of_cap: Decimal = Decimal(0)


@cache
def emulated() -> Emulator:
    """An emulator whose applications are called without a network, but for the certificate of its notifications."""
    made = Emulator(Settings(balance=Decimal("100.00"), start=START, frozen=True))
    made.mturk.api.start()
    atexit.register(made.mturk.api.stop)
    return made


@cache
def desk() -> Any:
    """A desk there, opened once."""
    return in_process_desk(emulated())


@cache
def post() -> Post:
    """The post between it and our site."""
    return Post(emulated())


@cache
def template() -> Path:
    """A database with a built and audited study of four places, to copy from."""
    folder = Path(tempfile.mkdtemp(prefix="schedules-", dir="/dev/shm" if Path("/dev/shm").is_dir() else None))
    made = make_engine(f"sqlite:///{folder / 'template.db'}")
    upgrade(made)
    settings = {"caps": {"usd": str(CAP_USD), "people": 6}, "mturk": {"one_per_place": False}}
    make_trade(made, emulated(), folder / "street", participants_per_condition=PLACES, settings=settings)
    made.dispose()
    return folder


@cache
def engine() -> Engine:
    """One engine for all schedules, which remembers how statements are made."""
    return make_engine(f"sqlite:///{template() / 'schedule.db'}")


def fresh() -> Engine:
    """The database as it was before the launch."""
    engine().dispose()
    for end in ("", "-wal", "-shm"):
        (template() / f"schedule.db{end}").unlink(missing_ok=True)
    shutil.copy(template() / "template.db", template() / "schedule.db")
    return engine()


class Schedule(RuleBasedStateMachine):
    """Six workers, one researcher and a power failure now and then, at a market where much goes wrong."""

    tally: ClassVar[Tally] = Tally()
    moved: Any = None

    @initialize(
        rates=st.lists(st.sampled_from(RATES), min_size=len(KINDS), max_size=len(KINDS)),
        seed=st.integers(0, 9999),
        crash=st.sampled_from([None, None, None, *CRASHES]),
        early=st.integers(0, 3),
    )
    def start(self, rates: list[float], seed: int, crash: str | None, early: int) -> None:
        """Start with faults, and launch; some people come at once."""
        self.emulator = emulated()
        self.emulator.reset()
        post().open()
        rules = [Rule(kind, rate=rate) for kind, rate in zip(KINDS, rates, strict=True) if rate]
        self.engine = fresh()
        self.clock = self.emulator.controls.clock.now
        site = self.emulator.worker_site_url
        self.store = make_store(self.engine, clock=self.clock, submit_origins=(site,))
        self.sites: dict[str, FlaskClient] = {}
        self.walks: dict[str, tuple[str, Walk]] = {}
        self.codes: dict[tuple[str, str], str] = {}
        self.go_wrong(rules, seed)
        self.launch(crash)
        self.go_wrong([], 0)
        if not self.rows(RecruitmentRow):
            self.launch(None)
        self.ask_to_be_told()
        self.go_wrong(rules, seed + 1)
        for worker in WORKERS[:early]:
            self.do_all(worker, 9)

    def ask_to_be_told(self) -> None:
        """Have MTurk tell what happens to the study's HITs, once there is what a launch prepares."""
        for row in self.rows(RecruitmentRow):
            with suppress(UserError):
                if "hit_type" in row.facts:
                    desk().listen(row.facts, TOPIC)

    def go_wrong(self, rules: list[Rule], seed: int) -> None:
        """Have other things go wrong from now on, and count what did."""
        for fault in self.emulator.controls.faults.happened:
            self.tally.faults[fault.rule.kind] += 1
        self.emulator.controls.faults.replace(rules, seed)

    def site(self, worker: str) -> FlaskClient:
        """The worker's site, where this worker is logged in."""
        if worker not in self.sites:
            self.sites[worker] = self.emulator.mturk.site.app.test_client()
            self.sites[worker].post("/login", data={"worker_id": worker})
        return self.sites[worker]

    def teardown(self) -> None:
        """Let the faults end, and everything be settled."""
        if not hasattr(self, "engine"):
            return
        self.go_wrong([], 0)
        self.settle()
        self.check_end()
        self.tally.schedules += 1

    # Workers

    @rule(worker=st.sampled_from(WORKERS), index=st.integers(0, 1))
    def accept_and_come(self, worker: str, index: int) -> None:
        """Accept a HIT, and open the study in its frame."""
        hits = [hit.id for hit in self.emulator.market.hits.values()]
        if hits:
            self.site(worker).post(f"/hits/{hits[index % len(hits)]}/accept")
        for item in self.mine(worker):
            self.come(worker, item.id, item.hit_id)

    @rule(worker=st.sampled_from(WORKERS), other=st.sampled_from(WORKERS))
    def forge(self, worker: str, other: str) -> None:
        """Come with an identifier that nobody gave out, or with somebody else's."""
        taken = self.mine(other)
        self.come(worker, taken[0].id if taken and worker != other else "3FORGED", "3HIT")

    def come(self, worker: str, assignment: str, hit: str) -> None:
        """Open the study's page."""
        query = {"assignmentId": assignment, "hitId": hit, "workerId": worker}
        query["turkSubmitTo"] = self.emulator.worker_site_url
        try:
            self.walks[worker] = (assignment, come(self.store, "street", **query))
        except Refused:
            return

    @rule(worker=st.sampled_from(WORKERS), minutes=st.sampled_from([2, 9, 25]))
    def take_part(self, worker: str, minutes: int) -> None:
        """Take the study to its end, as far as the site lets one."""
        if worker not in self.walks:
            return
        assignment, walk = self.walks[worker]
        try:
            walk.step = sessions.resume(walk.store, walk.ticket)
            if walk.step.name == "device":
                walk.to_trials()
            while walk.step.name == "trial":
                self.pass_time(minutes / 60)
                walk.answer()
            walk.step = sessions.finish(walk.store, walk.ticket)
        except Refused:
            return
        if walk.step.name == "finished":
            self.codes[worker, assignment] = walk.step.facts["departure"]["fields"]["code"]

    @rule(worker=st.sampled_from(WORKERS), honest=st.booleans())
    def hand_in(self, worker: str, honest: bool) -> None:
        """Submit what was accepted, with the code of the study or with another."""
        for item in self.mine(worker):
            code = self.codes.get((worker, item.id)) if honest else "GUESSED"
            if code is not None:
                self.site(worker).post("/mturk/externalSubmit", data={"assignmentId": item.id, "code": code})

    @rule(worker=st.sampled_from(WORKERS), minutes=st.sampled_from([9, 25]))
    def do_all(self, worker: str, minutes: int) -> None:
        """Accept, take part, and hand in."""
        self.accept_and_come(worker, 0)
        self.take_part(worker, minutes)
        self.hand_in(worker, True)

    @rule(workers=st.permutations(WORKERS))
    def do_all_together(self, workers: list[str]) -> None:
        """Several workers in one afternoon."""
        for worker in workers[:3]:
            self.do_all(worker, 9)

    @rule(worker=st.sampled_from(WORKERS))
    def give_back(self, worker: str) -> None:
        """Return what was accepted."""
        for item in self.mine(worker):
            self.site(worker).post(f"/work/{item.id}/return")

    @rule(hours=st.sampled_from([0.5, 2, 26, 200]))
    def wait(self, hours: float) -> None:
        """Let time pass: deadlines, request tokens that are forgotten, approvals by MTurk itself."""
        self.pass_time(hours)

    # The post

    @rule(
        fates=st.lists(st.sampled_from(FATES), min_size=1, max_size=5),
        order=st.integers(0, 3),
        webhooks=st.integers(0, 2),
        crash=st.sampled_from([None, None, *CRASHES]),
    )
    def hear(self, fates: list[str], order: int, webhooks: int, crash: str | None) -> None:
        """Bring what the recruiters told; nothing hangs on it but that we look sooner."""
        for _ in range(webhooks):
            post().post_webhook()
        before, heard = self.standing(), self.heard()
        post().bring(self.engine, fates, order)
        assert self.standing() == before
        if self.heard() != heard:
            self.tally.heard += 1
            self.sync(crash, 1)

    def standing(self) -> list[Any]:
        """All that money and places hang on."""
        tables = (PlaceRow, SessionRow, RecruitmentRow, TaskRow, WorkRow, LedgerRow)
        with self.engine.connect() as link:
            return [link.exec_driver_sql(f"SELECT * FROM {table.__tablename__}").all() for table in tables]

    def heard(self) -> tuple[int, int]:
        """What turk sync --every looks at while it waits."""
        with self.engine.connect() as link:
            counts = (f"SELECT coalesce(max(id), 0) FROM {table.__tablename__}" for table in (HintRow, LetterRow))
            hints, letters = (int(link.exec_driver_sql(count).scalar_one()) for count in counts)
        return hints, letters

    # The researcher

    @rule(crash=st.sampled_from([None, None, *CRASHES]), number=st.integers(1, 4))
    def sync(self, crash: str | None, number: int) -> None:
        """Sync."""
        self.command("sync", syncing, crash, number)

    @rule(crash=st.sampled_from([None, None, *CRASHES]), number=st.integers(1, 4))
    def pay(self, crash: str | None, number: int) -> None:
        """Pay."""
        self.command("pay", paying, crash, number)

    @rule()
    def pay_in_peace(self) -> None:
        """Pay, and nobody pulls the plug."""
        self.command("pay", paying, None, 1)

    @rule(crash=st.sampled_from([None, None, *CRASHES]))
    def extend(self, crash: str | None) -> None:
        """Ask for who is missing."""
        self.command("extend", extend, crash, 1)

    @rule(verdict=st.sampled_from(["approve", "reject"]), index=st.integers(0, 3))
    def decide(self, verdict: str, index: int) -> None:
        """Decide about somebody."""
        rows = [row.ref for row in self.rows(WorkRow)]
        if rows:
            self.command("decide", lambda books: decide(books, rows[index % len(rows)], verdict, "Because."), None, 1)

    @rule(lifted=st.booleans(), really=st.integers(0, 3))
    def stop(self, lifted: bool, really: int) -> None:
        """Stop all spending now and then, and perhaps lift that at once."""
        if really:
            return
        self.tally.commands["stop"] += 1
        stop(self.engine, "street", "a pause", self.clock)
        if lifted and self.rows(RecruitmentRow):
            lift(self.engine, "street", "go on", self.clock)
        else:
            self.command("take down", take_down, None, 1)

    @rule(crash=st.sampled_from([None, *CRASHES]))
    def launch(self, crash: str | None) -> None:
        """Launch, or go on after a stop."""
        self.tally.commands["launch"] += 1
        wish = Wish("street", SITE, WHERE)
        try:
            bill = draw_up(self.engine, wish, self.recruiter)
            check_bill(bill)
            hire(self.engine, wish, bill, SECRET, self.crashing(crash, 1), self.clock)
        except Crash:
            self.tally.faults["crash"] += 1
        except UserError:
            self.tally.commands["launch, refused"] += 1
        self.ask_to_be_told()

    # Laws

    @invariant()
    def no_place_is_lost_or_doubled(self) -> None:
        """Every place that is taken or done is one session's, and free ones are nobody's."""
        if not hasattr(self, "engine"):
            return
        with self.engine.connect() as link:
            places = {key: state for key, state in link.execute(PLACES_NOW)}
            holders = Counter(link.execute(HOLDERS_NOW).scalars())
        assert len(places) in (0, PLACES)
        assert holders == Counter(key for key, state in places.items() if state != "free")

    @invariant()
    def nobody_is_paid_twice(self) -> None:
        """Each assignment has one reward at most, and each row of the ledger one bonus at most."""
        if not hasattr(self, "engine"):
            return
        lines = self.emulator.market.ledger.entries
        assert max(Counter(line.work_id for line in lines if line.kind == "reward").values(), default=0) <= 1
        marks = Counter(bonus.reason.rpartition("[")[2] for bonus in self.emulator.market.bonuses)
        assert max(marks.values(), default=0) <= 1

    @invariant()
    def spending_stays_below_the_cap(self) -> None:
        """What the server spent and holds is within our cap, and within what our books know of."""
        account = self.account() if hasattr(self, "engine") else None
        moved = (self.tally.commands.total(), len(self.emulator.market.ledger.entries)) if account else None
        if account is None or moved == self.moved:
            return
        self.moved = moved
        assert account.spent + account.held <= CAP_USD
        assert account.spent <= self.used().usd
        self.tally.most_of_cap = max(self.tally.most_of_cap, account.spent + account.held)

    def check_end(self) -> None:
        """Everything is settled: our ledger is the server's to the cent, and whoever is owed was paid once."""
        self.no_place_is_lost_or_doubled()
        self.nobody_is_paid_twice()
        self.spending_stays_below_the_cap()
        assert sorted(row.event for row in self.rows(HintRow)) == sorted(post().genuine)
        account, rows = self.account(), self.rows(LedgerRow)
        if account is None:
            return
        found = self.used()
        assert found.spent_usd == account.spent
        assert found.promised_usd == account.held
        assert {row.state for row in rows} <= {"settled", "failed"}
        works = {row.id: row for row in self.rows(WorkRow)}
        finished = {row.id for row in self.rows(SessionRow) if row.state == "finished"}
        server = self.emulator.market.assignments
        for work in works.values():
            assert (server[work.ref].status.lower() if work.state != "gone" else "gone") == work.state
            assert work.session_id is None or work.state in ("approved", "rejected")
        codes = {item.id: self.codes.get((item.worker_id, item.id)) for item in server.values()}
        owed = [item for item in server.values() if item.answer and (codes[item.id] or "none given") in item.answer]
        for item in owed:
            # Who finished, handed in the code, and was not rejected by a person, has been paid.
            assert item.status in ("Approved", "Rejected"), (item, finished)
        self.count_end(rows, account.spent)

    # Ways and means

    def settle(self) -> None:
        """Sync and pay until nothing changes."""
        if not self.rows(RecruitmentRow):
            return
        if self.rows(RecruitmentRow)[0].stopped_at is not None:
            lift(self.engine, "street", "at the end", self.clock)
        with open_books(self.engine, "street", SECRET, self.recruiter, self.clock) as books:
            open_letters(self.engine, (emulated().endpoint_url,))
            paying(books)
            paying(books)

    def command(self, name: str, work: Callable[[Books], Any], crash: str | None, number: int) -> None:
        """Run one of our commands; it may be killed, or refuse."""
        self.tally.commands[name] += 1
        try:
            with open_books(self.engine, "street", SECRET, self.crashing(crash, number), self.clock) as books:
                work(books)
        except Crash:
            self.tally.faults["crash"] += 1
        except UserError:
            self.tally.commands[f"{name}, refused"] += 1

    def recruiter(self, name: str) -> Recruiter:
        """MTurk, in this process."""
        return replace(recruiter(name), open=lambda where: desk())

    def crashing(self, crash: str | None, number: int) -> Callable[[str], Recruiter]:
        """MTurk, where our own command is killed at its so-many-th call."""
        if crash is None:
            return self.recruiter
        return lambda name: replace(self.recruiter(name), open=lambda where: CrashingDesk(desk(), crash, number))

    def mine(self, worker: str) -> list[Any]:
        """What a worker has accepted and not submitted."""
        items = self.emulator.market.assignments.values()
        return [item for item in items if item.worker_id == worker and item.status == "Accepted"]

    def pass_time(self, hours: float) -> None:
        """Put the clock forward."""
        self.emulator.controls.clock.advance(3600 * hours)
        self.emulator.controls.catch_up()

    def account(self) -> Any:
        """The requester's account."""
        return next(iter(self.emulator.market.accounts.values()), None)

    def used(self) -> Any:
        """What our books say."""
        with session_scope(self.engine, read_only=True) as db:
            return used(db, db.scalars(select(StudyRow.id)).one())

    def rows(self, table: Any, *columns: Any) -> list[Any]:
        """All rows of a table, or only some columns."""
        if columns:
            with session_scope(self.engine, read_only=True) as db:
                return list(db.execute(select(*columns)))
        with session_scope(self.engine, read_only=True) as db:
            db.expire_on_commit = False
            return list(db.scalars(select(table)))

    def count_end(self, rows: list[LedgerRow], spent_usd: Decimal) -> None:
        """Count what a schedule paid."""
        self.tally.spent_usd += spent_usd
        settled = Counter(row.kind for row in rows if row.state == "settled")
        self.tally.paid += settled["approve"]
        self.tally.bonuses += settled["bonus"]


def syncing(books: Books) -> None:
    """What turk sync does."""
    open_letters(books.engine, (emulated().endpoint_url,))
    Schedule.tally.looked_up += sync(books).asked


def paying(books: Books) -> None:
    """What turk pay does."""
    Schedule.tally.looked_up += sync(books).asked
    pay(books, due(books))


def lines(tally: Tally) -> list[str]:
    """What happened, as a table."""
    counts: Mapping[str, Any] = {
        "schedules": tally.schedules,
        **{f"command {name}": count for name, count in sorted(tally.commands.items())},
        **{f"fault {name}": count for name, count in sorted(tally.faults.items())},
        **{f"message {name}": count for name, count in sorted(post().counts.items())},
        "times that a message had us sync": tally.heard,
        "unclear calls looked up by sync": tally.looked_up,
        "people paid": tally.paid,
        "bonuses paid": tally.bonuses,
        "spent, our ledger and the server's, $": tally.spent_usd,
        f"most ever spent and held, of a cap of ${CAP_USD}, $": tally.most_of_cap,
    }
    width = max(map(len, counts))
    return [f"{name:{width}}  {count:>10,}" for name, count in counts.items()]
