import re
import tempfile
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from evalsuite.errors import UserError
from tests.turk.images_made import FOLDERS, RUN, write_file
from turk.example import example
from turk.recruiting_terms import RECRUITING
from turk.registry import protocols
from turk.study_file import Draft, read_study_file

LEAST = "name: street-2026\nsource: {real: photos/, conditions: {ours: a/, theirs: b/}}\n"


def read(tmp_path: Path, text: str) -> Draft:
    (tmp_path / "study.yaml").write_text(text)
    return read_study_file(tmp_path / "study.yaml")


def test_name_and_source_are_enough_and_the_rest_follows_the_paper(tmp_path: Path) -> None:
    draft = read(tmp_path, LEAST)

    assert (draft.name, draft.protocol.name, draft.recruiter) == ("street-2026", "zhang2016", "link")
    assert draft.participants_per_condition == 40
    assert draft.reward_usd == Decimal("0.00")
    wanted = {"exposure_ms": 1000, "size": 256, "practice": 10, "test": 40, "catch": 8}
    assert {name: draft.parameters[name] for name in wanted} == wanted
    assert draft.exclusions["catch_min_correct"] == 6
    assert draft.stopping == {"participants": "all"}
    assert draft.analysis["draws"] == 10_000
    assert list(draft.templates) == ["en", "de", "es", "zh"]
    assert draft.settings["abandon_minutes"] == 30
    assert draft.source.real == tmp_path / "photos"
    assert draft.source.conditions == {"ours": tmp_path / "a", "theirs": tmp_path / "b"}
    assert draft.source.catch == "random"


def test_everything_can_be_said(tmp_path: Path) -> None:
    draft = read(
        tmp_path,
        """
name: everything
protocol: side_by_side
source: {run: runs/val, conditions: [eccv16, siggraph17], catch: gray, resize: crop, photos: 99}
parameters: {test: 20, catch: 4, exposure_ms: 750}
participants_per_condition: 12
recruiter: prolific
reward_usd: 1.4
contact: ada@example.org
texts: {de: {title: Farben}}
locales: [de, en]
exclusions: {catch_min_correct: 3, max_fast_share: off, practice_min_correct: 7}
stopping: {participants: 10}
analysis: {draws: 2000, contrasts: first}
seed: 7
device: {touch: no, min_refresh_hz: 59.5}
abandon_minutes: 60
replacements: 5
identity_days: 10
""",
    )

    assert draft.reward_usd == Decimal("1.40")
    assert (draft.source.run, draft.source.real) == (tmp_path / "runs" / "val", None)
    assert draft.source.conditions == {"eccv16": None, "siggraph17": None}
    assert (draft.source.catch, draft.source.resize, draft.source.photos) == ("gray", "crop", 99)
    assert (draft.parameters["test"], draft.parameters["exposure_ms"]) == (20, 750)
    assert draft.exclusions["catch_min_correct"] == 3
    assert draft.exclusions["max_fast_share"] is None
    assert draft.exclusions["practice_min_correct"] == 7
    assert draft.stopping == {"participants": 10}
    assert (draft.analysis["draws"], draft.analysis["contrasts"]) == (2000, "first")
    assert draft.seed == 7
    assert (list(draft.templates), draft.templates["de"]["title"]) == (["de", "en"], "Farben")
    assert draft.settings == {
        "contact": "ada@example.org", "abandon_minutes": 60, "replacements": 5, "identity_days": 10,
        "device": {"touch": False, "min_width": 0, "min_height": 0, "min_refresh_hz": 59.5},
        "wage_floor_usd": "8.00", "caps": {"people": 0, "usd": "0"},
        "recruiting": {name: term.default for name, term in RECRUITING.items()}, "prolific": {"signed": False},
    }  # fmt: skip


def test_a_study_has_a_seed_of_its_own_that_stays_the_same(tmp_path: Path) -> None:
    one, again, other = (read(tmp_path, LEAST.replace("2026", year)).seed for year in ("2026", "2026", "2027"))

    assert one == again != other


@pytest.mark.parametrize("name", sorted(protocols()))
def test_the_example_of_every_protocol_is_a_study_file_that_says_the_defaults(tmp_path: Path, name: str) -> None:
    said = read(tmp_path, example(name))
    text = f"name: my-study\nprotocol: {name}\nsource: {{run: runs/first, conditions: [eccv16, siggraph17]}}\n"
    silent = read(tmp_path, text)

    for field in ("parameters", "participants_per_condition", "reward_usd", "stopping", "analysis", "settings", "seed"):
        assert getattr(said, field) == getattr(silent, field)
    assert {rule: value for rule, value in said.exclusions.items() if value is not None} == silent.exclusions


def test_a_protocol_without_catch_trials_has_no_catch_condition(tmp_path: Path) -> None:
    draft = read(tmp_path, LEAST + "parameters: {catch: 0}\n")

    assert draft.source.catch is None
    assert "catch_min_correct" not in draft.exclusions


def test_the_catch_condition_may_have_a_folder_of_its_own(tmp_path: Path) -> None:
    source = read(tmp_path, LEAST.replace("}}", "}, catch: {wrong: w/}}")).source

    assert (source.catch, source.catch_folder) == ("wrong", tmp_path / "w")
    assert "wrong" not in source.conditions


WRONG = {
    "unknown key": ("participant_per_condition: 4\n", "line 3, participant_per_condition: there is no key "
                    "'participant_per_condition'. Did you mean 'participants_per_condition'?"),
    "unknown protocol": ("protocol: zhang\n", "line 3, protocol: 'zhang' is not known. Did you mean 'zhang2016'?"),
    "unknown parameter": ("parameters:\n  exposure: 5\n", "line 4, parameters.exposure: there is no parameter of "
                          "zhang2016 'exposure'. Did you mean 'exposure_ms'?"),
    "out of range": ("parameters: {exposure_ms: 5}\n", "at least 50 and at most 10,000; got 5"),
    "not whole": ("parameters: {test: 40.5}\n", "parameters.test: expected a whole number; got '40.5'"),
    "text": ("parameters: {test: forty}\n", "parameters.test: expected a whole number; got 'forty'"),
    "list": ("parameters: [1]\n", "expected keys and values such as {key: value}; got a list"),
    "nobody": ("participants_per_condition: 0\n", "at least 1 and at most 100,000; got 0"),
    "recruiter": ("recruiter: mail\n", "'mail' is not known. Known: link, prolific, mturk."),
    "reward": ("reward_usd: $2\n", "expected dollars such as 1.40; got '$2'"),
    "negative": ("reward_usd: -2\n", "expected dollars such as 1.40"),
    "too rich": ("reward_usd: 5000\n", "at least 0 and at most 1,000; got 5000"),
    "rule": ("exclusions: {catch_min: 6}\n", "there is no exclusion rule 'catch_min'. Did you mean 'catch_min_cor"),
    "more than there are": ("exclusions: {catch_min_correct: 9}\n", "at least 0 and at most 8; got 9"),
    "half a trial": ("exclusions: {catch_min_correct: 5.5}\n", "expected a whole number; got '5.5'"),
    "no such trials": ("parameters: {practice: 0}\nexclusions: {practice_min_correct: 3}\n",
                       "line 4, exclusions.practice_min_correct: this protocol has no practice trials to look at"),
    "stopping": ("stopping: {participants: 41}\n", "at least 1 and at most 40; got 41"),
    "stopping key": ("stopping: {people: 4}\n", "there is no stopping rule 'people'. Known: participants."),
    "analysis": ("analysis: {draws: 10}\n", "at least 1,000 and at most 1,000,000; got 10"),
    "choice": ("analysis: {contrasts: some}\n", "'some' is not known. Known: all, first."),
    "device": ("device: {touch: maybe}\n", "device.touch: expected true or false; got 'maybe'"),
    "locale": ("locales: [en, fr]\n", "line 3, locales: there are no texts in 'fr'."),
    "locale twice": ("locales: [en, en]\n", "one language or more, each once; got en, en"),
    "no locale": ("locales: []\n", "one language or more, each once; got none"),
    "texts": ("texts: {English: {title: x}}\n", "texts are kept by language"),
    "text key": ("texts:\n  en:\n    titel: x\n", "line 5, texts.en.titel: there is no text of that name"),
    "no texts": ("texts: mine/\n", "mine: a file of texts is called by its language"),
    "contact": (f"contact: {'x' * 201}\n", "at most 200 characters; got 201"),
    "seed": ("seed: -1\n", "at least 0 and at most 2,147,483,647; got -1"),
    "no YAML": ("a: [\n", "this is no YAML"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, case: str) -> None:
    text, message = WRONG[case]

    with pytest.raises(UserError) as caught:
        read(tmp_path, LEAST + text)

    assert message in str(caught.value)
    assert case in ("no texts",) or str(caught.value).startswith("study.yaml, line ")


SOURCES = {
    "{real: p}": "a source is {run: RUN, conditions: [a, b]} or {real: FOLDER, conditions: {a: FOLDER}}; got real",
    "{real: p, run: r, conditions: [a]}": "got real, run, conditions",
    "{conditions: [a]}": "got conditions",
    "{}": "got nothing",
    "[a]": "expected keys and values",
    "{real: p, conditions: [a]}": "source.conditions: expected keys and values such as {key: value}; got a list",
    "{run: r, conditions: {a: b}}": "source.conditions: expected a list such as [a, b]; got keys and values",
    "{run: r, conditions: a}": "expected a list",
    "{run: r, conditions: []}": "a study shows one condition or more; got none",
    "{run: r, conditions: [a, a]}": "'a' stands twice",
    "{run: r, conditions: [real]}": "'real' is what the photos themselves are called",
    "{real: p, conditions: {a/b: c}}": "a condition's name has letters, digits, and _ . + - behind the first",
    "{real: p, conditions: {a: }}": "source.conditions.a: expected a text; got nothing",
    "{run: r, conditions: [a], catches: b}": "there is no key 'catches'. Did you mean 'catch'?",
    "{run: r, conditions: [a], resize: stretch}": "'stretch' is not known. Known: squash, crop.",
    "{run: r, conditions: [a], photos: 0}": "at least 1",
    "{run: r, conditions: [a], catch: none}": "the study has catch trials, which need images",
    "{real: p, conditions: {a: b}, catch: {x: y, z: w}}": "one catch condition; got 2",
    "{real: p, conditions: {a: b}, catch: {a: y}}": "'a' is a condition already",
    "{real: p, conditions: {a: b}, catch: {real: y}}": "'real' is what the photos themselves are called",
}


@pytest.mark.parametrize("source", SOURCES)
def test_a_source_that_cannot_be_is_named_with_its_line(tmp_path: Path, source: str) -> None:
    with pytest.raises(UserError, match=re.escape(SOURCES[source])) as caught:
        read(tmp_path, f"name: x\nsource: {source}\n")

    assert str(caught.value).startswith("study.yaml, line 2, source")


def test_a_catch_condition_without_catch_trials_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"source.catch: the study has no catch trials \(parameters.catch is 0"):
        read(tmp_path, LEAST.replace("}}", "}, catch: random}") + "parameters: {catch: 0}\n")


@pytest.mark.parametrize("name", ["Street", "a b", "-a", "a-", "ä", "a" * 65, "../a"])
def test_a_name_that_is_no_address_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError, match="a study's name has a-z, 0-9 and -"):
        read(tmp_path, LEAST.replace("street-2026", name))


@pytest.mark.parametrize("needed", ["name", "source"])
def test_what_is_needed_is_asked_for(tmp_path: Path, needed: str) -> None:
    with pytest.raises(UserError, match=f"a study file has the key '{needed}', and this one does not"):
        read(tmp_path, "".join(line for line in LEAST.splitlines(True) if not line.startswith(needed)))


def test_a_protocol_that_compares_needs_two_conditions_and_says_so_in_their_line(tmp_path: Path) -> None:
    text = "name: x\nprotocol: pairwise\nsource:\n  run: r\n  conditions: [a]\n"

    with pytest.raises(UserError, match=r"line 5, source.conditions: .*pairwise compares two or more; got a"):
        read(tmp_path, text)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"gone.yaml: it cannot be read"):
        read_study_file(tmp_path / "gone.yaml")


@pytest.mark.parametrize("source", [FOLDERS, RUN])
def test_paths_start_at_the_file_wherever_one_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    file = write_file(tmp_path / "there", source)
    monkeypatch.chdir(tmp_path)

    draft = read_study_file(Path("there/study.yaml"))

    assert (draft.source.real or draft.source.run) in (tmp_path / "there" / "photos", tmp_path / "there" / "run")
    assert draft.text == file.read_text()


KEYS = st.sampled_from(["name", "source", "protocol", "parameters", "exclusions", "texts", "run", "real", "conditions",
                        "catch", "stopping", "analysis", "device", "locales", "en", "reward_usd", "x"])  # fmt: skip
VALUES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.dates(), KEYS)
TREES = st.recursive(
    VALUES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS | VALUES, inner, max_size=5), max_leaves=12
)
FILES = st.dictionaries(KEYS, TREES, max_size=8)
LINES = example().splitlines()
GARBLES = st.sampled_from(["", "- ", "[", "}", "'", "\t", ": ", "# ", "&a ", "!!python/object:os.system ", "\x85", "ä"])


def is_told_or_read(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "study.yaml"
        file.write_text(text, encoding="utf-8", errors="surrogatepass")
        with suppress(UserError):
            read_study_file(file)


@pytest.mark.slow
@given(FILES, st.sampled_from(["{real: a, conditions: {b: c}}", "{run: a, conditions: [b]}"]))
@settings(max_examples=80, deadline=None)
def test_whatever_stands_in_a_file_is_read_or_told(tree: dict[str, Any], source: str) -> None:
    is_told_or_read(yaml.safe_dump(tree, allow_unicode=True))
    rest = {key: value for key, value in tree.items() if key not in ("name", "source")}
    is_told_or_read(f"name: x\nsource: {source}\n" + (yaml.safe_dump(rest, allow_unicode=True) if rest else ""))


@pytest.mark.slow
@given(st.integers(0, len(LINES) - 1), st.integers(0, 40), GARBLES, st.booleans())
@settings(max_examples=60, deadline=None)
def test_a_garbled_line_is_read_or_told(line: int, column: int, garble: str, twice: bool) -> None:
    lines = list(LINES)
    lines[line] = lines[line][:column] + garble + lines[line][column:]
    is_told_or_read("\n".join([*lines[: line + 1], *lines[line if twice else line + 1 :]]))
