"""Color science against scikit-image, Sharma's pairs, and tables worked by hand."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from skimage import color as reference
from torch import Tensor

from evalsuite.bins import ab_bins, annealed_mean, class_weights, nearest_bin, soft_encode
from evalsuite.color import is_gray, join, lab_to_rgb, lab_to_rgb8, rgb_to_lab
from evalsuite.color_difference import ciede2000
from evalsuite.errors import UserError

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

ALL_COLORS = 1 << 24


def image(values: NDArray[np.generic]) -> Tensor:
    """Colors along the last axis, (..., 3), as float32 images (1, 3, 1, n)."""
    return torch.from_numpy(values.reshape(-1, 3).astype(np.float32).T[None, :, None].copy())


def colors(tensor: Tensor) -> NDArray[np.float64]:
    """The opposite of `image`: (n, channels)."""
    return tensor.flatten(2)[0].T.double().numpy()


def some_rgb(seed: int, n: int = 4000) -> NDArray[np.uint8]:
    """Random colors with the corners of the cube and all grays of low value among them."""
    corners = np.stack(np.meshgrid([0, 255], [0, 255], [0, 255]), axis=-1).reshape(-1, 3)
    grays = np.repeat(np.arange(20)[:, None], 3, axis=1)
    drawn = np.random.default_rng(seed).integers(0, 256, (n, 3))
    return np.concatenate([corners, grays, drawn]).astype(np.uint8)


def some_lab(seed: int, n: int = 4000) -> NDArray[np.float32]:
    """Random Lab colors, many out of gamut."""
    return np.random.default_rng(seed).uniform([0, -110, -110], [100, 110, 110], (n, 3)).astype(np.float32)


@pytest.mark.parametrize("kind", ["uint8", "float32", "float64"])
def test_lab_agrees_with_scikit_image(kind: str) -> None:
    rgb = some_rgb(0)
    given_as = torch.from_numpy(rgb.T[None, :, None].copy())
    given_as = given_as if kind == "uint8" else given_as.to(getattr(torch, kind)) / 255

    lab = rgb_to_lab(given_as)

    assert lab.dtype == torch.float32
    np.testing.assert_allclose(colors(lab), reference.rgb2lab(rgb / 255.0), atol=1e-4, rtol=0)


@pytest.mark.filterwarnings("ignore:Conversion from CIE-LAB:UserWarning")
def test_rgb_agrees_with_scikit_image_out_of_gamut_too() -> None:
    lab = some_lab(1)

    np.testing.assert_allclose(colors(lab_to_rgb(image(lab))), reference.lab2rgb(lab.astype(float)), atol=1e-4, rtol=0)


def test_levels_are_the_nearest_of_256() -> None:
    lab = image(some_lab(2))

    assert torch.equal(lab_to_rgb8(lab), (lab_to_rgb(lab) * 255).round().byte())


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 9), st.integers(1, 9))
def test_a_photos_own_ab_gives_its_pixels_back(seed: int, height: int, width: int) -> None:
    rgb = torch.randint(0, 256, (2, 3, height, width), generator=torch.Generator().manual_seed(seed)).byte()
    lab = rgb_to_lab(rgb)

    assert torch.equal(join(lab[:, :1], lab[:, 1:]), rgb)


@pytest.mark.slow
def test_every_one_of_the_8_bit_colors_survives_lab() -> None:
    for start in range(0, ALL_COLORS, 1 << 20):
        code = torch.arange(start, start + (1 << 20))
        rgb = torch.stack([code >> 16, (code >> 8) & 255, code & 255]).byte()[None, :, None]
        assert torch.equal(lab_to_rgb8(rgb_to_lab(rgb)), rgb)


def test_ab_of_another_size_is_resampled_between_half_pixel_centers() -> None:
    # Bilinear from 2 to 4 samples: 0, 1/4, 3/4 and 1 of the way.
    ab = torch.zeros(1, 2, 1, 2)
    ab[0, 0, 0, 1] = 40.0
    expected = torch.zeros(1, 3, 1, 4)
    expected[0, 0] = 60.0
    expected[0, 1, 0] = torch.tensor([0.0, 10.0, 30.0, 40.0])

    assert torch.equal(join(torch.full((1, 1, 1, 4), 60.0), ab), lab_to_rgb8(expected))


def test_ab_that_is_too_large_is_averaged_and_not_sampled() -> None:
    ab = torch.tensor([40.0, -40.0]).repeat(8).expand(1, 2, 16, 16)

    joined = join(torch.full((1, 1, 4, 4), 60.0), ab)

    # L = 60 without color; at the borders the stripes are cut.
    assert joined[..., 1:3].unique().tolist() == [145]


def test_joining_clips_to_the_gamut() -> None:
    joined = join(torch.full((1, 1, 1, 1), 50.0), torch.full((1, 2, 1, 1), 200.0))

    assert joined.flatten().tolist() == [255, 0, 0]


def test_gray_is_no_ab_above_5() -> None:
    lab = torch.zeros(4, 3, 2, 2)
    lab[:, 0] = 50
    lab[1, 1, 0, 1], lab[2, 2, 1, 1], lab[3, 1] = -5.0, -5.01, 20.0

    assert is_gray(lab).tolist() == [True, True, False, False]


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


@settings(max_examples=50, deadline=None)
@given(st.tuples(st.floats(0, 100, width=32), st.floats(-128, 128, width=32), st.floats(-128, 128, width=32)))
def test_equal_colors_do_not_differ(lab: tuple[float, float, float]) -> None:
    color = image(np.array(lab))

    assert ciede2000(color, color.clone()).item() == 0


def test_the_bins_are_the_313_of_the_paper() -> None:
    bins = ab_bins()
    steps = bins[1:] - bins[:-1]

    assert bins.shape == (313, 2)
    assert len(torch.unique(bins, dim=0)) == 313
    assert bool(((steps[:, 0] > 0) | ((steps[:, 0] == 0) & (steps[:, 1] == 10))).all())
    assert bins.amin(dim=0).tolist() == [-90, -110]
    assert bins.amax(dim=0).tolist() == [100, 100]
    # Sums of the published pts_in_hull.npy, plain and weighted by 0..312.
    assert bins.sum(dim=0).tolist() == [4910, 2090]
    assert (bins * torch.arange(313)[:, None]).sum(dim=0).tolist() == [2223730, -255780]


def nearest_of_all(ab: Tensor) -> Tensor:
    squares = (ab.movedim(1, -1)[..., None, :].double() - ab_bins().double()).square().sum(dim=-1)
    return squares.argmin(dim=-1)


def test_the_nearest_bin_is_the_nearest_of_all_in_and_out_of_gamut() -> None:
    in_gamut = rgb_to_lab(torch.from_numpy(some_rgb(7).T[None, :, None].copy()))[:, 1:]
    anywhere = torch.rand(1, 2, 60, 60, generator=torch.Generator().manual_seed(8)) * 300 - 150

    assert torch.equal(nearest_bin(in_gamut), nearest_of_all(in_gamut))
    assert torch.equal(nearest_bin(anywhere), nearest_of_all(anywhere))


def test_of_bins_equally_near_the_first_counts() -> None:
    steps = torch.arange(-130.0, 131.0, 5.0)
    ab = torch.stack(torch.meshgrid(steps, steps, indexing="ij"))[None]

    assert torch.equal(nearest_bin(ab), nearest_of_all(ab))
    assert ab_bins()[nearest_bin(torch.full((1, 2, 1, 1), 5.0))].flatten().tolist() == [0.0, 0.0]


def encoded(a: float, b: float, neighbors: int) -> dict[tuple[float, float], float]:
    code = soft_encode(torch.tensor([a, b]).reshape(1, 2, 1, 1), neighbors).flatten()
    return {tuple(ab_bins()[q].tolist()): round(code[q].item(), 4) for q in torch.nonzero(code).flatten()}


def test_soft_encoding_gives_the_weights_worked_by_hand() -> None:
    # Between four bins, a fifth one tied: exp(-d^2 / 50) of d^2 = 18, 58, 58, 98, 178, normalised.
    code = encoded(3.0, -7.0, 5)
    fifth = code.keys() - {(0, -10), (0, 0), (10, -10), (10, 0)}

    assert code == {(0, -10): 0.467, (0, 0): 0.2098, (10, -10): 0.2098, (10, 0): 0.0943} | dict.fromkeys(fifth, 0.019)
    assert fifth <= {(-10, -10), (0, -20)}


@pytest.mark.parametrize(
    ("a", "b", "neighbors", "weights"),
    [
        (0.0, 0.0, 5, [0.6488, 0.0878, 0.0878, 0.0878, 0.0878]),
        (0.0, 0.0, 10, [0.6192, 0.0838, 0.0838, 0.0838, 0.0838, 0.0113, 0.0113, 0.0113, 0.0113, 0.0002]),
        (3.0, -7.0, 10, [0.4492, 0.2018, 0.2018, 0.0907, 0.0183, 0.0183, 0.0082, 0.0082, 0.0017, 0.0017]),
        (45.0, 33.0, 5, [0.3402, 0.3402, 0.1529, 0.1529, 0.0139]),
        (100.0, -90.0, 5, [0.7649, 0.1035, 0.1035, 0.0140, 0.0140]),
    ],
)
def test_soft_encoding_gives_the_known_weights(a: float, b: float, neighbors: int, weights: list[float]) -> None:
    np.testing.assert_allclose(sorted(encoded(a, b, neighbors).values(), reverse=True), weights, atol=1.01e-4)


@settings(max_examples=20, deadline=None)
@given(st.floats(-300, 300, width=32), st.floats(-300, 300, width=32), st.integers(1, 313))
def test_soft_encoding_sums_to_one_even_far_out_of_gamut(a: float, b: float, neighbors: int) -> None:
    code = soft_encode(torch.tensor([a, b]).reshape(1, 2, 1, 1).expand(2, 2, 2, 3), neighbors)

    assert code.shape == (2, 313, 2, 3)
    torch.testing.assert_close(code.sum(dim=1), torch.ones(2, 2, 3))


def test_the_nearest_neighbor_alone_decodes_to_its_center() -> None:
    ab = ab_bins().T.reshape(1, 2, 1, 313)

    decoded = annealed_mean(soft_encode(ab, neighbors=1).log())

    torch.testing.assert_close(decoded, ab)


def test_the_annealed_mean_goes_from_the_mean_to_the_mode() -> None:
    # Two bins of probability 2/3 and 1/3: at temperature T the odds are 2^(1/T) to 1.
    logits = torch.full((1, 313, 1, 1), -torch.inf)
    logits[0, 0], logits[0, 312] = np.log(2 / 3), np.log(1 / 3)
    first, last = ab_bins()[0], ab_bins()[312]

    for temperature, odds in ((1.0, 2.0), (0.5, 4.0), (0.38, 2 ** (1 / 0.38)), (0.01, 2.0**100)):
        expected = (first * odds + last) / (odds + 1)
        torch.testing.assert_close(annealed_mean(logits, temperature).flatten(), expected)
    torch.testing.assert_close(annealed_mean(logits), annealed_mean(logits + 100.0, 0.38), atol=1e-3, rtol=0)


def test_the_annealed_mean_of_a_uniform_distribution_is_the_mean_bin() -> None:
    torch.testing.assert_close(annealed_mean(torch.zeros(1, 313, 2, 2))[0, :, 0, 0], torch.tensor([4910, 2090]) / 313)


def test_class_weights_follow_equation_4() -> None:
    # Half of the mass in one bin, half spread over 312: with lambda = 1/2 the mixtures are 1/4 + 1/626 and
    # 1/1248 + 1/626, and the weights their inverses over sum p / mixture.
    prior = torch.full((313,), 0.5 / 312)
    prior[0] = 0.5
    rare, common = 1 / (1 / 1248 + 1 / 626), 1 / (1 / 4 + 1 / 626)
    scale = 0.5 * rare + 0.5 * common

    weights = class_weights(prior)

    assert weights[0].item() == pytest.approx(common / scale, rel=1e-6)
    assert weights[1:].numpy() == pytest.approx(np.full(312, rare / scale), rel=1e-6)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([0.0, 0.1, 0.5, 1.0]))
def test_class_weights_average_to_one_under_the_prior(seed: int, mix: float) -> None:
    counts = torch.rand(313, generator=torch.Generator().manual_seed(seed)).pow(8) * 1e6

    weights = class_weights(counts, mix)

    assert (counts.double() / counts.double().sum() * weights).sum().item() == pytest.approx(1)


def test_bins_that_never_occur_have_no_weight_where_nothing_is_mixed_in() -> None:
    prior = torch.zeros(313)
    prior[:2] = torch.tensor([3.0, 1.0])

    weights = class_weights(prior, mix=0.0)

    assert weights[:3].tolist() == pytest.approx([2 / 3, 2, 0])
    assert class_weights(prior, mix=1.0).unique().tolist() == [1.0]


@pytest.mark.parametrize(
    ("call", "rule"),
    [
        (lambda: rgb_to_lab(torch.zeros(3, 4, 4)), r"shape \(N, 3, H, W\); got \(3, 4, 4\)"),
        (lambda: rgb_to_lab(torch.zeros(1, 3, 4, 4, dtype=torch.int64)), "uint8 0..255 or floating"),
        (lambda: lab_to_rgb(torch.zeros(1, 1, 4, 4)), r"shape \(N, 3, H, W\)"),
        (lambda: join(torch.zeros(1, 2, 4, 4), torch.zeros(1, 2, 4, 4)), r"join, L: .*\(N, 1, H, W\)"),
        (lambda: join(torch.zeros(1, 1, 4, 4), torch.zeros(1, 3, 4, 4)), r"join, ab: .*\(N, 2, H, W\)"),
        (lambda: join(torch.zeros(2, 1, 4, 4), torch.zeros(1, 2, 4, 4)), "the same photos; got 2 and 1"),
        (lambda: is_gray(torch.zeros(1, 2, 4, 4)), r"shape \(N, 3, H, W\)"),
        (lambda: ciede2000(torch.zeros(3, 4, 4), torch.zeros(3, 4, 4)), r"shape \(N, 3, H, W\)"),
        (lambda: ciede2000(torch.zeros(1, 3, 4, 4), torch.zeros(1, 3, 4, 5)), "both images have one shape"),
        (lambda: nearest_bin(torch.zeros(1, 3, 4, 4)), r"shape \(N, 2, H, W\)"),
        (lambda: soft_encode(torch.zeros(1, 3, 4, 4)), r"shape \(N, 2, H, W\)"),
        (lambda: soft_encode(torch.zeros(1, 2, 4, 4), neighbors=0), "neighbors are 1..313 bins; got 0"),
        (lambda: annealed_mean(torch.zeros(1, 312, 4, 4)), r"shape \(N, 313, H, W\)"),
        (lambda: annealed_mean(torch.zeros(1, 313, 4, 4), 0.0), "temperature is above 0; got 0.0"),
        (lambda: class_weights(torch.ones(312)), r"shape \(313,\); got \(312,\)"),
        (lambda: class_weights(torch.ones(313), mix=1.5), "mix is 0..1; got 1.5"),
        (lambda: class_weights(torch.zeros(313)), "not all 0"),
        (lambda: class_weights(torch.full((313,), -1.0)), "not negative"),
        (lambda: class_weights(torch.full((313,), torch.inf)), "finite"),
    ],
)
def test_what_is_no_image_is_refused(call: object, rule: str) -> None:
    assert callable(call)
    with pytest.raises(UserError, match=rule):
        call()


@pytest.mark.gpu
def test_a_gpu_gives_the_same_colors() -> None:
    if not torch.cuda.is_available():
        pytest.skip("there is no GPU")
    rgb = torch.from_numpy(some_rgb(9).T[None, :, None].copy())
    lab, there = rgb_to_lab(rgb), rgb_to_lab(rgb.cuda())
    other, other_there = lab.flip(-1), there.flip(-1)

    torch.testing.assert_close(there.cpu(), lab, atol=1e-4, rtol=0)
    assert torch.equal(join(there[:, :1], there[:, 1:]).cpu(), rgb)
    torch.testing.assert_close(ciede2000(there, other_there).cpu(), ciede2000(lab, other), atol=5e-4, rtol=0)
    assert (nearest_bin(there[:, 1:]).cpu() == nearest_bin(lab[:, 1:])).float().mean() > 0.999
    torch.testing.assert_close(soft_encode(there[:, 1:]).sum(dim=1).cpu(), torch.ones(1, 1, rgb.shape[-1]))
