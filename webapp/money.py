"""What a study has cost, what can still be asked of us, and what its file allows."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import Numeric, cast, func, select
from sqlalchemy.orm import Session

from turk.cost import CENT
from turk.paying_tables import LedgerRow
from turk.study import Study

PAID = ("approve", "bonus")


def money_of(session: Session, key: int, study: Study, finished: int) -> dict[str, str | None]:
    """Add up dollars, as text, fees included.

    Where nothing was paid by us, as through a link, `spent_usd` is None and `rewards_usd` says what finished sessions
    are to be paid.
    """
    amount = func.sum(cast(LedgerRow.amount_usd, Numeric) + cast(LedgerRow.fee_usd, Numeric))
    mine = select(LedgerRow.kind, LedgerRow.state, amount).where(LedgerRow.study_id == key)
    rows = session.execute(mine.group_by(LedgerRow.kind, LedgerRow.state)).all()
    spent = [Decimal(str(usd)) for kind, state, usd in rows if state == "settled" and kind in PAID]
    asked = [Decimal(str(usd)) for kind, state, usd in rows if state != "failed" and kind not in PAID]
    cap = Decimal(study.settings.get("caps", {}).get("usd", "0"))
    return {
        "reward_usd": str(study.reward_usd),
        "rewards_usd": str((study.reward_usd * finished).quantize(CENT)),
        "spent_usd": str(sum(spent, Decimal(0)).quantize(CENT)) if rows else None,
        "committed_usd": str(max(sum(asked, Decimal(0)) - sum(spent, Decimal(0)), Decimal(0)).quantize(CENT))
        if rows
        else None,
        "cap_usd": str(cap) if cap else None,
    }
