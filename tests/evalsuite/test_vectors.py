"""Scores of all photos in one value."""

from __future__ import annotations

import numpy as np

from evalsuite.vectors import pack, unpack


def test_scores_come_back_at_their_photos_and_missing_ones_as_nan() -> None:
    back = unpack(pack(4, np.array([3, 0]), np.array([0.1, -2.5])))

    np.testing.assert_array_equal(back, [-2.5, np.nan, np.nan, 0.1])


def test_the_layout_does_not_depend_on_the_machine() -> None:
    assert pack(1, np.array([0]), np.array([1.0])) == bytes.fromhex("000000000000f03f")
