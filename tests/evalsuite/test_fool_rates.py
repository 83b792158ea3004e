import json
from pathlib import Path

import pytest

from evalsuite.errors import UserError
from evalsuite.fool_rates import read_fool_rates


def test_fool_rates_are_read_as_turk_analyze_prints_them(tmp_path: Path) -> None:
    rate = {"value": 0.32, "ci95_these_photos": [0.3, 0.34], "ci95_new_photos": [0.28, 0.36], "trials": 1600}
    unsure = {"value": 0.1, "ci95_these_photos": [None, None]}
    conditions = {"ours": {"fool_rate": rate}, "few": {"fool_rate": unsure}, "none": {"fool_rate": {"value": None}}}
    record = {"study": "s", "conditions": conditions}
    (tmp_path / "rates.json").write_text(json.dumps(record))

    found = read_fool_rates(tmp_path / "rates.json")

    assert found == {"ours": {"value": 0.32, "ci95": [0.3, 0.34]}, "few": {"value": 0.1, "ci95": None}}


@pytest.mark.parametrize("text", ['{"conditions": {"ours": 3}}', "[]", "{}", "no JSON"])
def test_another_file_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "rates.json").write_text(text)

    with pytest.raises(UserError, match=r"turk analyze NAME --format json|cannot be read as JSON"):
        read_fool_rates(tmp_path / "rates.json")
