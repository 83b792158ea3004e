"""Deep Colorization: a small network on hand-made features, one for each cluster of scenes. No code is public.

Source: Cheng, Yang, Sheng, ICCV 2015, arXiv 1605.00075: patches of 7 x 7, DAISY and semantic features enter three
hidden layers that predict U and V, followed by a joint bilateral filter; photos are clustered by scene with a network
each. Details are quoted from memory of the paper; it reports no number on a public list of photos.
"""

from __future__ import annotations

from evalsuite.colorizers.not_ours import refusing
from evalsuite.contracts import Colorizer

WHERE = "No code and no weights are public; only its authors can color photos with it."

COLORIZER = Colorizer(
    name="cheng2015",
    title="Cheng et al. 2015",
    load=refusing("cheng2015", WHERE),
    paper="Cheng, Yang, Sheng: Deep Colorization, ICCV 2015",
    url="https://arxiv.org/abs/1605.00075",
    licence="no code is public",
    cite="cheng2015deep",
    elsewhere=WHERE,
)
