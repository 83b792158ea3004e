"""The tables of people who color: which photos they opened, and what they did to every point."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from evalsuite.db import Base
from turk.tables import TrialRow


class ColoringRow(Base):
    """A photo that is being colored: since when by the server's clock, and which colorizer shows the result.

    It begins when the participant opens the photo; a trial without such a row was not opened yet.
    """

    __tablename__ = "colorings"

    trial_id: Mapped[int] = mapped_column(ForeignKey(TrialRow.id, ondelete="CASCADE"), primary_key=True)
    begun_at: Mapped[datetime]
    colorizer: Mapped[str | None]


class PointEventRow(Base):
    """What a participant did to a point of a photo; `number` counts a photo's events from 0.

    `kind` is place (x, y, a, b, size; `layer`: above how many others), move (x, y), color (a, b), resize (size) or
    delete; `point` is the point's number on the page, `source` where its color was chosen. `at_ms` is the browser's
    time since the photo was opened, `kept_at` ours.
    """

    __tablename__ = "point_events"
    __table_args__ = (UniqueConstraint("trial_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    trial_id: Mapped[int] = mapped_column(ForeignKey(TrialRow.id, ondelete="CASCADE"))
    number: Mapped[int]
    kind: Mapped[str]
    point: Mapped[int]
    x: Mapped[int | None]
    y: Mapped[int | None]
    a: Mapped[float | None]
    b: Mapped[float | None]
    size: Mapped[int | None]
    source: Mapped[str | None]
    layer: Mapped[int | None]
    at_ms: Mapped[float]
    kept_at: Mapped[datetime]
