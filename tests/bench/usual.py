"""The usual way: one script per metric, each reading its own pairs of PNG files, with well-known libraries.

Every function takes pairs of paths (target, output) and returns the mean score, as such scripts print it. Where several
libraries compute the same, each is here, and the benchmark takes the fastest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from scipy.spatial import cKDTree
from skimage.color import deltaE_ciede2000, rgb2lab
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from torch import Tensor

from evalsuite.bins import ab_bins
from evalsuite.vision import load

Pairs = Sequence[tuple[Path, Path]]
Script = Callable[[Pairs], float]
BATCH = 16
# Both import torchvision, which may need the cure of evalsuite.vision first.
piq = load("piq")
torchmetrics = load("torchmetrics.functional.image")


def read(path: Path) -> NDArray[np.uint8]:
    """Read a PNG file as (H, W, 3) uint8."""
    with Image.open(path) as image:
        return np.asarray(image)


def batches(pairs: Pairs) -> Iterator[tuple[Tensor, Tensor]]:
    """Read pairs in batches (N, 3, H, W), floats 0..1."""
    for start in range(0, len(pairs), BATCH):
        part = pairs[start : start + BATCH]
        stacks = [torch.from_numpy(np.stack([read(pair[side]) for pair in part])) for side in (0, 1)]
        target, output = (stack.permute(0, 3, 1, 2).contiguous().float() / 255 for stack in stacks)
        yield target, output


def psnr_skimage(pairs: Pairs) -> float:
    """scikit-image's PSNR."""
    return float(np.mean([peak_signal_noise_ratio(read(t), read(o), data_range=255) for t, o in pairs]))


def ssim_skimage(pairs: Pairs) -> float:
    """scikit-image's SSIM with the settings of Wang 2004."""
    wang: dict[str, Any] = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    scores = [structural_similarity(read(t), read(o), channel_axis=2, data_range=255, **wang) for t, o in pairs]
    return float(np.mean(scores))


def ssim_piq(pairs: Pairs) -> float:
    """piq's SSIM, without its downsampling."""
    return float(torch.cat([piq.ssim(o, t, downsample=False, reduction="none") for t, o in batches(pairs)]).mean())


def ssim_torchmetrics(pairs: Pairs) -> float:
    """torchmetrics' SSIM."""
    measure = torchmetrics.structural_similarity_index_measure
    scores = [measure(o, t, data_range=1.0, reduction="none") for t, o in batches(pairs)]
    return float(torch.cat([s for s in scores if isinstance(s, Tensor)]).mean())


def ciede2000_skimage(pairs: Pairs) -> float:
    """scikit-image's CIEDE2000."""
    return float(np.mean([deltaE_ciede2000(rgb2lab(read(t)), rgb2lab(read(o))).mean() for t, o in pairs]))


def auc_thresholds(pairs: Pairs) -> float:
    """AuC by counting pixels under 151 thresholds."""
    total = np.zeros(151)
    for t, o in pairs:
        distance = np.linalg.norm(rgb2lab(read(t))[..., 1:] - rgb2lab(read(o))[..., 1:], axis=2)
        total += [(distance <= threshold).mean() for threshold in range(151)]
    return float(np.trapezoid(total / len(pairs)) / 150)


def auc_rebalanced_thresholds(pairs: Pairs) -> float:
    """Rebalanced AuC by counting weighted pixels under 151 thresholds, each pixel's bin looked up in a k-d tree."""
    tree = cKDTree(ab_bins().numpy())
    counts, under = np.zeros(313), np.zeros((151, 313))
    for t, o in pairs:
        target, output = rgb2lab(read(t))[..., 1:], rgb2lab(read(o))[..., 1:]
        distance = np.linalg.norm(target - output, axis=2).ravel()
        bins = np.asarray(tree.query(target.reshape(-1, 2))[1])
        counts += np.bincount(bins, minlength=313)
        for threshold in range(151):
            under[threshold] += np.bincount(bins[distance <= threshold], minlength=313)
    present = counts > 0
    return float(np.trapezoid((under[:, present] / counts[present]).mean(axis=1)) / 150)


def colorfulness_numpy(pairs: Pairs) -> float:
    """Hasler and Suesstrunk's colorfulness in numpy."""
    scores = []
    for _, output in pairs:
        r, g, b = read(output).astype(np.float64).transpose(2, 0, 1)
        rg, yb = r - g, (r + g) / 2 - b
        scores.append(np.hypot(rg.std(), yb.std()) + 0.3 * np.hypot(rg.mean(), yb.mean()))
    return float(np.mean(scores))


def lpips_package(pairs: Pairs) -> float:
    """The lpips package in batches, with whatever trunk weights: only its time is of interest here."""
    torch.manual_seed(0)
    network = load("lpips").LPIPS(net="alex", pnet_rand=True, verbose=False).eval()
    with torch.inference_mode():
        scores = [network(o * 2 - 1, t * 2 - 1).flatten() for t, o in batches(pairs)]
    return float(torch.cat(scores).mean())


SCRIPTS: dict[str, dict[str, Script]] = {
    "psnr_rgb": {"scikit-image": psnr_skimage},
    "ssim": {"scikit-image": ssim_skimage, "piq": ssim_piq, "torchmetrics": ssim_torchmetrics},
    "ciede2000": {"scikit-image": ciede2000_skimage},
    "auc": {"numpy": auc_thresholds},
    "auc_rebalanced": {"numpy, scipy": auc_rebalanced_thresholds},
    "colorfulness": {"numpy": colorfulness_numpy},
    "lpips_alex": {"lpips": lpips_package},
}
