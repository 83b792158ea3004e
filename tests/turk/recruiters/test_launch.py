from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine

from evalsuite.db import session_scope
from evalsuite.errors import UserError
from tests.turk.recruiters.trade import SITE, Trade, make_trade
from turk.billing import bill_lines
from turk.caps import CapReached
from turk.cli import group
from turk.emulator.emulator import Emulator, Settings
from turk.emulator.serving import free_port
from turk.paying_tables import RecruitmentRow
from turk.recruiters.contract import Blocked, Unsure, Where
from turk.studies import find_study
from turk.tables import PlaceRow


@pytest.fixture
def trade(sqlite_engine: Engine, emulator: Emulator, tmp_path: Path) -> Trade:
    """Three places for $1.40 each."""
    return make_trade(sqlite_engine, emulator, tmp_path / "street")


def untouched(trade: Trade) -> None:
    """Nothing was written here, and nothing asked for or spent there."""
    with session_scope(trade.engine, read_only=True) as db:
        assert find_study(db, trade.name).state == "built"
    assert trade.entries() == trade._all(PlaceRow) == []
    with session_scope(trade.engine, read_only=True) as db:
        assert db.query(RecruitmentRow).count() == 0
    assert not trade.emulator.market.hits
    assert not trade.emulator.market.qualification_types


def test_a_bill_says_rewards_fees_places_wage_and_balance(trade: Trade) -> None:
    text = "\n".join(bill_lines(trade.bill()))

    assert f"street through Amazon Mechanical Turk ({trade.emulator.endpoint_url})" in text
    assert "reward     $1.40 for about 2.1 minutes (by its 1 trials; a pilot would tell)" in text
    assert "wage       $40.00 per hour; people are topped up to $8.00 should it take longer" in text
    assert "total      $5.04 = 3 x ($1.40 + $0.28 fee)" in text
    assert "balance    $10000.00 before" in text
    assert "caps       4 people and $7.56; nothing used so far" in text
    untouched(trade)


@pytest.mark.slow
def test_forty_people_cost_what_batches_of_nine_cost(sqlite_engine: Engine, emulator: Emulator, tmp_path: Path) -> None:
    trade = make_trade(sqlite_engine, emulator, tmp_path / "street", participants_per_condition=40)

    bill = trade.launch()

    # 40 people at $1.40: $67.20 in batches of nine, $78.40 in one HIT.
    assert (bill.sizes, bill.total_usd) == ((9, 9, 9, 9, 4), Decimal("67.20"))
    assert sorted(hit.max_assignments for hit in emulator.market.hits.values()) == [4, 9, 9, 9, 9]
    assert trade.account().held == Decimal("67.20")
    trade.agrees()


@pytest.mark.slow
def test_a_hit_for_each_place_can_be_asked_for(sqlite_engine: Engine, emulator: Emulator, tmp_path: Path) -> None:
    trade = make_trade(sqlite_engine, emulator, tmp_path / "street", settings={"mturk": {"one_per_place": True}})

    assert trade.launch().sizes == (1, 1, 1)


def test_who_may_take_part_is_asked_of_mturk(sqlite_engine: Engine, emulator: Emulator, tmp_path: Path) -> None:
    demands = {"approval_percent": 98, "approved_hits": 500, "locales": ["US", "CA-BC"], "masters": True}
    trade = make_trade(sqlite_engine, emulator, tmp_path / "street", settings={"mturk": demands})

    bill = trade.launch()

    [hit] = emulator.market.hits.values()
    [own] = emulator.market.qualification_types
    wanted = {
        (need.type_id, need.comparator, need.integers, tuple((p.country, p.subdivision) for p in need.places))
        for need in hit.type.requirements
    }
    assert wanted == {
        ("000000000000000000L0", "GreaterThanOrEqualTo", (98,), ()),
        ("00000000000000000040", "GreaterThanOrEqualTo", (500,), ()),
        ("00000000000000000071", "In", (), (("US", None), ("CA", "BC"))),
        ("2ARFPLSP75KLA8M8DH1HTEQVJT3SY6", "Exists", (), ()),
        (own, "DoesNotExist", (), ()),
    }
    assert {need.guarded for need in hit.type.requirements} == {"PreviewAndAccept"}
    assert hit.question.url == f"{SITE}/study/street"
    assert bill.fee_usd == Decimal("0.35")  # Masters cost 5% more
    trade.agrees()


@pytest.mark.slow
def test_launching_again_offers_nothing_twice(trade: Trade) -> None:
    trade.launch()

    again = trade.launch()

    assert (again.places, again.total_usd) == (0, Decimal(0))
    assert len(trade.emulator.market.hits) == len(trade.emulator.market.qualification_types) == 1


@pytest.mark.slow
def test_a_pilot_tells_how_long_it_takes(trade: Trade, tmp_path: Path) -> None:
    trade.launch()
    for worker, minutes in {"A1": 9, "A2": 10, "A3": 15}.items():
        trade.work(worker, minutes)
    main = make_trade(trade.engine, trade.emulator, tmp_path / "main", name="main")

    bill = main.bill(pilot="street")

    assert (bill.length.minutes, bill.length.origin) == (10.0, "the median of 3 people in street")
    assert bill.wage_usd == Decimal("8.40")  # $1.40 for 10 minutes
    assert main.bill().length.origin == "by its 1 trials; a pilot would tell"


def test_pay_below_the_wage_floor_is_refused(sqlite_engine: Engine, emulator: Emulator, tmp_path: Path) -> None:
    trade = make_trade(sqlite_engine, emulator, tmp_path / "street", settings={"wage_floor_usd": "41.00"})

    with pytest.raises(UserError, match=r"wage_floor_usd in its file is \$41.00 per hour, and \$1.40 for 2.1 minutes"):
        trade.launch()
    untouched(trade)


@pytest.mark.parametrize("url", ["http://study.example.org", "http://127.0.0.1:8000"])
def test_a_live_launch_wants_https(trade: Trade, url: str) -> None:
    with pytest.raises(UserError, match=r"a recruiter sends people to an address with https://; got http://"):
        trade.launch(url=url, where=Where(live=True, endpoint=trade.emulator.endpoint_url))
    untouched(trade)


def test_the_sandbox_wants_https_too_and_a_rehearsal_only_away_from_this_machine(trade: Trade) -> None:
    for url, where in ((SITE, Where()), ("http://study.example.org", trade.where)):
        with pytest.raises(UserError, match=r"https://"):
            trade.bill(url=url, where=where)


def test_without_money_nothing_is_asked_for(trade: Trade) -> None:
    trade.bill()
    trade.emulator.admin.act("deposit", account="AKIDEXAMPLE", amount="-9994.97")

    with pytest.raises(UserError, match=r"the account holds \$5.03, and \$5.04 are needed. Nothing was spent"):
        trade.launch()
    untouched(trade)


@pytest.mark.parametrize(
    ("caps", "message"),
    [
        ({"people": 2}, r"caps.people: at most 2 people are offered a place; with this it would be 3"),
        ({"usd": "5.03"}, r"caps.usd: at most \$5.03 is spent, .* it could be \$5.04"),
    ],
)
def test_caps_are_held_before_anything_happens(
    sqlite_engine: Engine, emulator: Emulator, tmp_path: Path, caps: dict[str, Any], message: str
) -> None:
    trade = make_trade(sqlite_engine, emulator, tmp_path / "street", settings={"caps": caps})

    with pytest.raises(CapReached, match=message):
        trade.launch()
    untouched(trade)


def test_people_of_two_servers_are_not_mixed(trade: Trade) -> None:
    trade.launch()

    with pytest.raises(UserError, match=r"it was launched at http://.*, and people of two servers are not mixed"):
        trade.bill(url="https://study.example.org", where=Where(live=True))


@pytest.fixture
def guarded() -> Iterator[Emulator]:
    """An emulator that knows one requester."""
    with Emulator(Settings(credentials={"AKIDKNOWN": "known"})) as emulator:
        yield emulator


@pytest.mark.slow
def test_wrong_credentials_are_said_in_one_sentence_without_showing_them(trade: Trade, guarded: Emulator) -> None:
    with pytest.raises(Blocked) as refused:
        trade.bill(where=Where(endpoint=guarded.endpoint_url))

    assert str(refused.value).startswith("MTurk: the AWS credentials are wrong or allow no get_account_balance")
    assert "AKIDEXAMPLE" not in str(refused.value)
    untouched(trade)


@pytest.mark.parametrize("profile", [None, "nobody"])
def test_missing_credentials_are_said(trade: Trade, monkeypatch: pytest.MonkeyPatch, profile: str | None) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    if profile:
        monkeypatch.setenv("AWS_PROFILE", profile)

    message = r"AWS_PROFILE names a profile that is not there" if profile else r"AWS credentials are needed, and none"
    with pytest.raises(Blocked, match=message):
        trade.bill()
    untouched(trade)


@pytest.mark.slow
def test_a_server_that_is_not_there_is_said(trade: Trade) -> None:
    endpoint = f"http://127.0.0.1:{free_port()}"

    with pytest.raises(Unsure, match=rf"there is no answer from {endpoint} \(EndpointConnection\). Give the command"):
        trade.bill(where=Where(endpoint=endpoint, attempts=1))
    untouched(trade)


@pytest.mark.slow
def test_a_refused_hit_is_told_and_the_next_launch_goes_on(trade: Trade) -> None:
    trade.bill()
    trade.emulator.admin.script({"kind": "error_before", "on": "CreateHITWithHITType"})

    with pytest.raises(Unsure, match=r"the service is out of order \(500 at create_hit_with_hit_type\)"):
        trade.launch()
    [entry] = trade.entries()
    assert entry.state == "intended"
    trade.emulator.admin.script()

    trade.launch()

    assert [entry.state for entry in trade.entries()] == ["settled"]
    assert len(trade.emulator.market.hits) == 1


def invoke(trade: Trade, *words: str, typed: str | None = None) -> Any:
    url = trade.engine.url.render_as_string(hide_password=False)
    return CliRunner().invoke(group, [*words, "--db", url], input=typed, standalone_mode=False)


@pytest.mark.slow
def test_real_money_is_spent_after_the_sum_was_typed(trade: Trade) -> None:
    words = ["launch", "street", "--url", "https://study.example.org", "--live"]
    words += ["--endpoint", trade.emulator.endpoint_url]

    unasked = invoke(trade, *words)
    wrong = invoke(trade, *words, "--confirm", "5.00")
    shown = invoke(trade, *words, "--bill")
    untouched(trade)
    done = invoke(trade, *words, "--confirm", "5.04")

    assert "somebody types the sum first" in str(unasked.exception)
    assert "the total is $5.04, and '5.00' was typed. Nothing was spent" in str(wrong.exception)
    assert "total      $5.04" in shown.output
    assert "street: live, with 3 places; 3 people were asked for" in done.output
    assert [hit.question.url for hit in trade.emulator.market.hits.values()] == [
        "https://study.example.org/study/street"
    ]


def test_an_unknown_study_is_named(trade: Trade) -> None:
    with pytest.raises(UserError, match=r"study 'strett' is unknown. Did you mean 'street'"):
        trade.bill(name="strett")


@pytest.mark.slow
def test_a_recruiter_who_is_busy_is_asked_again_later(trade: Trade) -> None:
    trade.emulator.admin.script({"kind": "throttle"})

    with pytest.raises(Unsure, match=r"there were too many calls. Give the command again later"):
        trade.bill(where=Where(endpoint=trade.emulator.endpoint_url, attempts=1))
    untouched(trade)
