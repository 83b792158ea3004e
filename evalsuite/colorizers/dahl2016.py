"""Automatic Colorization: a residual encoder on hypercolumns of VGG-16, trained with an L2 loss on U and V.

Source: Ryan Dahl, January 2016, a page on the web; its results are desaturated, as L2 makes them.
"""

from __future__ import annotations

from evalsuite.colorizers.not_ours import refusing
from evalsuite.contracts import Colorizer

WHERE = (
    "Explained at tinyclouds.org/colorize, which gives the TensorFlow graph colorize.tfmodel as a torrent; it takes "
    "and gives photos of 224 x 224."
)

COLORIZER = Colorizer(
    name="dahl2016",
    title="Dahl 2016",
    load=refusing("dahl2016", WHERE),
    paper="Dahl: Automatic Colorization, 2016",
    url="https://tinyclouds.org/colorize",
    licence="none stated",
    # Zhang et al. 2016, Table 1, quoted from memory of it.
    reported={"ctest10k": {"auc": 0.904, "auc_rebalanced": 0.589, "top1_vgg16": 0.487, "fool_rate": 0.183}},
    cite="dahl2016automatic",
    elsewhere=WHERE,
)
