from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from evalsuite.errors import UserError
from turk.lines import Entry, parse_lines, read_lines


def value(text: str) -> Entry:
    return parse_lines(f"# a comment\nkey: {text}\n", "study.yaml").mapping()["key"]


def test_a_value_knows_its_line_and_its_keys() -> None:
    inner = parse_lines("a: 1\nb:\n  c:\n    - 5\n    - 6\n", "x.yaml").mapping()["b"].mapping()["c"]

    assert (inner.path, inner.line, [item.whole() for item in inner.items()]) == ("b.c", 4, [5, 6])
    assert str(inner.items()[1].error("no")) == "x.yaml, line 5, b.c: no"


@pytest.mark.parametrize("written", ["no", "on", "2026-01-02", "1:30", "0x10", "1e3", "007", "'~'"])
def test_a_text_is_what_was_written_whatever_yaml_takes_it_for(written: str) -> None:
    assert value(written).text() == written.strip("'")


def test_values_are_read_as_what_is_expected() -> None:
    assert value("-3").whole() == -3
    assert value("1.5e2").number() == 150
    assert value("1.4").money(100) == Decimal("1.40")
    assert str(value("1.4").money(100)) == "1.40"
    assert value("Yes").flag() is True
    assert value("off").flag() is False
    assert value("blue").chosen(["red", "blue"]) == "blue"
    assert [value(text).empty for text in ("", "null", "~", "''", "none", "0")] == [True] * 3 + [False] * 3


@pytest.mark.parametrize(
    ("written", "read", "message"),
    [
        ("", Entry.text, "expected a text; got nothing"),
        ("[a]", Entry.text, "expected a text; got a list"),
        ("{a: 1}", Entry.whole, "expected a whole number; got keys and values"),
        ("1.5", Entry.whole, "expected a whole number; got '1.5'"),
        ("'40'", Entry.whole, "expected a whole number; got the text '40'"),
        ("true", Entry.whole, "expected a whole number; got 'true'"),
        ("٣", Entry.whole, "expected a whole number; got '٣'"),
        ("0x10", Entry.whole, "expected a whole number"),
        (".nan", Entry.number, "expected a number; got '.nan'"),
        ("1e999", Entry.number, "expected a number; got '1e999'"),
        ("5", lambda entry: entry.whole(6, 8), "at least 6 and at most 8; got 5"),
        ("50", lambda entry: entry.number(None, 8), "at most 8; got 50"),
        ("-1", lambda entry: entry.money(5), "expected dollars such as 1.40; got '-1'"),
        ("1.405", lambda entry: entry.money(5), "expected dollars"),
        ("6", lambda entry: entry.money(5), "at most 5; got 6"),
        ("maybe", Entry.flag, "expected true or false; got 'maybe'"),
        ("[a]", Entry.flag, "expected true or false; got a list"),
        ("blu", lambda entry: entry.chosen(["red", "blue"]), "'blu' is not known. Did you mean 'blue'? Known: red,"),
        ("a", Entry.items, "expected a list such as [a, b]; got 'a'"),
        ("a", Entry.mapping, "expected keys and values such as {key: value}; got 'a'"),
        ("{[a]: 1}", Entry.mapping, "expected a text; got a list"),
    ],
)  # fmt: skip
def test_a_value_of_another_kind_is_named_with_its_line(
    written: str, read: Callable[[Entry], Any], message: str
) -> None:
    with pytest.raises(UserError) as caught:
        read(value(written))

    assert str(caught.value).startswith("study.yaml, line 2, key: ")
    assert message in str(caught.value)


def test_a_key_that_stands_twice_or_is_unknown_is_named_with_its_line() -> None:
    twice = parse_lines("a: 1\nb: 2\na: 3\n", "x.yaml")
    with pytest.raises(UserError, match=r"x\.yaml, line 3: 'a' stands twice, in line 1 too"):
        twice.mapping()

    unknown = parse_lines("a:\n  test: 1\n  practise: 2\n", "x.yaml").mapping()["a"]
    with pytest.raises(
        UserError, match=r"line 3, a\.practise: there is no parameter 'practise'. Did you mean 'practice'"
    ):
        unknown.known(["practice", "test"], "parameter")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "x.yaml: the file is empty"),
        ("# only this\n", "x.yaml: the file is empty"),
        ("a: [1\nb: 2\n", "x.yaml, line 2, column 2: this is no YAML"),
        ("a: 1\n\tb: 2\n", "x.yaml, line 2, column 1: this is no YAML"),
        ("a: 1\n---\nb: 2\n", "x.yaml, line 2, column 1: this is no YAML"),
        ("a: &x 1\nb: *x\n", "x.yaml, line 2: aliases"),
        ("a: \x00\n", "x.yaml: this is no YAML"),
        ("[" * 2000 + "]" * 2000, "x.yaml, line 1: at most 20 levels are read"),
        ("a: *nowhere\n", "x.yaml, line 1: aliases"),
    ],
)
def test_what_is_no_yaml_is_told_with_its_line(text: str, message: str) -> None:
    with pytest.raises(UserError) as caught:
        parse_lines(text, "x.yaml")

    assert str(caught.value).startswith(message)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"gone.yaml: it cannot be read \(no such file or directory\)"):
        read_lines(tmp_path / "gone.yaml")
    with pytest.raises(UserError, match="it cannot be read"):
        read_lines(tmp_path)

    (tmp_path / "latin.yaml").write_bytes("name: Köln".encode("latin-1"))
    with pytest.raises(UserError, match="not UTF-8"):
        read_lines(tmp_path / "latin.yaml")

    (tmp_path / "long.yaml").write_text("#" * 2**21)
    with pytest.raises(UserError, match="at most 1,048,576 bytes are read"):
        read_lines(tmp_path / "long.yaml")


def test_a_byte_order_mark_is_no_part_of_the_first_key(tmp_path: Path) -> None:
    (tmp_path / "bom.yaml").write_bytes(b"\xef\xbb\xbfname: x\n")

    assert list(read_lines(tmp_path / "bom.yaml").mapping()) == ["name"]
