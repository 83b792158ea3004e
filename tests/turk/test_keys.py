"""The site's secret and what is made from it."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalsuite.errors import UserError
from turk.keys import (
    ALPHABET,
    CODE_LENGTH,
    completion_code,
    equal,
    nameless_key,
    person_key,
    random_seed,
    random_token,
    site_secret,
    synthetic_seed,
    token_hash,
)
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


def test_an_empty_secret_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret_key").write_text("")

    with pytest.raises(UserError, match="at least 32 characters; got 0"):
        site_secret({}, tmp_path)


def test_a_secret_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="missing: the site's key cannot be read"):
        site_secret({"SECRET_KEY_FILE": str(tmp_path / "missing")}, tmp_path)


def test_a_secret_that_cannot_be_kept_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(UserError, match="cannot be kept"):
        site_secret({}, tmp_path / "file")


def test_a_person_has_one_key_per_platform_and_secret() -> None:
    keys = {
        person_key(SECRET, "link", "ada"),
        person_key(SECRET, "mturk", "ada"),
        person_key(SECRET * 2, "link", "ada"),
    }

    assert len(keys) == 3
    assert person_key(SECRET, "link", "ada") in keys
    assert all(len(key) == 64 for key in keys)


def test_a_key_is_an_hmac_of_its_words_with_their_lengths() -> None:
    # printf '6:person4:link3:ada' | openssl dgst -sha256 -hmac ssssssssssssssssssssssssssssssssssssssss
    assert person_key(SECRET, "link", "ada") == "eb8b689db020bc2ba04da82694eb3c52d8eadcb45c7e815cb84a4bb098fccc84"


@given(st.text(), st.text(), st.text(), st.text())
def test_what_reads_the_same_when_joined_has_other_keys(a: str, b: str, c: str, d: str) -> None:
    same = (a, b) == (c, d)

    assert (person_key(SECRET, a, b) == person_key(SECRET, c, d)) == same
    assert (nameless_key(SECRET, a, b) == nameless_key(SECRET, c, d)) == same
    assert person_key(SECRET, a, b) != nameless_key(SECRET, a, b)


def test_completion_codes_can_be_read_aloud_and_belong_to_one_session() -> None:
    codes = {completion_code(SECRET, "hash", number) for number in range(1000)}

    assert len(codes) == 1000
    assert all(len(code) == CODE_LENGTH and set(code) <= set(ALPHABET) for code in codes)
    assert completion_code(SECRET, "another", 1) not in codes
    assert completion_code("t" * 40, "hash", 1) not in codes


def test_tokens_are_long_and_never_the_same_and_kept_as_their_hash() -> None:
    tokens = {random_token() for _ in range(1000)}

    assert len(tokens) == 1000
    assert {len(token) for token in tokens} == {32}
    # printf abc | sha256sum
    assert token_hash("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_seeds_fit_both_databases() -> None:
    seeds = {random_seed() for _ in range(1000)}

    assert len(seeds) > 990
    assert all(0 <= seed < 2**31 for seed in seeds)


def test_a_synthetic_participant_is_planned_the_same_everywhere() -> None:
    # printf 'hash:robot 3' | sha256sum | cut -c-8, halved
    assert synthetic_seed("hash", "robot 3") == 0x95ADBF90 >> 1
    assert len({synthetic_seed(study, f"robot {k}") for study in ("a", "b") for k in range(100)}) == 200


def test_comparing_takes_any_text() -> None:
    assert equal("schlüssel", "schlüssel")
    assert not equal("schlüssel", "other")


def test_processes_that_start_at_once_agree_on_the_secret(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        made = list(pool.map(lambda _: site_secret({}, tmp_path / "data"), range(64)))

    assert len(set(made)) == 1
    assert [file.name for file in (tmp_path / "data").iterdir()] == ["secret_key"]
