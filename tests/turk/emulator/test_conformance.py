"""The conformance list in the README: every rule has a basis and a test that is there."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from turk.emulator.faults import KINDS

TESTS = Path(__file__).parent
README = Path(__file__).parents[3] / "turk" / "emulator" / "README.md"
ROW = re.compile(r"^\| (?P<rule>[^|]+) \| (?P<basis>[^|]+) \| `(?P<file>[\w/]+\.py)::(?P<test>\w+)` \|$", re.MULTILINE)
ROWS = [(row["rule"], row["basis"], row["file"], row["test"]) for row in ROW.finditer(README.read_text())]


@cache
def names(file: str) -> set[str]:
    """What a test module defines at its top."""
    tree = ast.parse((TESTS / file).read_text())
    defined = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    return defined | {
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def test_the_list_is_read_whole() -> None:
    lists = README.read_text().split("## Conformance")[1:]
    lines = [line for part in lists for line in part.splitlines() if line.startswith("|") and "---" not in line]

    assert len(ROWS) == len([line for line in lines if not line.startswith("| rule ")])
    assert len(ROWS) >= 80


@pytest.mark.parametrize(("file", "test"), sorted({(row[2], row[3]) for row in ROWS}))
def test_every_test_named_in_the_list_is_there(file: str, test: str) -> None:
    assert test in names(file)


def test_every_rule_is_documented_reported_or_called_a_guess() -> None:
    kinds = ("documented: ", "reported: ", "assumed", "a law of ours")

    assert [row for row in ROWS if not row[1].startswith(kinds)] == []


def test_no_rule_is_listed_twice() -> None:
    rules = [row[0] for row in ROWS]

    assert len(rules) == len(set(rules))


def test_prior_art_is_named() -> None:
    assert "callendorph/mturkemu" in README.read_text()


@pytest.mark.slow
def test_every_fault_is_tested() -> None:
    text = "".join(path.read_text() for path in TESTS.rglob("test_*.py"))

    assert [kind for kind in KINDS if f'"kind": "{kind}"' not in text] == []
