import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evalsuite.columns import ColumnFiles
from evalsuite.errors import UserError
from evalsuite.results import FAILED, LEFT_OUT, SCORED, Run, open_run, read_json, sha256_of, write_json
from evalsuite.rows import places, scored_photos


def run_folder(folder: Path) -> Run:
    columns = ColumnFiles(folder / "rows", photos=3)
    everywhere = np.arange(3)
    columns.write("gray", "status", everywhere, np.array([SCORED, FAILED, SCORED], np.uint8))
    columns.write("gray", "a.value", everywhere, np.array([1.0, 2.0, 3.0]))
    columns.write("target", "a.count", everywhere, np.array([10.0, 20.0, 30.0]))
    np.save(folder / "rows" / "target" / "a.constant.prior.npy", np.ones(7))
    photos = [{"id": name, "status": "scored"} for name in "xyz"]
    manifest = {"status": "complete", "colorizers": {"gray": {}}, "metrics": {"a": {}}, "photos": photos}
    write_json(folder / "manifest.json", manifest)
    return open_run(folder)


def test_a_run_gives_the_rows_of_the_photos_that_were_scored(tmp_path: Path) -> None:
    indices, columns = run_folder(tmp_path).columns("gray", "a")

    assert indices.tolist() == [0, 2]
    assert columns["value"].tolist() == [1.0, 3.0]
    assert columns["target.count"].tolist() == [10.0, 30.0]
    assert columns["constant.prior"].shape == (7,)


def test_a_photo_that_a_method_failed_on_is_kept_and_an_undecodable_one_is_not(tmp_path: Path) -> None:
    run = run_folder(tmp_path)
    ColumnFiles(tmp_path / "rows", photos=3).write("gray", "status", np.array([2]), np.array([LEFT_OUT], np.uint8))

    assert run.kept().tolist() == [True, True, False]
    assert places(run).tolist() == [0, 1, 1]
    assert scored_photos(run) == 2


def test_an_unknown_colorizer_is_told_with_the_known(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no colorizer 'grey' in this run\. It has: gray"):
        run_folder(tmp_path).columns("grey", "a")


def test_a_folder_without_a_manifest_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no run folder"):
        open_run(tmp_path)


@pytest.mark.slow
def test_a_run_that_was_stopped_is_not_opened(tmp_path: Path) -> None:
    write_json(tmp_path / "manifest.json", {"status": "running"})

    with pytest.raises(UserError, match="has not come to its end"):
        open_run(tmp_path)


def test_damaged_json_is_told_with_its_file(tmp_path: Path) -> None:
    (tmp_path / "summary.json").write_text("{")

    with pytest.raises(UserError, match=r"summary\.json: cannot be read as JSON"):
        read_json(tmp_path / "summary.json")


def test_missing_json_is_told_with_its_file(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"curves\.json: no such file"):
        read_json(tmp_path / "curves.json")


def test_json_has_no_nan(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "a.json", {"value": float("nan")})
    assert not (tmp_path / "a.json").exists()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.slow
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plain=st.dictionaries(st.text(), JSON, max_size=3), items=st.lists(JSON, max_size=3))
def test_json_looks_the_same_item_by_item(tmp_path: Path, plain: dict[str, object], items: list[object]) -> None:
    write_json(tmp_path / "a.json", plain | {"items": iter(items)})

    assert (tmp_path / "a.json").read_text() == json.dumps(plain | {"items": items}, indent=1) + "\n"


def test_an_object_of_nothing_is_json_too(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {})

    assert (tmp_path / "a.json").read_text() == "{}\n"


def test_json_is_replaced_whole(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"a": 1})
    write_json(tmp_path / "a.json", {"a": 2})

    assert json.loads((tmp_path / "a.json").read_text()) == {"a": 2}


def test_a_hash_is_that_of_the_bytes(tmp_path: Path) -> None:
    (tmp_path / "abc").write_bytes(b"abc")

    # NIST's example for SHA-256.
    assert sha256_of(tmp_path / "abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
