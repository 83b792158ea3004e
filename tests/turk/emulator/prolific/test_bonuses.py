"""Bonuses in two steps."""

from __future__ import annotations

import pytest

from tests.turk.emulator.prolific.studying import Researcher, do_study, person
from turk.emulator.emulator import Emulator

PLACE = 150 + 50


def set_up(prolific: Researcher, study: str, table: str) -> dict[str, object]:
    """Set a batch up."""
    reply = prolific.ask("POST", "/submissions/bonus-payments/", {"study_id": study, "csv_bonuses": table})
    assert reply.status == 201, reply
    return dict(reply.body)


def test_a_batch_names_its_cost_in_cents_and_pays_nothing_yet(emulator: Emulator, prolific: Researcher) -> None:
    study = prolific.study()
    first, _ = do_study(emulator, study, 1), do_study(emulator, study, 2)
    before = prolific.money()

    batch = set_up(prolific, study, f"{first},0.55\n{person(2)}, 1.00\n\n")

    assert (batch["study"], batch["amount"], batch["fees"], batch["vat"], batch["total_amount"]) == (
        study, 155, 18 + 33, 0, 206,
    )  # fmt: skip
    assert prolific.money() == before


@pytest.mark.slow
def test_a_batch_is_paid_a_little_later_out_of_money_that_is_set_aside_now(
    emulator: Emulator, prolific: Researcher
) -> None:
    study = prolific.study()
    submission = do_study(emulator, study)
    available, total = prolific.money()
    batch = set_up(prolific, study, f"{person()},1.00")

    reply = prolific.ask("POST", f"/bulk-bonus-payments/{batch['id']}/pay/")

    assert reply.status == 202
    assert prolific.money() == (available - 133, total)
    assert prolific.get(f"/submissions/{submission}/")["bonus_payments"] == []
    emulator.prolific_admin.advance(seconds=60)
    assert prolific.money() == (available - 133, total - 133)
    assert prolific.get(f"/submissions/{submission}/")["bonus_payments"] == [100]
    assert emulator.participant(person()).earned() == "1.00"
    assert emulator.participant(person()).history()[0]["bonuses"] == ["1.00"]


@pytest.mark.slow
def test_each_order_to_pay_pays_again(emulator: Emulator, prolific: Researcher) -> None:
    study = prolific.study()
    submission = do_study(emulator, study)
    batch = set_up(prolific, study, f"{submission},1.00")

    for _ in range(2):
        prolific.post(f"/bulk-bonus-payments/{batch['id']}/pay/")
    emulator.prolific_admin.advance(seconds=60)

    assert prolific.get(f"/submissions/{submission}/")["bonus_payments"] == [100, 100]
    assert prolific.get(f"/studies/{study}/cost/")["bonuses"]["rewards"]["amount"] == 200


def test_who_did_not_take_part_is_named_and_nobody_is_in_the_batch(emulator: Emulator, prolific: Researcher) -> None:
    study = prolific.study()
    do_study(emulator, study, 1)
    table = f"{person(1)},1.00\n{person(2)},1.00\n{person(3)},1.00"

    said = prolific.refused("POST", "/submissions/bonus-payments/", {"study_id": study, "csv_bonuses": table})

    assert f"{person(2)}, {person(3)}" in said
    assert person(1) not in said


@pytest.mark.parametrize("line", ["1.00", "{},", "{},much", "{},0", "{},-1", "{},1.005", "{},nan", "{};1.00"])
def test_a_line_is_an_id_a_comma_and_an_amount(emulator: Emulator, prolific: Researcher, line: str) -> None:
    study = prolific.study()
    do_study(emulator, study)
    body = {"study_id": study, "csv_bonuses": line.format(person())}

    assert "an id, a comma and an amount" in prolific.refused("POST", "/submissions/bonus-payments/", body)


def test_an_empty_table_is_refused(emulator: Emulator, prolific: Researcher) -> None:
    study = prolific.study()

    for table in ("", "\n \n"):
        body = {"study_id": study, "csv_bonuses": table}
        assert "csv_bonuses" in prolific.refused("POST", "/submissions/bonus-payments/", body)


@pytest.mark.slow
def test_a_batch_that_cannot_be_paid_with_its_fees_is_not_paid_at_all(emulator: Emulator, prolific: Researcher) -> None:
    study = prolific.study()
    submission = do_study(emulator, study)
    batch = set_up(prolific, study, f"{submission},9990.00")
    before = prolific.money()

    assert "Not enough funds" in prolific.refused("POST", f"/bulk-bonus-payments/{batch['id']}/pay/")
    emulator.prolific_admin.advance(hours=1)

    assert prolific.money() == before


@pytest.mark.slow
def test_a_bonus_goes_to_whose_work_is_under_way_too(emulator: Emulator, prolific: Researcher) -> None:
    study = prolific.study()
    submission = emulator.participant(person()).take(study).submission_id

    batch = set_up(prolific, study, f"{submission},0.01")

    assert (batch["amount"], batch["fees"]) == (1, 0)
