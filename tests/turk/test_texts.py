import re
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from evalsuite.errors import UserError
from turk.design import arms_of, plan_session
from turk.registry import all_protocols, any_protocol
from turk.study import Study
from turk.texts import SHIPPED, Session, filled, own_texts, read_templates, session_of

PHOTOS = tuple(f"p{k:03}" for k in range(160))


def study(name: str = "zhang2016", reward: str = "1.40", contact: str = "ada@example.org", **changed: object) -> Study:
    parameters = {key: parameter.default for key, parameter in any_protocol(name).parameters.items()} | changed
    return Study(
        name="x", protocol=name, parameters=parameters, conditions=("ours", "theirs"), catch="wrong", photos=PHOTOS,
        stimuli={}, participants_per_condition=1, recruiter="link", reward_usd=Decimal(reward),
        settings={"contact": contact},
    )  # fmt: skip


def session(name: str = "zhang2016", **changed: Any) -> Session:
    frozen = study(name, **changed)
    return session_of(frozen, any_protocol(name), plan_session(frozen, arms_of(frozen)[0], 0, 0))


def english(name: str = "zhang2016", **changed: object) -> Mapping[str, str]:
    return filled(read_templates(locales=["en"]), session(name, **changed))["en"]


def write(folder: Path, locale: str, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / f"{locale}.yaml").write_text(text)
    return folder


def test_a_study_has_every_text_in_four_languages_with_nothing_left_to_fill_but_what_the_page_knows() -> None:
    texts = filled(read_templates(), session())

    assert list(texts) == ["en", "de", "es", "zh"]
    assert len({frozenset(known) for known in texts.values()}) == 1
    left = {
        (key, name)
        for known in texts.values()
        for key, text in known.items()
        for name in re.findall(r"{(\w+)}", text)
        if not key.startswith("editor_")
    }
    assert left == {
        ("progress", "number"), ("progress", "total"), ("device_too_small", "width"), ("device_too_small", "height"),
        ("reward_usd", "number"), ("seconds_many", "number"), ("minute_many", "number"),
        ("coloring_ready_text", "left"),
    }  # fmt: skip
    assert all(text for known in texts.values() for text in known.values())


def test_the_shipped_languages_use_the_same_placeholders() -> None:
    templates = read_templates()

    for key, template in templates["en"].items():
        used = {frozenset(re.findall(r"{(\w+)}", templates[locale][key])) for locale in SHIPPED}
        assert len(used) == 1, (key, template)


@pytest.mark.parametrize("name", sorted(all_protocols()))
@pytest.mark.parametrize("locale", SHIPPED)
def test_every_protocol_has_its_texts_in_every_language(name: str, locale: str) -> None:
    texts = filled(read_templates(locales=[locale]), session(name))[locale]

    assert texts["instructions"].count("\n\n") == 3
    assert "{" not in texts["instructions"] + texts["consent_text"]


def test_who_colors_is_told_about_photos_times_and_what_is_kept() -> None:
    texts = english("novice2017")

    # A tutorial of 120 s and ten photos of 60 s, 8 s between them, and 2 minutes to read: 15.5 minutes.
    assert (
        "You will color 11 gray photos and have 1 minute for each. It takes about 16 minutes." in texts["consent_text"]
    )
    assert "how people color photos" in texts["consent_text"]
    assert "We store the points and colors that you set" in texts["consent_text"]
    assert "very short time" not in texts["device_text"]
    assert "The first one is for practice" in texts["instructions"]
    assert "The first 2 are for practice" in english("novice2017", practice=2)["instructions"]
    assert "without practice" in english("novice2017", practice=0)["instructions"]
    assert "have 90 seconds for each" in english("novice2017", seconds=90)["consent_text"]
    assert "have 2 minutes for each" in english("novice2017", seconds=120)["consent_text"]


def test_facts_are_those_of_the_study() -> None:
    texts = english()

    # 58 trials of 500 + 1000 + 600 + 1000 ms and about 2 s for the answer, and 2 minutes to read: 6.93 minutes.
    assert "58 pairs of pictures" in texts["consent_text"]
    assert "about 7 minutes" in texts["consent_text"]
    assert "You receive $1.40" in texts["consent_text"]
    assert texts["consent_text"].endswith("write to ada@example.org.")
    assert "for 1 second each" in texts["instructions"]
    assert "The first 10 are for practice, and you are told" in texts["instructions"]
    assert texts["error_text"].endswith("write to ada@example.org.")


def test_texts_follow_what_the_protocol_shows() -> None:
    single = english("single", exposure_ms=500, practice=0)
    assert "100 pictures" in single["consent_text"]
    assert "visible for 0.5 seconds" in single["instructions"]
    assert "without practice" in single["instructions"]
    assert "the keys that stand on them" in single["instructions"]

    pairwise = english("pairwise")
    assert "visible side by side until you answer" in pairwise["instructions"]
    assert "The first 3 are for practice." in pairwise["instructions"]
    assert pairwise["practice_done_text"].startswith("From now on your answers count.")
    assert english()["practice_done_text"].startswith("From now on you are not told whether you were right.")


def test_numbers_are_written_as_the_language_writes_them() -> None:
    texts = filled(read_templates(), session("single", exposure_ms=500))

    assert "für 0,5 Sekunden" in texts["de"]["instructions"]
    assert "1,40 US-Dollar" in texts["de"]["consent_text"]
    assert "1,40 dólares" in texts["es"]["consent_text"]
    assert "1.40 美元" in texts["zh"]["consent_text"]


def test_nothing_is_promised_where_nothing_is_paid_and_nobody_named() -> None:
    texts = english(reward="0.00", contact="")

    assert "Taking part is unpaid." in texts["consent_text"]
    assert "$" not in texts["consent_text"]
    assert "write to the person who sent you here." in texts["consent_text"]


def test_the_version_of_the_consent_changes_with_what_is_consented_to_and_with_nothing_else(tmp_path: Path) -> None:
    version = english()["consent_version"]
    other = write(tmp_path / "a", "en", "next: Go on\n")
    own = write(tmp_path / "b", "en", "consent_text: Please take part.\n")

    assert re.fullmatch("[0-9a-f]{12}", version)
    assert filled(read_templates(own_texts(other)), session())["en"]["consent_version"] == version
    assert filled(read_templates(own_texts(own)), session())["en"]["consent_version"] != version
    assert english(reward="1.50")["consent_version"] != version


def test_a_researchers_texts_lie_over_ours_and_say_which_languages_are_offered(tmp_path: Path) -> None:
    own = write(tmp_path / "own", "de", "title: Farben\nconsent_text: |\n  Guten Tag,\n  bitte\n\n  - eins\n  - zwei\n")

    templates = read_templates(own_texts(own))

    assert list(templates) == ["de"]
    assert templates["de"]["title"] == "Farben"
    assert templates["de"]["consent_text"] == "Guten Tag, bitte\n\n- eins\n- zwei"
    assert templates["de"]["next"] == "Weiter"
    assert list(read_templates(own_texts(own / "de.yaml"), ["en", "de"])) == ["en", "de"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: b\ntitel: x\n", "there is no text of that name"),
        ("titel: x\n", "en.yaml, line 1, titel: there is no text of that name. Did you mean 'title'?"),
        ("\ntitle: for {minute}\n", "line 2, title: there is no placeholder {minute} here. Did you mean 'minutes'?"),
        ("title: '{number}'\n", "there is no placeholder {number} here"),
        ("task_which_is_fake: '{task}'\n", "there is no placeholder {task} here"),
        ("title: '{ minutes }'\n", "a brace is part of a placeholder such as {minutes}; got '{ minutes }'"),
        ("title: [a]\n", "line 1, title: expected a text; got a list"),
        ("title:\n", "line 1, title: expected a text; got nothing"),
    ],
)
def test_a_wrong_text_is_named_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UserError, match=re.escape(message)):
        read_templates(own_texts(write(tmp_path / "own", "en", text)))


def test_another_language_needs_every_text(tmp_path: Path) -> None:
    own = write(tmp_path / "own", "fr", "language: Français\n")

    with pytest.raises(UserError, match=r"texts, fr: every text is needed .* missing: title, .* and \d+ more"):
        read_templates(own_texts(own))
    with pytest.raises(UserError, match="texts, fr: every text is needed"):
        read_templates(locales=["en", "fr"])

    templates = read_templates(locales=["en"])["en"]
    whole = "".join(f"{key}: {text!r}\n" for key, text in templates.items() if "'" not in text and "\n" not in text)
    missing = [key for key, text in templates.items() if "'" in text or "\n" in text]
    write(own, "fr", whole + "".join(f"{key}: texte\n" for key in missing))
    assert read_templates(own_texts(own))["fr"]["consent_text"] == "texte"


def test_files_of_texts_are_called_by_their_language(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"English\.yaml: a file of texts is called by its language"):
        read_templates(own_texts(write(tmp_path / "a", "English", "title: x\n")))

    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="there is no text in this folder"):
        own_texts(tmp_path / "empty")
    with pytest.raises(UserError, match="it cannot be read"):
        own_texts(tmp_path / "nowhere" / "en.yaml")


def test_a_protocol_that_asks_something_new_needs_its_texts(tmp_path: Path) -> None:
    base = session()
    screens = tuple(replace(screen, question="which_is_older", choices=("left", "none")) for screen in base.screens)
    asked = replace(base, screens=screens)

    needed = "question_which_is_older, task_which_is_older, choice_none, truth_none"
    with pytest.raises(UserError, match=f"texts, en: the protocol needs {needed}"):
        filled(read_templates(locales=["en"]), asked)

    own = "question_which_is_older: Which?\ntask_which_is_older: Look.\nchoice_none: None\ntruth_none: Neither.\n"
    texts = filled(read_templates(own_texts(write(tmp_path / "own", "en", own))), asked)["en"]
    assert texts["instructions"].startswith("Look.")
