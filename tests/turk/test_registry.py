"""Finding protocols by name."""

import pytest

from evalsuite.errors import UserError
from turk.registry import protocol, protocols


def test_every_file_of_the_package_is_a_protocol() -> None:
    assert list(protocols()) == ["naturalness", "pairwise", "rating", "side_by_side", "single", "zhang2016"]


def test_an_unknown_name_lists_the_nearest_and_the_known() -> None:
    with pytest.raises(UserError, match=r"protocol 'zang2016' is unknown. Did you mean 'zhang2016'\? Known: natural"):
        protocol("zang2016")
