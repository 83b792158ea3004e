"""Every colorizer and metric that is known, by name."""

from __future__ import annotations

from functools import cache

import evalsuite.colorizers
import evalsuite.metrics
from evalsuite.contracts import Colorizer, Metric
from evalsuite.errors import UserError
from evalsuite.plugins import discover, from_file, lookup

ORDER = (
    "psnr_rgb", "psnr_rgb_pooled", "psnr_ab", "ssim", "ms_ssim_ab", "lpips_alex", "lpips_vgg", "ciede2000", "auc",
    "auc_rebalanced", "ab_error_p95", "l_shift", "top1", "top5", "agreement", "fid", "kid", "colorfulness",
    "colorfulness_abs", "delta_colorfulness", "delta_colorfulness_abs", "params_mb", "activations_mb", "runtime_ms",
)  # fmt: skip
"""How `default` and `all` put metrics into tables: as papers do; those of somebody else come last, by name."""


@cache
def colorizers() -> dict[str, Colorizer]:
    """Name to colorizer: ours and those of installed packages."""
    return discover(evalsuite.colorizers, "COLORIZER", Colorizer)


@cache
def metric_files() -> dict[str, Metric]:
    """Name to metric as the files declare them, families not yet spelled out."""
    return discover(evalsuite.metrics, "METRIC", Metric)


@cache
def metrics() -> dict[str, Metric]:
    """Name to metric, each family by its known variants."""
    known: dict[str, Metric] = {}
    for declared in metric_files().values():
        members = [declared.variant(name) for name in declared.variants] if declared.variant else [declared]
        known.update((member.name, member) for member in members)
    return {name: known[name] for name in sorted(known, key=_column)}


def colorizer(name: str) -> Colorizer:
    """Return a colorizer by its name or from `path/to/file.py:NAME`."""
    return from_file(name, Colorizer) if ".py:" in name else lookup(colorizers(), name, "colorizer")


def metric(name: str) -> Metric:
    """Return a metric by its name, from `path/to/file.py:NAME`, or a family's member such as top1_<timm model>."""
    if ".py:" in name:
        return from_file(name, Metric)
    if name in metrics():
        return metrics()[name]
    for declared in metric_files().values():
        if declared.variant and name.startswith(declared.name + "_"):
            return declared.variant(name.removeprefix(declared.name + "_"))
    return lookup(metrics(), name, "metric")


def chosen_metrics(text: str) -> tuple[list[Metric], frozenset[str]]:
    """Turn `default`, `all` or a comma list into metrics, and the names that were spelled out.

    Raises:
        UserError: A name is unknown or stands twice.
    """
    if text in ("default", "all"):
        return [m for m in metrics().values() if text == "all" or m.default], frozenset()
    picked = [metric(name) for name in _names(text, "--metrics")]
    return picked, frozenset(m.name for m in picked)


def chosen_colorizers(text: str) -> tuple[list[Colorizer], frozenset[str]]:
    """Turn `all` or a comma list into colorizers, and the names that were spelled out.

    `all` leaves out those that are run elsewhere.

    Raises:
        UserError: A name is unknown or stands twice.
    """
    if text == "all":
        return sorted((c for c in colorizers().values() if not c.elsewhere), key=_rank), frozenset()
    picked = [colorizer(name) for name in _names(text, "--colorizers")]
    names = [c.name for c in picked]
    if doubled := sorted({name for name in names if names.count(name) > 1}):
        raise UserError(f"--colorizers: {doubled[0]!r} stands twice. Rename one of the records.")
    return picked, frozenset(names)


def _column(name: str) -> tuple[int, str]:
    declared = next((file for file in sorted(metric_files(), key=len, reverse=True) if name.startswith(file)), name)
    return ORDER.index(declared) if declared in ORDER else len(ORDER), name


def _rank(colorizer: Colorizer) -> tuple[bool, bool, str]:
    """The truth first, then the baselines, then the papers' methods."""
    return "target" not in colorizer.accepts, bool(colorizer.paper), colorizer.name


def _names(text: str, flag: str) -> list[str]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        raise UserError(f"{flag}: at least one name; got {text!r}. See `evalsuite list`.")
    if doubled := sorted({name for name in names if names.count(name) > 1}):
        raise UserError(f"{flag}: {doubled[0]!r} stands twice. Name it once.")
    return names
