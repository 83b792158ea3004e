import hashlib
from pathlib import Path

import pytest

from evalsuite.errors import UserError
from turk import hosting


def test_a_stimulus_is_found_by_the_hash_of_its_bytes(tmp_path: Path) -> None:
    sha256 = hosting.write(tmp_path, b"pixels")

    assert sha256 == hashlib.sha256(b"pixels").hexdigest()
    assert hosting.read(tmp_path, sha256) == b"pixels"
    assert hosting.write(tmp_path, b"pixels") == sha256
    assert [path.name for path in (tmp_path / "stimuli").iterdir()] == [f"{sha256}.png"]


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "a" * 63, "A" * 64, "a" * 64 + "\n"])
def test_what_is_no_hash_names_no_file(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError, match="a name is 64 hexadecimal digits"):
        hosting.read(tmp_path, name)


def test_a_stimulus_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"a stimulus of the study is missing \(no such file or directory\)"):
        hosting.read(tmp_path, "0" * 64)


def test_missing_and_changed_files_are_found(tmp_path: Path) -> None:
    whole, changed = hosting.write(tmp_path, b"whole"), hosting.write(tmp_path, b"changed")
    hosting.path_of(tmp_path, changed).write_bytes(b"painted over")

    assert hosting.damaged(tmp_path, [whole, changed, "0" * 64]) == [changed, "0" * 64]
