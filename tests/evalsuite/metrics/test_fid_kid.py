"""FID and KID through a network, as metrics."""

from __future__ import annotations

import json
from types import ModuleType

import numpy as np
import pytest
import torch
from scipy import linalg

from evalsuite.backbones.catalog import backbone
from evalsuite.contracts import Columns, Metric, Setting
from evalsuite.metrics import fid, kid
from evalsuite.registry import metric, metrics
from evalsuite.stats import bootstrap, interval
from evalsuite.views import Pair, View

CPU = torch.device("cpu")


def columns(n: int = 40, d: int = 60) -> Columns:
    rng = np.random.default_rng(0)
    targets = rng.gamma(1.0, size=(n, d)).astype(np.float32)
    return {"features": 0.8 * targets + rng.gamma(0.2, size=(n, d)).astype(np.float32), "target.features": targets}


def test_rows_are_the_features_that_the_classifier_saw() -> None:
    generator = torch.Generator().manual_seed(0)
    target, output = (View(torch.randint(0, 256, (2, 3, 64, 64), dtype=torch.uint8, generator=generator)) for _ in "ab")
    load = fid.variant("efficientnet_lite0").load
    assert load is not None

    rows = load(Setting(CPU))(Pair(target, output))

    network = backbone("efficientnet_lite0", CPU)
    assert rows["features"] is network.see(output).features
    assert rows["target.features"] is network.see(target).features
    assert rows["features"].shape == (2, 1280)


def test_the_distance_is_scipys() -> None:
    found = columns(80, 12)
    one, other = (np.cov(found[c], rowvar=False) for c in ("features", "target.features"))
    shift = found["features"].mean(0) - found["target.features"].mean(0)
    expected = shift @ shift + np.trace(one + other) - 2 * np.trace(linalg.sqrtm(one @ other)).real

    assert fid.reduce(found)(np.ones((1, 80)))[0] == pytest.approx(expected, rel=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("family", [fid, kid])
def test_the_interval_holds_the_value_which_resampled_distances_do_not(family: ModuleType) -> None:
    reduce = family.reduce
    found = columns()
    value = reduce(found)(np.ones((1, 40)))[0]
    rng = np.random.default_rng(1)
    draws = [rng.integers(0, 40, 40) for _ in range(60)]
    resampled = [reduce({k: c[i] for k, c in found.items()})(np.ones((1, 40)))[0] for i in draws]

    low, high = interval(bootstrap([reduce(found)], 40, 1000, seed=0)[0])

    assert low < value < high
    if family is fid:
        assert value < np.percentile(resampled, 2.5)


def test_unequal_counts_weigh_photos() -> None:
    counts = np.array([[1.0] * 40, [2.0] * 40, [0.0] * 20 + [1.0] * 20])

    once, twice, half = fid.reduce(columns())(counts)

    assert once == pytest.approx(twice)
    assert half != pytest.approx(once)


@pytest.mark.parametrize("family", [fid, kid])
def test_details_say_what_a_distance_cannot_be_compared_without(family: ModuleType) -> None:
    details = family.details_of("clean")(columns())

    assert (details["photos"], details["dimensions"]) == (40, 60)
    assert "pt_inception-2015-12-05-6726825d.pth" in details["weights"]
    assert "299 x 299 (bicubic, antialiased, torch)" in details["input"]
    json.dumps(details, allow_nan=False)


def test_every_distance_is_an_extra_and_names_its_network_in_its_definition() -> None:
    distances: list[Metric] = [
        m for m in metrics().values() if m.kind == "distribution" and m.name[:3] in ("fid", "kid")
    ]

    assert {"fid_clean", "fid_legacy", "fid_ct2", "fid_efficientnet_lite0", "kid_clean"} <= {m.name for m in distances}
    assert not any(m.default for m in distances)
    assert "inception_v3_google-0cc3c7bd" in metric("fid_ct2").definition
    assert "not antialiased" in metric("fid_legacy").definition
