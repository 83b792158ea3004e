"""What holds for every metric that scores photos, found in the package without being named here."""

from functools import cache

import numpy as np
import pytest
import torch
from torch import Tensor

from evalsuite.contracts import Columns, Measure, Metric, Setting
from evalsuite.errors import UserError
from evalsuite.registry import metrics
from evalsuite.views import Pair, View

PHOTOS = 5
METRICS = [metric for metric in metrics().values() if metric.load and metric.kind in ("full-reference", "no-reference")]
SLOW = {metric.name: (pytest.mark.slow,) for metric in METRICS if "vgg" in metric.name}
LAWFUL = pytest.mark.parametrize("metric", [pytest.param(m, id=m.name, marks=SLOW.get(m.name, ())) for m in METRICS])


@LAWFUL
def test_any_batching_gives_the_same_score(metric: Metric) -> None:
    measure, (target, output) = loaded(metric), photos()

    whole = columns(measure, target, output, [slice(0, PHOTOS)])
    single = columns(measure, target, output, [slice(k, k + 1) for k in range(PHOTOS)])
    uneven = columns(measure, target, output, [slice(0, 2), slice(2, PHOTOS)])

    for name, values in whole.items():
        scale = max(1.0, float(np.abs(values).max()))
        np.testing.assert_allclose(single[name], values, atol=1e-5 * scale, err_msg=name)
        np.testing.assert_allclose(uneven[name], values, atol=1e-5 * scale, err_msg=name)
    assert score(metric, single) == pytest.approx(score(metric, whole), abs=1e-5, rel=1e-5)


@LAWFUL
def test_the_order_of_photos_does_not_matter(metric: Metric) -> None:
    measure, (target, output) = loaded(metric), photos()
    order = [3, 0, 4, 2, 1]

    ordered = columns(measure, target, output, [slice(0, PHOTOS)])
    shuffled = columns(measure, target[order], output[order], [slice(0, PHOTOS)])

    assert score(metric, shuffled) == pytest.approx(score(metric, ordered), abs=1e-5, rel=1e-5)


@LAWFUL
def test_shards_merge_to_the_whole(metric: Metric) -> None:
    measure, (target, output) = loaded(metric), photos()
    whole = columns(measure, target, output, [slice(0, PHOTOS)])

    halves = [columns(measure, target[half], output[half], [slice(0, PHOTOS)]) for half in (slice(0, 3), slice(3, 5))]
    merged = {name: np.concatenate([part[name] for part in halves]) for name in whole}

    assert score(metric, merged) == pytest.approx(score(metric, whole), abs=1e-5, rel=1e-5)


@LAWFUL
def test_a_photo_drawn_twice_counts_as_two(metric: Metric) -> None:
    measure, (target, output) = loaded(metric), photos()
    twice = [0, 1, 2, 3, 4, 4]
    rows = columns(measure, target, output, [slice(0, PHOTOS)])
    constant = prior_of(rows) if "target.count" in rows else {}

    doubled = {name: values[twice] for name, values in rows.items()} | constant
    assert metric.reduce
    drawn = metric.reduce(rows | constant)(np.array([[1.0, 1.0, 1.0, 1.0, 2.0]]))[0]

    assert drawn == pytest.approx(score(metric, doubled), abs=1e-6, rel=1e-6)


@LAWFUL
def test_truth_beats_noise(metric: Metric) -> None:
    if metric.better is None or metric.kind != "full-reference":
        pytest.skip("neither direction is better")
    measure, (target, output) = loaded(metric), photos()

    truth = score(metric, columns(measure, target, target, [slice(0, PHOTOS)]))
    noise = score(metric, columns(measure, target, output, [slice(0, PHOTOS)]))

    assert truth > noise if metric.better == "higher" else truth < noise


@LAWFUL
def test_photos_need_not_be_square(metric: Metric) -> None:
    measure, (target, output) = loaded(metric), photos()

    rows = columns(measure, target[..., :70].contiguous(), output[..., :70].contiguous(), [slice(0, PHOTOS)])

    assert all(np.isfinite(values).all() for values in rows.values())


@LAWFUL
def test_images_are_left_as_they_are(metric: Metric) -> None:
    measure, (target, output) = loaded(metric), photos()
    pair = Pair(View(target.clone()), View(output.clone()))

    first = {name: values.clone() for name, values in measure(pair).items()}
    again = measure(pair)

    assert torch.equal(pair.target.rgb8, target)
    assert torch.equal(pair.output.rgb8, output)
    assert all(torch.equal(first[name], again[name]) for name in first)


@LAWFUL
def test_the_record_says_what_is_measured(metric: Metric) -> None:
    assert metric.title
    assert metric.source
    assert metric.definition.endswith(".")
    assert metric.reduce
    assert metric.unit in ("", "dB", "fraction", "CIEDE2000", "Lab units")


def test_targets_and_outputs_of_different_shapes_are_refused() -> None:
    target, output = photos()

    with pytest.raises(UserError, match="outputs have their targets' shape"):
        Pair(View(target), View(output[..., :50]))


@cache
def loaded(metric: Metric) -> Measure:
    assert metric.load
    try:
        return metric.load(Setting(torch.device("cpu")))
    except UserError as error:
        pytest.skip(str(error))


@cache
def photos() -> tuple[Tensor, Tensor]:
    """Smooth colors as targets and noisy ones as outputs: (5, 3, 96, 96) uint8 each."""
    rng = torch.Generator().manual_seed(0)
    smooth = torch.nn.functional.interpolate(torch.rand(PHOTOS, 3, 6, 6, generator=rng), size=(96, 96), mode="bicubic")
    target = (smooth * 255).clamp(0, 255).to(torch.uint8)
    noise = torch.randn(target.shape, generator=rng) * 40
    return target, (target.float() + noise).clamp(0, 255).to(torch.uint8)


def columns(measure: Measure, target: Tensor, output: Tensor, parts: list[slice]) -> dict[str, np.ndarray]:
    with torch.inference_mode():
        rows = [measure(Pair(View(target[part]), View(output[part]))) for part in parts]
    return {name: torch.cat([row[name] for row in rows]).numpy() for name in rows[0]}


def score(metric: Metric, rows: Columns) -> float:
    assert metric.reduce
    photos_drawn = max(len(values) for name, values in rows.items() if not name.startswith("constant."))
    return float(metric.reduce(rows)(np.ones((1, photos_drawn)))[0])


def prior_of(rows: Columns) -> dict[str, np.ndarray]:
    """A dataset's own prior would change with the photos drawn, so it is given."""
    return {"constant.prior": rows["target.count"].sum(axis=0) + 1}
