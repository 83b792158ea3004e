"""ab_error_p95 against numpy."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from evalsuite.metrics.ab_error_p95 import quantile


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(shape=st.tuples(st.integers(1, 3), st.integers(1, 700)), scale=st.sampled_from([0, 0.01, 12, 200]))
def test_it_agrees_with_numpy(shape: tuple[int, int], scale: float) -> None:
    values = np.random.default_rng(shape[1]).rayleigh(1, shape).astype(np.float32) * np.float32(scale)

    found = quantile(torch.from_numpy(values))

    np.testing.assert_allclose(found, np.percentile(values, 95, axis=1), atol=1e-4)


def test_ties_do_not_matter() -> None:
    values = torch.tensor([[1.0] * 90 + [2.0] * 10, [0.0] * 95 + [50.0] * 5])

    assert quantile(values).tolist() == pytest.approx(np.percentile(values.numpy(), 95, axis=1), abs=1e-5)
