"""The nouns that plug-ins and engines share, as frozen records.

Importing this module loads neither torch nor any plug-in: tensors appear in annotations only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from evalsuite.dataset import Dataset, Photo
    from evalsuite.survey import Survey
    from evalsuite.views import Pair, View

Better: TypeAlias = Literal["higher", "lower"] | None
Columns: TypeAlias = Mapping[str, NDArray[Any]]
"""Column name to values, photos along the first axis: (n,) or (n, k); `constant.*` columns have no photo axis."""
Counts: TypeAlias = NDArray[np.floating[Any]]
"""How often each photo was drawn, (R, n): a row per resample; a row of ones is the dataset itself."""
Estimator: TypeAlias = Callable[[Counts], NDArray[np.float64]]
"""From counts (R, n) to R values of the metric."""
Rows: TypeAlias = "Mapping[str, Tensor]"
"""What a batch of N photos adds to each column: (N,) or (N, k); `target.*` columns are kept once for all colorizers."""
Colorize: TypeAlias = "Callable[[Batch], Tensor]"
"""From a batch of N photos to ab (N, 2, h, w), 313 logits (N, 313, h, w) or sRGB (N, 3, H, W).

A torch.nn.Module where the method has a network, so that its cost can be measured.
"""
Measure: TypeAlias = "Callable[[Pair], Rows]"


@dataclass(frozen=True)
class Weights:
    """Where a network's official weights come from.

    Attributes:
        file: The official file name, also its name in torch's hub cache.
        url: Its address; None where only the user can supply the file.
        sha256: The hash of the file, or its first 8 hexadecimal digits where only those are published.
    """

    file: str
    url: str | None
    sha256: str


@dataclass(frozen=True)
class Setting:
    """What a plug-in is told when it is loaded.

    Attributes:
        device: Where tensors live and networks run.
        seed: The run's seed.
        weights: The file given as --weights NAME=FILE, if any.
        options: The run's other choices by flag name ("hints", "prior", "references", ...), as text.
        survey: The first look over all photos; only for colorizers whose `needs_survey` is set.
    """

    device: torch.device
    seed: int = 0
    weights: Path | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    survey: Survey | None = None


@dataclass(frozen=True)
class Hints:
    """Colors that a user gave at some points.

    Attributes:
        ab: (N, 2, H, W) float32, Lab units, 0 where nothing was given.
        mask: (N, 1, H, W) float32, 1 where a color was given, 0 elsewhere.
    """

    ab: Tensor
    mask: Tensor


@dataclass(frozen=True)
class GlobalHints:
    """What a user gave of a photo's colors as a whole.

    Attributes:
        histogram: (N, 313) float32, shares of the ab bins, summing to 1.
        saturation: (N,) float32, mean saturation of HSV, 0..1.
    """

    histogram: Tensor
    saturation: Tensor


@dataclass(frozen=True)
class Distribution:
    """What a network thinks of the colors at every place.

    Attributes:
        logits: (N, Q, h, w) floating, unnormalised log probabilities of Q colors, at any resolution.
        colors: (Q, 2) float32, their ab, Lab units.
    """

    logits: Tensor
    colors: Tensor


@dataclass(frozen=True)
class Batch:
    """What a colorizer gets: N photos of one size H x W.

    Attributes:
        L: (N, 1, H, W) float32, lightness 0..100.
        photos: The N photos: names, paths, labels.
        indices: Their N positions in the dataset.
        seeds: One seed per photo, from the run's seed and the photo's id alone, so that batches change nothing.
        companions: For a colorizer with `companions`: per photo the file that it asked for, (3, h, w) uint8 sRGB.
        target: The real photos; only for colorizers whose `accepts` names "target".
        hints: Simulated, recorded or drawn hints; only for colorizers whose `accepts` names "hints".
        global_hints: Only for colorizers whose `accepts` names "global_hints".
    """

    L: Tensor
    photos: tuple[Photo, ...]
    indices: tuple[int, ...]
    seeds: tuple[int, ...]
    companions: tuple[Tensor, ...] = ()
    target: View | None = None
    hints: Hints | None = None
    global_hints: GlobalHints | None = None


@dataclass(frozen=True)
class Colorizer:
    """A method: data about it, and how to load it.

    Attributes:
        name: Its name on the command line and in files: [a-z0-9_]+.
        title: Its name in tables.
        paper: Authors, title, venue, year; "" for a baseline.
        url: Where the method or its code lives.
        licence: The licence of code and weights.
        load: Makes the function that colorizes; loads weights and nothing before it is called.
        weights: The official weights, None for a method that needs none.
        accepts: What it looks at: "L", and also "target", "hints", "global_hints", "reference" or "output".
        reported: Numbers that its paper reports: dataset name to metric name to value (shares as fractions).
        companions: Names for every photo of the dataset the candidate files to decode beside it, best first (an
            empty tuple: none, the photo counts as failed); None where no files are wanted after all.
        companion_policy: "dataset" resizes companions as the photos are; "as_is" leaves them alone.
        needs_survey: Whether a first look over all photos (mean ab, luminance histograms) must come before.
        cite: A BibTeX key in the README's list, or "".
        points: How many hints are simulated for it where the command does not say: 0 for a method that can do without.
        fixed_points: Exactly how many hints it gets, whatever the command says; set by sweeps.
        distribution: Makes the function that gives the distribution behind its colors, where it has one.
        softness: What scales the distribution's logits before colors are recommended from it.
        from_caffe: Translates the authors' .caffemodel to the network's state dict, for `evalsuite convert`.
        elsewhere: For a method whose code is not ours: how its results are brought in. Its `load` refuses.
    """

    name: str
    title: str
    load: Callable[[Setting], Colorize]
    paper: str = ""
    url: str = ""
    licence: str = ""
    weights: Weights | None = None
    accepts: tuple[str, ...] = ("L",)
    reported: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    companions: Callable[[Dataset, Setting], Sequence[tuple[Path, ...]] | None] | None = None
    companion_policy: Literal["dataset", "as_is"] = "dataset"
    needs_survey: bool = False
    cite: str = ""
    points: int = 0
    fixed_points: int | None = None
    distribution: Callable[[Setting], Callable[[Batch], Distribution]] | None = None
    softness: float = 1.0
    from_caffe: Callable[[Path], Mapping[str, Tensor]] | None = None
    elsewhere: str = ""


@dataclass(frozen=True)
class Metric:
    """A score: rows per photo, and a reduction of rows.

    Attributes:
        name: Its name in files: house names such as psnr_rgb; for a family the name with its variant.
        title: Its name in tables.
        unit: "dB", "fraction", "CIEDE2000", "Lab units", "MB", "ms" or "".
        better: Which direction is good, None where neither is.
        kind: What the rows compare.
        source: Authors, year, equation or link; how we deviate.
        definition: What exactly is computed, in one or two sentences: printed by `report --explain`.
        load: Makes the function from a pair of image batches to rows; loads weights, and nothing before. The column
            "value", where there is one, is the score of a photo and goes to scores.parquet.
        reduce: From the columns of n photos to the function from counts (R, n) to R values.
        default: Whether `--metrics default` has it.
        needs_labels: Whether photos must be labelled.
        draws: Bootstrap resamples; fewer where a value costs a matrix decomposition; 0 for no interval.
        constants: Arrays that belong to the run and not to a photo (a prior), from the options; kept as
            `constant.<name>` columns.
        details: What else the summary should say (effective sample size, ceiling and floor), from the columns.
        curve: Points for curves.json, from the columns.
        variants: For a family, the known variants; the registry makes `<name>_<variant>` of each.
        probe: For the cost of a method: measures the loaded colorizer on one batch of one photo, instead of load.
    """

    name: str
    title: str
    unit: str
    better: Better
    kind: Literal["full-reference", "no-reference", "distribution", "semantic", "cost"]
    source: str
    definition: str
    load: Callable[[Setting], Measure] | None = None
    reduce: Callable[[Columns], Estimator] | None = None
    default: bool = True
    needs_labels: bool = False
    draws: int = 10_000
    constants: Callable[[Mapping[str, str]], Columns] | None = None
    details: Callable[[Columns], Mapping[str, Any]] | None = None
    curve: Callable[[Columns], Mapping[str, Any]] | None = None
    variants: tuple[str, ...] = ()
    variant: Callable[[str], Metric] | None = None
    probe: Callable[[Colorize, Batch], float] | None = None


@dataclass(frozen=True)
class Score:
    """A metric's value for a colorizer on a dataset.

    Attributes:
        value: In the metric's unit; shares are fractions; None where it cannot be computed.
        ci95: The 95% bootstrap interval over photos, None for a single measurement.
        n: The number of photos behind it.
        unit: As in the metric.
        better: As in the metric.
        details: What else there is to say.
    """

    value: float | None
    ci95: tuple[float, float] | None
    n: int
    unit: str
    better: Better
    details: Mapping[str, Any] = field(default_factory=dict)
