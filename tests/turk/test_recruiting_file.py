import re
from pathlib import Path
from typing import Any

import pytest

from evalsuite.errors import UserError
from turk.example import example
from turk.study_file import read_study_file

LEAST = "name: street-2026\nsource: {real: photos/, conditions: {ours: a/, theirs: b/}}\n"


def settings(tmp_path: Path, text: str) -> dict[str, Any]:
    (tmp_path / "study.yaml").write_text(LEAST + text)
    return dict(read_study_file(tmp_path / "study.yaml").settings)


def test_a_link_has_no_terms_of_payment(tmp_path: Path) -> None:
    assert not {"wage_floor_usd", "caps", "recruiting", "mturk"} & set(settings(tmp_path, ""))


def test_a_paid_study_has_a_wage_floor_caps_and_terms_that_hold_unasked(tmp_path: Path) -> None:
    found = settings(tmp_path, "recruiter: mturk\n")

    assert found["wage_floor_usd"] == "8.00"
    assert found["caps"] == {"people": 0, "usd": "0"}
    assert found["recruiting"]["approval"] == "finished"
    assert found["mturk"] == {
        "approval_percent": 95, "approved_hits": 100, "masters": False, "one_per_place": False, "locales": [],
    }  # fmt: skip
    assert "mturk" not in settings(tmp_path, "recruiter: prolific\n")


def test_every_term_can_be_said(tmp_path: Path) -> None:
    found = settings(
        tmp_path,
        """recruiter: mturk
wage_floor_usd: 12.5
caps: {people: 99, usd: 150}
recruiting: {title: Colors, minutes_allowed: 45, days_on_offer: 3, auto_approval_days: 5, approval: kept}
mturk: {approval_percent: 98, approved_hits: 500, locales: [US, GB, CA-BC], masters: yes, one_per_place: on}
""",
    )

    assert (found["wage_floor_usd"], found["caps"]) == ("12.50", {"people": 99, "usd": "150.00"})
    assert (found["recruiting"]["title"], found["recruiting"]["approval"]) == ("Colors", "kept")
    assert found["mturk"]["locales"] == ["US", "GB", "CA-BC"]
    assert found["mturk"]["masters"] is found["mturk"]["one_per_place"] is True


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("wage_floor_usd: 8.00", "line 3, wage_floor_usd: nothing is paid through a link"),
        ("mturk: {masters: yes}", "line 3, mturk: the recruiter is link. Remove the key"),
        ("recruiter: mturk\nwage_floor_usd: cheap", "line 4, wage_floor_usd: expected dollars such as 1.40"),
        ("recruiter: mturk\ncaps:\n  usd: -1", "line 5, caps.usd: expected dollars such as 1.40"),
        ("recruiter: mturk\ncaps: {person: 4}", "line 4, caps.person: there is no cap 'person'"),
        ("recruiter: mturk\nrecruiting: {approval: all}", "line 4, recruiting.approval: 'all' is not known"),
        (f"recruiter: mturk\nrecruiting: {{title: {'x' * 129}}}", "recruiting.title: at most 128 characters; got 129"),
        ("recruiter: mturk\nmturk: {locales: [us]}", "line 4, mturk.locales: up to 30 countries such as US"),
        ("recruiter: mturk\nmturk: {locales: [US, US]}", "got 2 of them. Correct the list"),
        ("recruiter: mturk\nmturk:\n  approved_hits: 50", "line 5, mturk.approved_hits: approval rates"),
        ("recruiter: mturk\nmturk: {rate: 3}", "line 4, mturk.rate: there is no requirement on workers 'rate'"),
    ],
)  # fmt: skip
def test_every_mistake_is_named_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UserError, match=re.escape(message)):
        settings(tmp_path, text)


@pytest.mark.parametrize(("recruiter", "other"), [("mturk", "prolific"), ("prolific", "mturk")])
def test_the_example_says_them_as_they_are_read(tmp_path: Path, recruiter: str, other: str) -> None:
    text = re.sub(rf"(?m)^# {other}:.*\n(#   .*\n)+", "", example())
    start = text.index("# With recruiter:")
    spoken = text[:start].replace("recruiter: link", f"recruiter: {recruiter}") + re.sub(r"(?m)^# ?", "", text[start:])
    (tmp_path / "study.yaml").write_text(spoken.replace("With recruiter: prolific or mturk, also these:\n", ""))

    found = read_study_file(tmp_path / "study.yaml").settings

    usual = settings(tmp_path, f"recruiter: {recruiter}\n")
    assert {**found, "caps": {**found["caps"], "usd": "0"}} == usual
