"""Which columns a printed table has: all of them by kind, or those of a paper under the paper's names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evalsuite.typesetting import DELTA

KINDS = {
    "full-reference": "outputs against photos",
    "semantic": "what a classifier sees",
    "distribution": "outputs and photos as sets",
    "no-reference": "outputs alone",
    "cost": "cost of a method",
}
WIDEST = 5
"""Columns with intervals that fit a terminal or a page."""


@dataclass(frozen=True)
class Column:
    """A column of a paper's table.

    Attributes:
        title: As the paper has it.
        metrics: Metrics that can fill it, the paper's own first; `fid_` stands for all whose names begin so.
    """

    title: str
    metrics: tuple[str, ...]

    def filled_by(self, present: Sequence[str]) -> str | None:
        """Return the first metric of the run that can fill the column."""
        for wanted in self.metrics:
            for name in present:
                if name == wanted or (wanted.endswith("_") and name.startswith(wanted)):
                    return name
        return None


LABELED_REAL = "Labeled real"
PAPERS: Mapping[str, tuple[Column, ...]] = {
    # Zhang, Isola, Efros, ECCV 2016, Table 1.
    "zhang2016": (
        Column("Params", ("params_mb",)),
        Column("Feats", ("activations_mb",)),
        Column("Runtime", ("runtime_ms",)),
        Column("AuC non-rebal", ("auc",)),
        Column("AuC rebal", ("auc_rebalanced",)),
        Column("VGG top-1", ("top1_vgg16", "top1_efficientnet_lite0", "top1_", "agreement_")),
        Column(LABELED_REAL, ()),
    ),
    # Weng et al., CT2, ECCV 2022: what its three evaluation scripts print.
    "ct2": (
        Column("SSIM", ("ssim",)),
        Column("PSNR", ("psnr_rgb",)),
        Column("LPIPS", ("lpips_vgg", "lpips_")),
        Column("FID", ("fid_ct2", "fid_")),
        Column("CF", ("colorfulness_abs",)),
    ),
    # Kang et al., DDColor, ICCV 2023, Table 1.
    "ddcolor": (
        Column("FID", ("fid_ct2", "fid_")),
        Column("CF", ("colorfulness_abs",)),
        Column(f"{DELTA}CF", ("delta_colorfulness_abs", "delta_colorfulness")),
        Column("PSNR", ("psnr_rgb",)),
    ),
}
STYLES = ("default", *PAPERS)


@dataclass(frozen=True)
class Sheet:
    """One table to print: a subject, and its columns with the metric of each, None where the run has none."""

    subject: str
    columns: tuple[tuple[Column, str | None], ...]


def sheets(metrics: Mapping[str, Mapping[str, Any]], style: str) -> list[Sheet]:
    """Choose the tables of a style.

    Args:
        metrics: The manifest's metrics, name to facts.
        style: One of STYLES.
    """
    if style in PAPERS:
        return [Sheet(f"the columns of {style}", tuple((c, c.filled_by(list(metrics))) for c in PAPERS[style]))]
    found = []
    for kind, subject in KINDS.items():
        names = [name for name, facts in metrics.items() if facts["kind"] == kind]
        for start in range(0, len(names), WIDEST):
            chosen = names[start : start + WIDEST]
            found.append(Sheet(subject, tuple((Column(metrics[name]["title"], (name,)), name) for name in chosen)))
    return found
