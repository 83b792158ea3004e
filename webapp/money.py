"""What a study has cost, what can still be asked of us, and what is never exceeded; in dollars, as text."""

from __future__ import annotations

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from turk.caps import caps_of, used
from turk.cost import CENT
from turk.paying_tables import TaskRow
from turk.study import Study
from webapp.queries.studies import Counted

PRICES = select(TaskRow.each_usd).where(TaskRow.study_id == bindparam("study"))


def money_of(session: Session, key: int, study: Study, counted: Counted) -> dict[str, str | None]:
    """Read how a study's money stands.

    Where no recruiter who pays was asked, as of studies by link, only `rewards_usd` is known: what finished sessions
    are worth.
    """
    rewards: dict[str, str | None] = {
        "reward_usd": str(study.reward_usd),
        "rewards_usd": str((study.reward_usd * counted.finished).quantize(CENT)),
    }
    if not counted.recruited:
        return rewards | {"spent_usd": None, "promised_usd": None, "cap_usd": None}
    each = session.connection().execute(PRICES, {"study": key}).scalars().all()
    now_used, caps = used(session, key), caps_of(study, max(each, default=study.reward_usd))
    return rewards | {
        "spent_usd": str(now_used.spent_usd), "promised_usd": str(now_used.promised_usd), "cap_usd": str(caps.usd),
    }  # fmt: skip
