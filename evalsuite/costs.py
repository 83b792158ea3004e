"""What the methods cost: parameters, activations and run time, measured on one photo of the dataset."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from tqdm import tqdm

from evalsuite.loading import load
from evalsuite.scoring import Scorer, exact_arithmetic
from evalsuite.work import Loaded, Work

NO_COST = frozenset({"output", "target"})


def measure_costs(
    work: Work, loaded: Loaded, device: torch.device, photos: Mapping[str, Sequence[int]]
) -> dict[str, dict[str, float | None]]:
    """Probe every colorizer on a photo that it colored.

    Args:
        work: The run's work.
        loaded: Its plug-ins.
        device: Where to measure.
        photos: Colorizer to the positions of photos that it colored, best first.

    Returns:
        Colorizer to cost metric to value; None for results made elsewhere and for the truth itself.
    """
    probes = [metric for metric in work.metrics if metric.probe is not None]
    costs: dict[str, dict[str, float | None]] = {}
    scorer = Scorer(work, device, loaded)
    bar = tqdm(work.colorizers if probes else (), desc="cost", unit=" colorizers", disable=None, delay=2)
    for colorizer in bar:
        costs[colorizer.name] = {metric.name: None for metric in probes}
        places = photos.get(colorizer.name, ())
        if not NO_COST.isdisjoint(colorizer.accepts) or not len(places):
            continue
        index = int(places[0])
        pictures = [load(wanted) for wanted in work.wanted(index // work.tile)]
        with torch.inference_mode(), exact_arithmetic():
            batch = scorer.probe_batch(pictures, index, colorizer)
            for metric in probes:
                if metric.probe is not None:
                    costs[colorizer.name][metric.name] = metric.probe(loaded.colorizers[colorizer.name], batch)
    return costs
