"""Qualification tests that score themselves: an AnswerKey, and the value that a worker's answers are worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from xml.etree import ElementTree

from turk.emulator.mturk.errors import XML_PARSE_ERROR, request_error
from turk.emulator.mturk.questions import SCHEMAS

SPACE = f"{{{SCHEMAS}/2005-10-01/AnswerKey.xsd}}"


@dataclass(frozen=True, slots=True)
class Key:
    """Scores of answers by question, what other answers get, and the most that can be reached if percentages count."""

    options: Mapping[str, Sequence[tuple[frozenset[str], int]]]
    others: Mapping[str, int]
    maximum: int | None


def read_key(xml: str) -> Key:
    """Read an AnswerKey whose value is the sum of scores, or a percentage of the most that can be reached."""
    try:
        root = ElementTree.fromstring(xml)
        nodes = {node.findtext(f"{SPACE}QuestionIdentifier") or "": node for node in root.iter(f"{SPACE}Question")}
        options = {name: [_option(part) for part in node.iter(f"{SPACE}AnswerOption")] for name, node in nodes.items()}
        others = {name: int(node.findtext(f"{SPACE}DefaultScore") or 0) for name, node in nodes.items()}
        maximum = (root.findtext(f".//{SPACE}PercentageMapping/{SPACE}MaximumSummedScore") or "").strip().lstrip("0")
    except (ElementTree.ParseError, ValueError) as error:
        raise _unreadable(str(error)) from error
    mapped = root.find(f"{SPACE}QualificationValueMapping") is not None
    if root.tag != f"{SPACE}AnswerKey" or not nodes or (mapped and not maximum.isdecimal()):
        raise _unreadable("an AnswerKey with Questions and, if values are mapped, a PercentageMapping is known here")
    return Key(options, others, int(maximum) if mapped else None)


def _option(node: ElementTree.Element) -> tuple[frozenset[str], int]:
    chosen = frozenset(choice.text or "" for choice in node.iter(f"{SPACE}SelectionIdentifier"))
    return chosen, int(node.findtext(f"{SPACE}AnswerScore") or 0)


def _unreadable(reason: str) -> Exception:
    return request_error(XML_PARSE_ERROR, f"There was an error parsing the XML of the parameter AnswerKey: {reason}")


def grade(key: Key, answers: Mapping[str, Sequence[str]]) -> int:
    """Add up what the answers are worth."""
    total = 0
    for name, options in key.options.items():
        scores = [score for chosen, score in options if chosen == frozenset(answers.get(name, ()))]
        total += scores[0] if scores else key.others[name]
    if key.maximum is None:
        return total
    return int((Decimal(100 * total) / key.maximum).quantize(Decimal(1), ROUND_HALF_UP))
