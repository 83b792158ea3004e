"""The dashboard as files: complete in itself, with nothing that a viewer may not see."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from evalsuite.db import make_engine, session_scope
from evalsuite.errors import UserError
from evalsuite.store import grow_data_version
from tests.webapp.answered import add_study
from tests.webapp.runs import PHOTOS, runs_database
from turk.result_tables import AnalysisRow, FoolRateRow, PhotoRateRow
from webapp.commands.export import command
from webapp.copying import Copier
from webapp.tables import TokenRow

pytestmark = pytest.mark.slow

SQUASHED = "leaderboard/1.at-squash-24.html"
"""The board with the study; the newest board is another."""
LINK = re.compile(r'(?:href|src|data-mask|data-back)="([^"#]*)[^"]*"')


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A database with three runs and a study."""
    return runs_database(tmp_path_factory.mktemp("exported"), add_study)


@pytest.fixture(scope="module")
def copy(database: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its export, of few views and photos."""
    return exported(database, tmp_path_factory.mktemp("site"), "--views", "12", "--photos", "10")


def exported(database: str, folder: Path, *options: str) -> Path:
    """Export into a folder."""
    done = CliRunner().invoke(command, [str(folder), "--db", database, *options], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return folder


def links(file: Path) -> Iterator[str]:
    """Where a page links to."""
    text = file.read_text()
    yield from (unescape(link) for link in LINK.findall(text))
    for record in re.findall(r'data-judge="([^"]*)"', text):
        yield from addresses(json.loads(unescape(record)))


def addresses(value: Any) -> Iterator[str]:
    """The addresses in a record: what looks like a file of the copy."""
    if isinstance(value, dict):
        for one in value.values():
            yield from addresses(one)
    elif isinstance(value, list):
        for one in value:
            yield from addresses(one)
    elif isinstance(value, str) and re.fullmatch(r"(\.\./|[\w.~-]+/)*[\w.~-]+\.(html|webp|png|json|csv)", value):
        yield value


def test_no_link_of_any_page_is_dead_and_none_needs_a_server(copy: Path) -> None:
    dead = {}
    for file in copy.rglob("*.html"):
        for link in links(file):
            if link and not link.startswith(("http://", "https://")):
                assert not link.startswith("/"), (file, link)
                if not (file.parent / link).is_file():
                    dead[file.name] = link
        assert "<form" not in file.read_text().replace('<form method="dialog">', "")

    assert dead == {}
    assert len(list(copy.rglob("*.html"))) > 40


def test_every_page_of_the_dashboard_is_there_in_all_its_forms(copy: Path) -> None:
    photo = f"photo/{next((copy / 'photo').glob('*.html')).name.removesuffix('.html')}"
    for name in ("index", "leaderboard/1", "run/1", "run/3", "compare/1", "gallery/1", "judge/1", photo):
        json.loads((copy / f"{name}.json").read_text())
        assert (copy / f"{name}.html").is_file()
        assert (copy / f"{name}.csv").is_file()
    assert r"\toprule" in (copy / "leaderboard/1.tex").read_text()
    assert len(list((copy / "leaderboard").glob("1.*.html"))) > 10


def test_a_copied_comparison_has_the_bands_of_its_curves_and_of_their_difference(copy: Path) -> None:
    text = (copy / "compare/1.at-squash-24.html").read_text()
    record = json.loads((copy / "compare/1.at-squash-24.json").read_text())

    assert len(re.findall(r'class="band s\d"', text)) == 3
    assert len(record["curves"]["differences"][0]["low"]) == 151
    assert "auc.cmf" in (copy / "compare/1.at-squash-24.csv").read_text()


def test_data_point_to_files_of_the_copy(copy: Path) -> None:
    record = json.loads((copy / "gallery/1.at-squash-24.json").read_text())
    rows = list(csv.DictReader((copy / "gallery/1.at-squash-24.csv").read_text().splitlines()))

    assert [row["photo"] for row in record["rows"]] == [row["photo"] for row in rows]
    for row in (*record["rows"], *rows):
        assert (copy / "gallery" / row["real"]).is_file()
    dead = [one for one in addresses(record) if not (copy / "gallery" / one).is_file()]
    assert dead == []


def test_choices_of_forms_become_links_to_the_views_that_are_there(copy: Path) -> None:
    text = (copy / "leaderboard/1.html").read_text()

    assert re.search(r'<a href="1\.[\w-]*style-zhang2016\.html">Zhang et al\. 2016, Table 1</a>', text)
    assert "<b>chosen metrics</b>" in text


def test_photos_that_are_left_out_are_named_without_a_link(copy: Path) -> None:
    named = json.loads((copy / "gallery/1.at-squash-24.json").read_text())["rows"]

    assert len(named) == PHOTOS
    assert len(list((copy / "photo").glob("*.html"))) == 10
    assert sum(row["address"] is not None for row in named) == 10


def test_nothing_is_written_to_the_database_and_no_researchers_page_is_copied(copy: Path, database: str) -> None:
    engine = make_engine(database)
    with session_scope(engine, read_only=True) as session:
        assert session.scalars(select(TokenRow)).all() == []
    engine.dispose()
    everything = "".join(file.read_text() for file in copy.rglob("*.html"))
    assert "/shares" not in everything
    assert "Log out" not in everything
    assert not (copy / "color.html").exists()


def test_what_is_blinded_stays_so(database: str, tmp_path: Path) -> None:
    """Fool rates are kept only when they may be seen; without what is kept, no page knows of them."""
    engine = make_engine(database)
    told = exported(database, tmp_path / "told", "--views", "1", "--photos", "0")
    assert "40 people" in (told / SQUASHED).read_text()
    with session_scope(engine) as session:
        for table in (PhotoRateRow, FoolRateRow, AnalysisRow):
            for row in session.scalars(select(table)):
                session.delete(row)
        grow_data_version(session)  # as with every change that pages show
    try:
        blinded = exported(database, tmp_path / "blinded", "--views", "1", "--photos", "0")
        texts = [file.read_text() for file in blinded.rglob("*") if file.suffix in (".html", ".json", ".csv")]
        assert not any("people-of-street" in text and "0.3" in text for text in texts)
        assert not any("40 people" in text for text in texts)
    finally:
        engine.dispose()


def test_an_export_never_mixes_with_what_is_there(database: str, tmp_path: Path) -> None:
    (tmp_path / "kept.txt").write_text("mine")

    done = CliRunner().invoke(command, [str(tmp_path), "--db", database])

    assert isinstance(done.exception, UserError)
    assert "goes into a new or empty folder" in str(done.exception)
    assert [file.name for file in tmp_path.iterdir()] == ["kept.txt"]


def test_what_is_no_link_stays_as_it_was() -> None:
    page = (
        '<!doctype html>\n<p title="a &amp; b">1 &lt; 2 &#34;x&#34;</p><svg viewBox="0 0 1 1"><path d="M0 0"/></svg>'
        '<form method="dialog"><button>Close</button></form><a href="https://example.org/?a=1&amp;b=2">paper</a>'
    )

    assert Copier("/", "index.html", lambda address: None).text(page) == page


def test_links_that_lead_nowhere_become_text_and_others_relative() -> None:
    copier = Copier("/a/b", "a/b.html", {"/c/d?x=1": "c/d.x-1.html"}.get)

    copied = copier.text('<a href="/c/d?x=1#here">one</a> <a class="y" href="/gone">two</a>')

    assert copied == '<a href="../c/d.x-1.html#here">one</a> <span>two</span>'


def test_a_form_becomes_links_that_keep_the_other_choices() -> None:
    copier = Copier("/g?q=1&m=x&after=3~4", "g.html", lambda address: "g2.html")

    copied = copier.text(
        '<form method="get"><input type="hidden" name="at" value="1"><select name="m"><option value="x" selected>'
        'X &amp; x</option><option value="y">Y</option></select></form>'
        '<form method="post" action="/z"><select name="days">'
        '<option value="7">7</option><option value="8">8</option></select></form>'
    )

    assert copier.links == ["/g?q=1&m=x", "/g?q=1&m=y"]
    assert copied == (
        '<details class="filters"><summary>Other views</summary><p class="links" aria-label="m"><b>X &amp; x</b> '
        '<a href="g2.html">Y</a></p></details>'
    )


def test_nothing_of_a_copy_asks_a_server_again() -> None:
    copier = Copier("/studies/1", "studies/1.html", lambda address: "x")

    copied = copier.text(
        '<script type="module" src="/static/monitor.js?v=1"></script><div data-fragment="/studies/1/monitor" class="x">'
        "3 of 4</div>"
    )

    assert copied == '<script></script><div class="x">3 of 4</div>'
