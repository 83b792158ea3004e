"""CIEDE2000 against Sharma's pairs and scikit-image."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage import color as reference

from evalsuite.color_difference import ciede2000
from evalsuite.errors import UserError
from tests.evalsuite.swatches import image, some_lab

# Sharma, Wu and Dalal 2005, Table 1: L1 a1 b1, L2 a2 b2, CIEDE2000.
SHARMA = np.loadtxt(
    """\
    50.0000 2.6772 -79.7751 50.0000 0.0000 -82.7485 2.0425
    50.0000 3.1571 -77.2803 50.0000 0.0000 -82.7485 2.8615
    50.0000 2.8361 -74.0200 50.0000 0.0000 -82.7485 3.4412
    50.0000 -1.3802 -84.2814 50.0000 0.0000 -82.7485 1.0000
    50.0000 -1.1848 -84.8006 50.0000 0.0000 -82.7485 1.0000
    50.0000 -0.9009 -85.5211 50.0000 0.0000 -82.7485 1.0000
    50.0000 0.0000 0.0000 50.0000 -1.0000 2.0000 2.3669
    50.0000 -1.0000 2.0000 50.0000 0.0000 0.0000 2.3669
    50.0000 2.4900 -0.0010 50.0000 -2.4900 0.0009 7.1792
    50.0000 2.4900 -0.0010 50.0000 -2.4900 0.0010 7.1792
    50.0000 2.4900 -0.0010 50.0000 -2.4900 0.0011 7.2195
    50.0000 2.4900 -0.0010 50.0000 -2.4900 0.0012 7.2195
    50.0000 -0.0010 2.4900 50.0000 0.0009 -2.4900 4.8045
    50.0000 -0.0010 2.4900 50.0000 0.0010 -2.4900 4.8045
    50.0000 -0.0010 2.4900 50.0000 0.0011 -2.4900 4.7461
    50.0000 2.5000 0.0000 50.0000 0.0000 -2.5000 4.3065
    50.0000 2.5000 0.0000 73.0000 25.0000 -18.0000 27.1492
    50.0000 2.5000 0.0000 61.0000 -5.0000 29.0000 22.8977
    50.0000 2.5000 0.0000 56.0000 -27.0000 -3.0000 31.9030
    50.0000 2.5000 0.0000 58.0000 24.0000 15.0000 19.4535
    50.0000 2.5000 0.0000 50.0000 3.1736 0.5854 1.0000
    50.0000 2.5000 0.0000 50.0000 3.2972 0.0000 1.0000
    50.0000 2.5000 0.0000 50.0000 1.8634 0.5757 1.0000
    50.0000 2.5000 0.0000 50.0000 3.2592 0.3350 1.0000
    60.2574 -34.0099 36.2677 60.4626 -34.1751 39.4387 1.2644
    63.0109 -31.0961 -5.8663 62.8187 -29.7946 -4.0864 1.2630
    61.2901 3.7196 -5.3901 61.4292 2.2480 -4.9620 1.8731
    35.0831 -44.1164 3.7933 35.0232 -40.0716 1.5901 1.8645
    22.7233 20.0904 -46.6940 23.0331 14.9730 -42.5619 2.0373
    36.4612 47.8580 18.3852 36.2715 50.5065 21.2231 1.4146
    90.8027 -2.0831 1.4410 91.1528 -1.6435 0.0447 1.4441
    90.9257 -0.5406 -0.9208 88.6381 -0.8985 -0.7239 1.5381
    6.7747 -0.2908 -2.4247 5.8714 -0.0985 -2.2286 0.6377
    2.0776 0.0795 -1.1350 0.9033 -0.0636 -0.5514 0.9082
    """.splitlines()
)


def test_ciede2000_gives_sharmas_table() -> None:
    one, two = image(SHARMA[:, :3]), image(SHARMA[:, 3:6])

    np.testing.assert_allclose(ciede2000(one, two).flatten(), SHARMA[:, 6], atol=1e-4, rtol=0)
    np.testing.assert_allclose(ciede2000(two, one).flatten(), SHARMA[:, 6], atol=1e-4, rtol=0)


@pytest.mark.parametrize("spread", [0.02, 1.0, 30.0])
def test_ciede2000_agrees_with_scikit_image(spread: float) -> None:
    one = some_lab(3)
    two = (one + np.random.default_rng(4).normal(0, spread, one.shape)).astype(np.float32)

    measured = ciede2000(image(one), image(two)).flatten()

    expected = reference.deltaE_ciede2000(one.astype(float), two.astype(float))
    np.testing.assert_allclose(measured, expected, atol=1e-4, rtol=0)


def test_ciede2000_agrees_with_scikit_image_on_near_grays_and_near_opposite_hues() -> None:
    random = np.random.default_rng(5)
    grays = (np.array([50, 0, 0]) + random.normal(0, [9, 0.05, 0.05], (2, 2000, 3))).astype(np.float32)
    one = some_lab(6, 2000)
    opposite = one * np.array([1, -1, -1], np.float32) + random.normal(0, 0.5, one.shape).astype(np.float32)

    for left, right in (grays, (one, opposite), (grays[0] * np.array([1, 0, 0], np.float32), grays[1])):
        expected = reference.deltaE_ciede2000(left.astype(float), right.astype(float))
        np.testing.assert_allclose(ciede2000(image(left), image(right)).flatten(), expected, atol=2e-4, rtol=0)


@pytest.mark.slow
@settings(max_examples=50, deadline=None)
@given(st.tuples(st.floats(0, 100, width=32), st.floats(-128, 128, width=32), st.floats(-128, 128, width=32)))
def test_equal_colors_do_not_differ(lab: tuple[float, float, float]) -> None:
    color = image(np.array(lab))

    assert ciede2000(color, color.clone()).item() == 0


@pytest.mark.parametrize(
    ("call", "rule"),
    [
        (lambda: ciede2000(torch.zeros(3, 4, 4), torch.zeros(3, 4, 4)), r"shape \(N, 3, H, W\)"),
        (lambda: ciede2000(torch.zeros(1, 3, 4, 4), torch.zeros(1, 3, 4, 5)), "both images have one shape"),
    ],
)
def test_what_is_no_image_is_refused(call: object, rule: str) -> None:
    assert callable(call)
    with pytest.raises(UserError, match=rule):
        call()


@pytest.mark.gpu
def test_a_gpu_gives_the_same_differences() -> None:
    if not torch.cuda.is_available():
        pytest.skip("there is no GPU")
    lab = image(some_lab(9))
    other = lab.flip(-1)

    torch.testing.assert_close(ciede2000(lab.cuda(), other.cuda()).cpu(), ciede2000(lab, other), atol=5e-4, rtol=0)
