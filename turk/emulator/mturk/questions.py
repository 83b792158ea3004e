"""Questions and answers as XML: what a HIT shows, and what a worker has sent."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit
from xml.etree import ElementTree

from turk.emulator.mturk.errors import XML_PARSE_ERROR, invalid, request_error
from turk.emulator.serving import is_loopback

SCHEMAS = "http://mechanicalturk.amazonaws.com/AWSMechanicalTurkDataSchemas"
EXTERNAL = f"{{{SCHEMAS}/2006-07-14/ExternalQuestion.xsd}}"
HTML = f"{{{SCHEMAS}/2011-11-11/HTMLQuestion.xsd}}"
FORM_DATES = ("2005-10-01", "2017-11-06")
ANSWERS = f"{SCHEMAS}/2005-10-01/QuestionFormAnswers.xsd"
LIMIT_BYTES = 65_535
# XML 1.0 has no way to write these at all.
UNPRINTABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
RESERVED = {"assignmentId", "hitId", "turkSubmitTo", "workerId"}


@dataclass(frozen=True, slots=True)
class Item:
    """A question of a form: free text, or a choice of options (identifier, text), one or several."""

    id: str
    text: str
    options: tuple[tuple[str, str], ...] = ()
    several: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """What is shown in the frame: a page elsewhere, HTML, or a form of our own."""

    xml: str
    url: str = ""
    html: str = ""
    items: tuple[Item, ...] = ()
    height: int = 600


def read_question(xml: str, *, name: str = "Question") -> Question:
    """Read an ExternalQuestion, an HTMLQuestion or a QuestionForm."""
    if len(xml.encode()) > LIMIT_BYTES:
        raise invalid(name, f"it must not be larger than {LIMIT_BYTES:,} bytes, and has {len(xml.encode()):,}.")
    try:
        root = ElementTree.fromstring(xml)
    except ElementTree.ParseError as error:
        raise request_error(
            XML_PARSE_ERROR, f"There was an error parsing the XML of the parameter {name}: {error}"
        ) from error
    if root.tag == f"{EXTERNAL}ExternalQuestion":
        return Question(xml, url=_url(root), height=_height(root, EXTERNAL))
    if root.tag == f"{HTML}HTMLQuestion":
        content = root.findtext(f"{HTML}HTMLContent")
        if not content:
            raise _schema(name, "HTMLContent")
        return Question(xml, html=content, height=_height(root, HTML))
    return Question(xml, items=read_form(root, name))


def read_form(root: ElementTree.Element, name: str) -> tuple[Item, ...]:
    """Read the questions of a QuestionForm that are free text or choices."""
    spaces = [f"{{{SCHEMAS}/{date}/QuestionForm.xsd}}" for date in FORM_DATES]
    space = next((space for space in spaces if root.tag == f"{space}QuestionForm"), None)
    if space is None:
        raise _schema(name, "an ExternalQuestion, HTMLQuestion or QuestionForm of a known schema")
    items = tuple(_item(node, space) for node in root.iter(f"{space}Question"))
    if not items or not all(item.id for item in items):
        raise _schema(name, "Question elements with a QuestionIdentifier")
    return items


def _item(node: ElementTree.Element, space: str) -> Item:
    content = node.find(f"{space}QuestionContent")
    text = " ".join("".join(content.itertext()).split()) if content is not None else ""
    options = tuple(
        (option.findtext(f"{space}SelectionIdentifier") or "", option.findtext(f"{space}Text") or "")
        for option in node.iter(f"{space}Selection")
    )
    style = node.findtext(f".//{space}StyleSuggestion") or "radiobutton"
    return Item(
        node.findtext(f"{space}QuestionIdentifier") or "", text, options, style in {"checkbox", "list", "multichooser"}
    )


def _url(root: ElementTree.Element) -> str:
    url = (root.findtext(f"{EXTERNAL}ExternalURL") or "").strip()
    parts = urlsplit(url)
    # On one laptop there are no certificates: plain HTTP is let through to this machine, and nowhere else.
    if not parts.hostname or (parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname))):
        raise invalid("Question", f"the ExternalURL must use the HTTPS protocol; it is {url!r}.")
    return url


def _height(root: ElementTree.Element, space: str) -> int:
    text = (root.findtext(f"{space}FrameHeight") or "").strip()
    if not text.isdecimal():
        raise _schema("Question", "FrameHeight, a whole number of pixels")
    return int(text)


def _schema(name: str, expected: str) -> Exception:
    return request_error(
        XML_PARSE_ERROR, f"There was an error parsing the XML of the parameter {name}: it must have {expected}."
    )


def frame_url(question: Question, parameters: Sequence[tuple[str, str]]) -> str:
    """Append the platform's parameters to the page's address, keeping its own."""
    address, mark, fragment = question.url.partition("#")
    joint = "&" if urlsplit(address).query else "" if address.endswith("?") else "?"
    return f"{address}{joint}{urlencode(parameters)}{mark}{fragment}"


def write_answers(fields: Sequence[tuple[str, str]], items: Sequence[Item] = ()) -> str:
    """Write what a worker sent as a QuestionFormAnswers document, reserved names left out."""
    chosen = {item.id for item in items if item.options}
    root = ElementTree.Element("QuestionFormAnswers", {"xmlns": ANSWERS})
    nodes: dict[str, ElementTree.Element] = {}
    for name, value in fields:
        if name in RESERVED:
            continue
        if name not in chosen or name not in nodes:
            nodes[name] = ElementTree.SubElement(root, "Answer")
            ElementTree.SubElement(nodes[name], "QuestionIdentifier").text = _printable(name)
        kind = "SelectionIdentifier" if name in chosen else "FreeText"
        ElementTree.SubElement(nodes[name], kind).text = _printable(value)
    return '<?xml version="1.0" encoding="ASCII"?>' + str(ElementTree.tostring(root, encoding="us-ascii"), "ascii")


def _printable(text: str) -> str:
    return UNPRINTABLE.sub("", text)


def read_answers(xml: str) -> dict[str, list[str]]:
    """Read the values of a QuestionFormAnswers document by question."""
    root = ElementTree.fromstring(xml)
    answers: dict[str, list[str]] = {}
    for answer in root.iter(f"{{{ANSWERS}}}Answer"):
        values = [node.text or "" for node in answer if not node.tag.endswith("}QuestionIdentifier")]
        answers.setdefault(answer.findtext(f"{{{ANSWERS}}}QuestionIdentifier") or "", []).extend(values)
    return answers
