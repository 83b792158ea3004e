"""Learning Large-Scale Automatic Image Colorization: a learned quadratic objective, corrected to a scene's histogram.

Source: Deshpande, Rock, Forsyth, ICCV 2015. Its curves of error over distance in ab are where the AuC of later papers
comes from. The code is Matlab.
"""

from __future__ import annotations

from evalsuite.colorizers.not_ours import refusing
from evalsuite.contracts import Colorizer

WHERE = (
    "Code in Matlab, with models of one scene class: github.com/aditya12agd5/iccv15_lscolorization (ColorizeMain.m "
    "reads data/CLASS/Test/ID/color.png and writes TIFF files into data/ColorizeOut)."
)

COLORIZER = Colorizer(
    name="deshpande2015",
    title="Deshpande et al. 2015",
    load=refusing("deshpande2015", WHERE),
    paper="Deshpande, Rock, Forsyth: Learning Large-Scale Automatic Image Colorization, ICCV 2015",
    url="https://github.com/aditya12agd5/iccv15_lscolorization",
    licence="educational use only",
    # SUN-6: RMSE as Larsson et al. 2016 report it, without and with the true scene; quoted from memory of that paper.
    reported={"sun6": {"rmse_larsson2016": 0.262}, "sun6_true_scene": {"rmse_larsson2016": 0.254}},
    cite="deshpande2015learning",
    elsewhere=WHERE,
)
