"""The forms in which a page answers beside HTML: JSON, CSV, LaTeX and BibTeX."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping

from evalsuite.typesetting import escape, latex
from webapp.page import Answer, Form

TYPES: Mapping[Form, str] = {
    "html": "text/html; charset=utf-8",
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "tex": "application/x-tex; charset=utf-8",
    "bib": "application/x-bibtex; charset=utf-8",
}
PAPER = re.compile(r"(?P<authors>[^:]+): (?P<title>.+?),? (?P<venue>[^,.]*?)[ ,]*(?P<year>(19|20)\d\d)\.?")
"""`Authors: Title, Venue Year`, as the records of methods have it."""


def json_text(answer: Answer, address: str) -> str:
    """Everything that the page says."""
    return (
        json.dumps({"address": address, **answer.data, "rows": answer.rows()}, indent=1, allow_nan=False, default=str)
        + "\n"
    )


def csv_text(answer: Answer) -> str:
    """The page's table, a record per line."""
    out = io.StringIO()
    if rows := answer.rows():
        writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return out.getvalue()


def tex_text(answer: Answer, address: str, version: object) -> str:
    """The page's table for a paper, where it comes from, and the entries for its bibliography."""
    if answer.table is None:
        return "% This view has no table.\n"
    label = re.sub(r"\W+", "-", answer.title.lower()).strip("-")
    entries = "".join(f"% {line}\n" for line in bib_text(answer).splitlines())
    source = f"% {address}\n% data version {version}\n% \\usepackage{{booktabs}}\n"
    printed = [answer.table(), *answer.tables()]
    set_in_latex = "\n\n".join(latex(one, f"{label}-{k}" if k else label) for k, one in enumerate(printed))
    return f"{source}{set_in_latex}\n{entries}"


def bib_text(answer: Answer) -> str:
    """BibTeX entries of the methods shown."""
    return "\n".join(_entry(key, paper, url) for key, (paper, url) in sorted(answer.cite.items()))


def _entry(key: str, paper: str, url: str) -> str:
    found = PAPER.fullmatch(paper)
    fields = {"title": paper}
    if found is not None:
        authors = " and ".join(part.strip() for part in found["authors"].split(","))
        fields = {
            "author": authors, "title": found["title"], "howpublished": found["venue"].strip(), "year": found["year"],
        }  # fmt: skip
    lines = [f"  {name} = {{{escape(value)}}}" for name, value in fields.items() if value]
    return "@misc{" + ",\n".join([key, *lines, f"  url = {{{url}}}"]) + "\n}\n"
