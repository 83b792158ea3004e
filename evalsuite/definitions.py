"""Which definitions go by a metric's name, and who uses them: what `report --explain` shows beside the run's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from skimage.color import deltaE_cie76, deltaE_ciede2000

from evalsuite.contracts import Columns
from evalsuite.variants import (
    Variant,
    ab_psnr,
    between_sets,
    closed,
    closed_of_cells,
    decibels,
    global_ssim,
    gray_ssim,
    lab8_psnr,
    luma_psnr,
    of_both,
    of_output,
    per_photo,
    psnr,
    psnr_of_jpeg,
    psnr_of_round_trip,
    rebalanced,
    shares,
    ssim,
    trapezoid,
    wrapped_psnr,
)

PSNR = (
    Variant("mean of the photos' dB, 8-bit RGB", "scikit-image, piq, pyiqa; Zhang et al. 2017", psnr),
    Variant(
        "dB of the pooled error",
        "torchmetrics by default",
        lambda s: s.squared_error,
        lambda rows: decibels(float(rows.mean())),
    ),
    Variant("8-bit differences and squares modulo 256 (a bug)", "colormnet, evaluation.py", wrapped_psnr),
    Variant("difference of luma only, 4 pixels shaved", "OpenVINO model zoo", luma_psnr),
    Variant("against the photo after 8-bit Lab and back", "L-CoDe (OpenCV)", psnr_of_round_trip),
    Variant("outputs saved as JPEG, quality 95", "results exchanged as JPEG", psnr_of_jpeg),
    Variant("at most 50 dB per photo", "iColoriT (floor of the error)", lambda s: min(50.0, psnr(s))),
)
PSNR_AB = (
    Variant("a and b in Lab units, peak 255", "IPOL colorization-metrics", ab_psnr(255)),
    Variant("a and b in Lab units, peak 220", "codes with ab in -110..110", ab_psnr(220)),
    Variant("8-bit Lab, peak 255", "codes on OpenCV's Lab", lab8_psnr(slice(1, 3))),
    Variant("8-bit Lab, channel a only, peak 255", "HECD, Mullery and Whelan 2022", lab8_psnr(slice(1, 2))),
)
SSIM = (
    Variant("Gaussian window 11 x 11, RGB", "Wang et al. 2004; piq, DDColor", ssim()),
    Variant("uniform window 7 x 7, RGB", "scikit-image by default; InstColorization users", ssim(gaussian=False)),
    Variant("uniform window 7 x 7, RGB, data_range 225", "CT2", ssim(225, gaussian=False)),
    Variant("uniform window 7 x 7, gray images", "codes that convert to gray first", gray_ssim),
    Variant("one window: the whole image", "OpenVINO model zoo", global_ssim),
)
COLORFULNESS = (
    Variant("signed", "Hasler and Suesstrunk 2003; IPOL colorization-metrics", of_output(absolute=False)),
    Variant("absolute values first", "CT2, UniColor, DDColor, ModelScope", of_output(absolute=True)),
)
DELTA_COLORFULNESS = (
    Variant("|mean - mean|, signed CF", "this suite's delta_colorfulness", of_both(absolute=False), between_sets),
    Variant("mean of |CF - CF|, signed CF", "its detail mean_per_photo", of_both(absolute=False), per_photo),
    Variant("|mean - mean|, absolute CF", "DDColor", of_both(absolute=True), between_sets),
    Variant("mean of |CF - CF|, absolute CF", "CT2", of_both(absolute=True), per_photo),
)
AUC = (
    Variant("1 - mean(min(d, 150)) / 150", "the integral of Zhang et al. 2016, closed form", closed),
    Variant("trapezoid, steps of 1", "Zhang et al. 2016, the text", shares(1), trapezoid),
    Variant("trapezoid, steps of 10", "coarser sweeps", shares(10), trapezoid),
    Variant("mean of the 151 shares", "codes that average the curve", shares(1)),
    Variant("mean of the 151 shares, d < t", "codes with < instead of <=", shares(1, side="left")),
    Variant("mean of 16 shares, steps of 10", "Time0o/colorful-colorization", shares(10)),
    Variant("ab averaged over 4 x 4 pixels first", "several public AuC scripts", closed_of_cells),
)
CIEDE2000 = (
    Variant("CIEDE2000", "Sharma et al. 2005; scikit-image", lambda s: float(deltaE_ciede2000(*s.lab).mean())),
    Variant("CIE76: the distance in Lab", "codes that print a Delta E", lambda s: float(deltaE_cie76(*s.lab).mean())),
)
VARIANTS: Mapping[str, tuple[Variant, ...]] = {
    "psnr_rgb": PSNR,
    "psnr_rgb_pooled": PSNR,
    "psnr_ab": PSNR_AB,
    "ssim": SSIM,
    "colorfulness": COLORFULNESS,
    "colorfulness_abs": COLORFULNESS,
    "delta_colorfulness": DELTA_COLORFULNESS,
    "delta_colorfulness_abs": DELTA_COLORFULNESS,
    "auc": AUC,
    "ciede2000": CIEDE2000,
}
"""Metric to the definitions that go by its name."""

REBALANCED: tuple[tuple[str, str, Callable[[Columns], float]], ...] = (
    ("weights of lambda = 0, pooled", "Zhang et al. 2016 as this suite reads it", lambda c: rebalanced(c, 0)),
    ("weights of lambda = 0 normalised per photo", "Time0o/colorful-colorization", lambda c: rebalanced(c, 0, True)),
    ("weights of lambda = 1/2, pooled", "the training loss of Zhang et al. 2016", lambda c: rebalanced(c, 0.5)),
    ("no weights, pooled", "auc", lambda c: rebalanced(c, 1)),
)
"""Name, users, and the value from the columns of auc_rebalanced."""
FAMILIES: Mapping[str, str] = {
    "fid_": "The number depends on the network, its weights, the resize and n: see each one's definition.",
    "kid_": "The number depends on the network, its weights, the resize and n: see each one's definition.",
    "lpips_": "UniColor reports the AlexNet variant, CT2 and iColoriT the VGG one; they are not comparable.",
    "top1_": "Compare differences to the photos' own accuracy: classifiers and crops differ by several points.",
    "top5_": "Compare differences to the photos' own accuracy: classifiers and crops differ by several points.",
    "agreement_": "The share of photos on which the classifier's first choice is the same as on the real photo.",
}
"""Beginnings of names to what sets the metrics with that beginning apart."""
