"""The 313 ab bins, soft encoding, the annealed mean and class weights against the paper and tables worked by hand."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from evalsuite.bins import ab_bins, annealed_mean, class_weights, nearest_bin, soft_encode
from evalsuite.color import rgb_to_lab
from evalsuite.errors import UserError
from tests.evalsuite.swatches import some_rgb


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


@pytest.mark.slow
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
def test_what_is_no_ab_logits_or_prior_is_refused(call: object, rule: str) -> None:
    assert callable(call)
    with pytest.raises(UserError, match=rule):
        call()


@pytest.mark.gpu
def test_a_gpu_gives_the_same_bins() -> None:
    if not torch.cuda.is_available():
        pytest.skip("there is no GPU")
    ab = rgb_to_lab(torch.from_numpy(some_rgb(9).T[None, :, None].copy()))[:, 1:]
    there = ab.cuda()

    assert (nearest_bin(there).cpu() == nearest_bin(ab)).float().mean() > 0.999
    torch.testing.assert_close(soft_encode(there).sum(dim=1).cpu(), torch.ones(1, 1, ab.shape[-1]))
