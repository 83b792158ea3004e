"""Learning Representations for Automatic Colorization: histograms of hue and chroma from hypercolumns of VGG-16.

Source: Larsson, Maire, Shakhnarovich, ECCV 2016, arXiv 1603.06668. The released program keeps the photo's lightness and
works at a short side of 256 and a long one of 500 at most.
"""

from __future__ import annotations

from evalsuite.colorizers.not_ours import refusing
from evalsuite.contracts import Colorizer

WHERE = (
    "Code for Caffe: github.com/gustavla/autocolorize (`autocolorize photo.png -o result.png`); weights: "
    "people.cs.uchicago.edu/~larsson/colorization/res/autocolorize.caffemodel.h5, 588,203,256 bytes."
)

COLORIZER = Colorizer(
    name="larsson2016",
    title="Larsson et al. 2016",
    load=refusing("larsson2016", WHERE),
    paper="Larsson, Maire, Shakhnarovich: Learning Representations for Automatic Colorization, ECCV 2016",
    url="https://github.com/gustavla/autocolorize",
    licence="BSD-3-Clause",
    # ctest10k: Zhang et al. 2016, Table 1; top-1 is verified and the size agrees with the file, the rest is quoted from
    # memory of it. ctest10k_1000: Zhang et al. 2017; cval1k: its own paper, hue and chroma with fading; from memory.
    reported={
        "ctest10k": {
            "params_mb": 588,
            "activations_mb": 495,
            "runtime_ms": 122.1,
            "auc": 0.917,
            "auc_rebalanced": 0.659,
            "top1_vgg16": 0.594,
            "fool_rate": 0.272,
        },
        "ctest10k_1000": {"psnr_rgb": 24.93},
        "cval1k": {"psnr_rgb": 24.45, "rmse_larsson2016": 0.299},
    },
    cite="larsson2016learning",
    elsewhere=WHERE,
)
