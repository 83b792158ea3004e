"""The secret of the site: where it comes from, and who makes it."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from evalsuite.errors import UserError
from turk.site_secret import site_secret
from webapp.config import read_config

SECRET = "s" * 40


def test_the_secret_of_the_environment_wins(tmp_path: Path) -> None:
    assert site_secret({"SECRET_KEY": SECRET}, tmp_path) == SECRET
    assert not list(tmp_path.iterdir())


def test_a_file_can_hold_the_secret(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(SECRET + "\n")

    assert site_secret({"SECRET_KEY_FILE": str(tmp_path / "key")}, tmp_path) == SECRET


def test_a_secret_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    made = site_secret({}, tmp_path / "data")

    file = tmp_path / "data" / "secret_key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert site_secret({}, tmp_path / "data") == made
    assert len(made) == 64


def test_the_site_and_the_commands_have_the_same_secret(tmp_path: Path) -> None:
    config = read_config({}, f"sqlite:///{tmp_path / 'evalsuite.db'}")

    assert site_secret({}, tmp_path) == config.secret_key


def test_a_short_secret_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="at least 32 characters; got 3"):
        site_secret({"SECRET_KEY": "abc"}, tmp_path)


def test_a_secret_in_two_places_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="SECRET_KEY and SECRET_KEY_FILE are both set"):
        site_secret({"SECRET_KEY": SECRET, "SECRET_KEY_FILE": "/somewhere"}, tmp_path)


def test_an_empty_secret_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret_key").write_text("")

    with pytest.raises(UserError, match="is empty"):
        site_secret({}, tmp_path)


def test_a_secret_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"SECRET_KEY_FILE: .*missing cannot be read"):
        site_secret({"SECRET_KEY_FILE": str(tmp_path / "missing")}, tmp_path)


def test_a_secret_that_cannot_be_kept_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(UserError, match="cannot be kept"):
        site_secret({}, tmp_path / "file")


def test_processes_that_start_at_once_agree_on_the_secret(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        made = list(pool.map(lambda _: site_secret({}, tmp_path / "data"), range(64)))

    assert len(set(made)) == 1
    assert [file.name for file in (tmp_path / "data").iterdir()] == ["secret_key"]
