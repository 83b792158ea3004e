"""Let there be Color!: local and global features fused, trained for ab and the scene's class together.

Source: Iizuka, Simo-Serra, Ishikawa, SIGGRAPH 2016. The released program is for Torch7; it works at any size and best
near 224 x 224. For comparisons with methods trained on ImageNet its authors give a second model.
"""

from __future__ import annotations

from evalsuite.colorizers.not_ours import refusing
from evalsuite.contracts import Colorizer

WHERE = (
    "Code for Torch7: github.com/satoshiiizuka/siggraph2016_colorization (`th colorize.lua photo.png result.png "
    "colornet_imagenet.t7`); weights: its download_model.sh (Places) and download_model_imagenet.sh."
)

COLORIZER = Colorizer(
    name="iizuka2016",
    title="Iizuka et al. 2016",
    load=refusing("iizuka2016", WHERE),
    paper="Iizuka, Simo-Serra, Ishikawa: Let there be Color!, SIGGRAPH 2016",
    url="https://github.com/satoshiiizuka/siggraph2016_colorization",
    licence="CC BY-NC-SA 4.0 (not for commercial use)",
    # ctest10k_1000: Zhang et al. 2017, quoted from memory of it.
    reported={"ctest10k_1000": {"psnr_rgb": 23.69}},
    cite="iizuka2016let",
    elsewhere=WHERE,
)
