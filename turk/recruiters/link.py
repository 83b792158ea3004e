"""A plain link: whoever sends people to the study's address pays them, by the code with which each session ends."""

from __future__ import annotations

from decimal import Decimal

from turk.recruiters.contract import Desk, NotDone, Recruiter, Where


def open_desk(where: Where) -> Desk:
    """Refuse: there is no counter to go to.

    Raises:
        NotDone: Always.
    """
    raise NotDone("link: nobody is called, and nothing is paid by us. `turk pay NAME --codes FILE` lists whom to pay.")


RECRUITER = Recruiter(
    name="link",
    title="a link",
    pays=False,
    fee=lambda reward, settings: Decimal("0.00"),
    bonus_fee=lambda bonus: Decimal("0.00"),
    fee_note="nothing is paid by us",
    batch=lambda settings: 0,
    arrival=None,
    open=open_desk,
    own_codes=True,
)
