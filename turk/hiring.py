"""Asking a recruiter for people: a bill, and then as many tasks as there are places without somebody."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from urllib.parse import urlsplit

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from evalsuite.db import now, session_scope
from evalsuite.errors import UserError
from turk import places
from turk.billing import Bill, Length, length_of
from turk.books import Books, keep_hold, offer_of, open_books
from turk.caps import caps_of, check, unsure_places, used
from turk.deeds import task_of
from turk.design import arms_of
from turk.launching import check_startable, checked_url
from turk.ledger import Intent, reconcile, spend
from turk.paying_tables import LedgerRow, RecruitmentRow, TaskRow, WorkRow
from turk.recruiters.contract import Recruiter, Where
from turk.recruiting_terms import term
from turk.settling import each_usd
from turk.studies import find_study, move_study, study_of
from turk.study import Study
from turk.syncing import sync, tasks_left
from turk.tables import StudyRow

Recruiters = Callable[[str], Recruiter]
DECIDED = ("submitted", "approved", "rejected")


@dataclass(frozen=True, slots=True)
class Wish:
    """What a researcher asks for.

    Attributes:
        name: The study's.
        url: The site's address as people type it.
        where: On which of the recruiter's servers.
        pilot: The study whose people tell how long it takes; the study itself where it is left out.
    """

    name: str
    url: str
    where: Where
    pilot: str | None = None


def draw_up(engine: Engine, wish: Wish, recruiters: Recruiters) -> Bill:
    """Draw the bill of a launch; nothing is written, and nothing at the recruiter's is changed.

    Raises:
        UserError: The study cannot start, the address is none that the recruiter takes, or the recruiter refuses.
    """
    with session_scope(engine, read_only=True) as db:
        row = find_study(db, wish.name)
        study, recruiter = study_of(row), recruiters(row.recruiter)
        check_address(checked_url(wish.url), wish.where)
        there = db.get(RecruitmentRow, row.id)
        _check_same(wish, row, there)
        if row.state != "live" or there is None:
            check_startable(row, study)
        length = _length(db, row, study, wish.pilot)
        sizes = _sizes(recruiter, study, missing(db, row.id, study))
        now_used = used(db, row.id)
    balance = recruiter.open(wish.where).balance()
    return Bill(study, recruiter, wish.where, sizes, length, now_used, balance)


def hire(
    engine: Engine, wish: Wish, bill: Bill, secret: str, recruiters: Recruiters, clock: Callable[[], datetime] = now
) -> None:
    """Open the study and offer as many tasks as there are places without somebody; repeated, it goes on where it was.

    Args:
        engine: A database whose tables are at the newest revision.
        wish: What is asked for.
        bill: From `draw_up`, and checked.
        secret: The site's.
        recruiters: Finds a recruiter by its name.
        clock: Tells the time.

    Raises:
        UserError: See turk.ledger.spend.
    """
    with session_scope(engine) as db:
        row = find_study(db, wish.name, lock=True)
        _begin(db, row, wish, bill, clock())
    with open_books(engine, wish.name, secret, recruiters, clock) as books:
        extend(books)


def extend(books: Books) -> int:
    """Look who is still missing, by the recruiter's own list, and offer as many places; return how many."""
    with session_scope(books.engine, read_only=True) as db:
        there = db.scalars(tasks_left(books.study_id)).first() is not None
    if there:
        sync(books)
    return offer_missing(books)


def offer_missing(books: Books) -> int:
    """Offer the places that nobody has or can take, and offer again what was paused; return how many are new."""
    reconcile(books)
    _prepare(books)
    _resume(books)
    with session_scope(books.engine, read_only=True) as db:
        sizes = _sizes(books.recruiter, books.study, missing(db, books.study_id, books.study))
        task = (
            db.scalars(tasks_left(books.study_id)).first() if not books.recruiter.batch(books.study.settings) else None
        )
        there = select(func.count()).where(LedgerRow.study_id == books.study_id, LedgerRow.kind == "launch")
        first = db.scalars(there).one() + 1
    for number, size in enumerate(sizes, first):
        spend(books, _launch(books, number, size) if task is None else _extend(books, task, size))
    return sum(sizes)


def missing(db: Session, study_id: int, study: Study) -> int:
    """How many places have neither somebody who did them nor a task through which somebody can come."""
    wanted = len(arms_of(study)) * study.participants_per_condition
    rows = db.scalars(select(WorkRow).where(WorkRow.study_id == study_id)).all()
    done = sum(row.session_id is not None and row.state in DECIDED for row in rows)
    tasks = db.scalars(tasks_left(study_id)).all()
    room = sum(_room(task, rows) for task in tasks) + unsure_places(db, study_id)
    return max(0, wanted - done - room)


def _room(task: TaskRow, works: Sequence[WorkRow]) -> int:
    """How many people a task can still bring."""
    taken = sum(row.task_id == task.id and row.state in DECIDED for row in works)
    return max(0, task.places - taken)


def check_address(site: str, where: Where) -> None:
    """Refuse an address that recruiters do not take: they want HTTPS, except a rehearsal on this machine.

    Raises:
        UserError: It is HTTP.
    """
    parts = urlsplit(site)
    rehearsal = where.endpoint is not None and not where.live
    if parts.scheme == "https" or (rehearsal and is_this_machine(parts.hostname or "")):
        return
    raise UserError(
        f"--url, PUBLIC_URL: a recruiter sends people to an address with https://; got {site}. Nothing was spent. Put "
        "the site behind an HTTPS proxy, or rehearse on this machine with turk emulate and --endpoint."
    )


def is_this_machine(host: str) -> bool:
    """Whether a host name is this machine's own."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _begin(db: Session, row: StudyRow, wish: Wish, bill: Bill, at: datetime) -> None:
    if row.state != "live":
        resumed = row.state == "paused"
        move_study(db, row, "live", "resumed with turk launch" if resumed else "started with turk launch")
    places.create(db, row.id, bill.study)
    there = db.get(RecruitmentRow, row.id)
    if there is None:
        db.add(
            RecruitmentRow(
                study_id=row.id,
                recruiter=row.recruiter,
                live=wish.where.live,
                endpoint=wish.where.endpoint,
                address=f"{checked_url(wish.url)}/study/{row.name}",
                minutes=bill.length.minutes,
                facts={},
                started_at=at,
            )
        )
    else:
        there.stopped_at = None


def _check_same(wish: Wish, row: StudyRow, there: RecruitmentRow | None) -> None:
    if there is None or (there.live, there.endpoint) == (wish.where.live, wish.where.endpoint):
        return
    kept = there.endpoint or ("--live" if there.live else "the sandbox")
    raise UserError(
        f"study {row.name!r}: it was launched at {kept}, and people of two servers are not mixed. Copy it with `turk "
        "build --copy` to launch it elsewhere."
    )


def _prepare(books: Books) -> None:
    """Have made what a study needs and costs nothing, once."""
    with session_scope(books.engine, read_only=True) as db:
        recruitment = db.get_one(RecruitmentRow, books.study_id)
        offer = offer_of(recruitment, books.study)
    if offer.facts:
        return
    made = dict(books.desk.prepare(offer))
    with session_scope(books.engine) as db:
        keep_hold(books, db).facts = made


def _resume(books: Books) -> None:
    """Offer paused tasks again that have places left, as far as the caps allow."""
    with session_scope(books.engine) as db:
        keep_hold(books, db)
        works = db.scalars(select(WorkRow).where(WorkRow.study_id == books.study_id)).all()
        rows = [row for row in db.scalars(tasks_left(books.study_id)) if row.state == "paused" and _room(row, works)]
        paused = [task_of(row) for row in rows]
        for row in rows:
            row.state = "open"
        db.flush()
        check(caps_of(books.study, each_usd(books)), used(db, books.study_id))
    days = term(books.study.settings, "recruiting", "days_on_offer")
    for task in paused:
        books.desk.resume(task, books.clock() + timedelta(days=days))


def _launch(books: Books, number: int, size: int) -> Intent:
    reward = books.study.reward_usd
    fee = books.recruiter.fee(reward, books.study.settings)
    return Intent("launch", ("launch", str(number)), size * reward, size * fee, places=size)


def _extend(books: Books, task: TaskRow, size: int) -> Intent:
    reward, total = books.study.reward_usd, task.places + size
    fee = books.recruiter.fee(reward, books.study.settings)
    words = ("extend", task.ref, str(total))
    return Intent("extend", words, size * reward, size * fee, places=total, task_id=task.id)


def _sizes(recruiter: Recruiter, study: Study, count: int) -> tuple[int, ...]:
    most = recruiter.batch(study.settings) or count
    full, rest = divmod(count, most) if most else (0, 0)
    return (*[most] * full, *([rest] if rest else ()))


def _length(db: Session, row: StudyRow, study: Study, pilot: str | None) -> Length:
    other = find_study(db, pilot) if pilot else row
    return length_of(db, study, other.id, other.name)
