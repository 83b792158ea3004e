"""What is made from the site's secret."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from turk.keys import (
    ALPHABET,
    CODE_LENGTH,
    completion_code,
    equal,
    nameless_key,
    person_key,
    random_seed,
    random_token,
    synthetic_seed,
    token_hash,
)

SECRET = "s" * 40


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


@pytest.mark.slow
@settings(deadline=None)
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
