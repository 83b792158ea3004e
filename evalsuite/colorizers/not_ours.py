"""Methods that others must run: what an entry for one says when it is asked to color a photo."""

from __future__ import annotations

from collections.abc import Callable

from evalsuite.contracts import Colorize, Setting
from evalsuite.errors import Unavailable


def refusing(name: str, how: str) -> Callable[[Setting], Colorize]:
    """Make the `load` of a method whose code is not ours: it says where the code is and how results are brought in."""

    def load(setting: Setting) -> Colorize:
        bring = (
            f"evalsuite score --outputs {name}=FOLDER, or evalsuite run --command '{name}=PROGRAM {{input}} {{output}}'"
        )
        raise Unavailable(f"{name}: this method is run outside the suite. {how} Then bring its results in: {bring}.")

    return load
