"""Pages and their addresses."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalsuite.errors import UserError
from webapp.page import Answer, Page, Parameter
from webapp.parameters import cursor, names, number, one_of, whole, wholes

PAGE = Page(
    name="example", path="/example/{run}", title="Example", answer=lambda asked: Answer("", {}),
    parameters=(
        Parameter("order", "the order", one_of("worst", "best"), "worst"),
        Parameter("m", "metrics", names, many=True),
        Parameter("q", "a name"),
    ),
)  # fmt: skip


def test_addresses_are_short_and_always_the_same() -> None:
    assert PAGE.address({"run": 3}) == "/example/3"
    assert PAGE.address({"run": 3, "q": "a b&c", "order": "worst", "m": "x,y"}) == "/example/3?m=x,y&q=a%20b%26c"
    assert PAGE.address({"run": 3, "q": None, "order": "best"}, "json") == "/example/3.json?order=best"


@settings(deadline=None)
@given(st.permutations([("q", "x"), ("m", "a"), ("m", "b"), ("order", "best")]))
def test_whatever_the_order_in_which_parameters_come(given_pairs: list[tuple[str, str]]) -> None:
    texts = PAGE.texts(given_pairs)

    assert list(texts) == ["order", "m", "q"]
    assert set(texts["m"].split(",")) == {"a", "b"}


def test_the_first_page_has_a_name_in_other_forms() -> None:
    home = Page(name="home", path="/", title="Home", answer=lambda asked: Answer("", {}))

    assert home.address({}, "json") == "/index.json"


@pytest.mark.parametrize(
    ("pairs", "sentence"),
    [
        ([("color", "red")], r"no parameter is called 'color'\. It takes order, m, q\."),
        ([("q", "a"), ("q", "b")], "'q' stands twice, with 'a' and 'b'"),
    ],
)
def test_what_is_unknown_or_stands_twice_is_refused_by_name(pairs: list[tuple[str, str]], sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        PAGE.texts(pairs)


def test_a_value_that_cannot_be_read_is_refused_with_its_place() -> None:
    with pytest.raises(UserError, match=r"Example: order \(the order\): got 'x', expected one of worst, best"):
        PAGE.values({"order": "x"})


@pytest.mark.parametrize(
    ("read", "text", "value"),
    [
        (whole, "", None), (whole, "12", 12), (number, "-1.5", -1.5), (number, "", None), (names, "a,,b", ("a", "b")),
        (wholes, "3,1", (3, 1)), (cursor, "", None), (cursor, "-0.5~7", (-0.5, 7)),
    ],
)  # fmt: skip
def test_texts_become_values(read: object, text: str, value: object) -> None:
    assert callable(read)
    assert read(text) == value


@pytest.mark.parametrize(
    ("read", "text"),
    [(whole, "-1"), (whole, "1.5"), (whole, "9" * 20), (whole, "²"), (number, "nan"), (number, "x"), (names, "a,a"),
     (cursor, "1~"), (cursor, "~1"), (wholes, "a")],
)  # fmt: skip
def test_texts_that_make_no_sense_are_refused(read: object, text: str) -> None:
    assert callable(read)
    with pytest.raises(UserError, match="got"):
        read(text)
