"""Color a photo: one's own, or one of a run, with points."""

from __future__ import annotations

from webapp import uploads
from webapp.coloring import MOST_PIXELS, SIDE, name_of
from webapp.page import Answer, Asked, Page, Parameter
from webapp.parameters import whole


def answer(asked: Asked) -> Answer:
    """Open the editor on the photo that is named, or ask for one."""
    photo = {name: asked.values[name] for name in ("upload", "run", "photo") if asked.values[name]}
    name = name_of(photo) if photo else None
    data = {"photo": photo if name else None, "name": name}
    context = {
        "photo": photo if name else None, "name": name, "gone": bool(photo) and name is None, "side": SIDE,
        "megabytes": uploads.LARGEST // 2**20, "megapixels": MOST_PIXELS // 10**6, "hours": uploads.LIFE_S // 3600,
    }  # fmt: skip
    return Answer(f"Color {name}" if name else "Color a photo", data, context=context)


PAGE = Page(
    name="color",
    path="/color",
    title="Color",
    answer=answer,
    parameters=(
        Parameter("run", "the run that a photo is of", whole),
        Parameter("photo", "the photo", whole),
        Parameter("upload", "a photo of one's own"),
    ),
    order=9,
    shared=False,
)
