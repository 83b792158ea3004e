"""The tables of datasets, runs and scores."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from evalsuite.db import Base


class DatasetRow(Base):
    """Photos that belong together; runs on the same photos share it."""

    __tablename__ = "datasets"
    __table_args__ = (UniqueConstraint("name", "sha256"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    sha256: Mapped[str]
    images: Mapped[int]


class PhotoRow(Base):
    """A photo that was scored, by its place among them; `label` is its class, where the dataset has classes."""

    __tablename__ = "photos"
    __table_args__ = (
        UniqueConstraint("dataset_id", "name"),
        UniqueConstraint("dataset_id", "position"),
        Index("ix_photos_class", "dataset_id", "label", "position"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    dataset_id: Mapped[int] = mapped_column(ForeignKey(DatasetRow.id, ondelete="CASCADE"))
    name: Mapped[str]
    position: Mapped[int]
    file: Mapped[str]
    sha256: Mapped[str]
    label: Mapped[int | None]


class ColorizerRow(Base):
    """A method, as the newest run described it."""

    __tablename__ = "colorizers"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    paper: Mapped[str]
    url: Mapped[str]
    licence: Mapped[str]


class MetricRow(Base):
    """A score, as the newest run described it."""

    __tablename__ = "metrics"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    unit: Mapped[str]
    better: Mapped[str | None]
    kind: Mapped[str]
    definition: Mapped[str]


class RunRow(Base):
    """A run folder that was imported; `facts` is its manifest without photos and failures."""

    __tablename__ = "runs"
    __table_args__ = (Index(None, "dataset_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    dataset_id: Mapped[int] = mapped_column(ForeignKey(DatasetRow.id))
    sha256: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    folder: Mapped[str]
    size: Mapped[int]
    resize: Mapped[str]
    scores: Mapped[int]
    facts: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    imported_at: Mapped[datetime]


class EntryRow(Base):
    """A colorizer in a run; `about` is what its record says: see `evalsuite.records.about`."""

    __tablename__ = "entries"
    __table_args__ = (UniqueConstraint("run_id", "colorizer_id"), UniqueConstraint("run_id", "position"))

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey(RunRow.id, ondelete="CASCADE"))
    colorizer_id: Mapped[int] = mapped_column(ForeignKey(ColorizerRow.id))
    position: Mapped[int]
    weights_sha256: Mapped[str | None]
    about: Mapped[dict[str, Any] | None]


class ScoreRow(Base):
    """A metric's value for one photo of an entry; photos without a finite value have no row."""

    __tablename__ = "scores"
    __table_args__ = (
        Index("ix_scores_sort", "entry_id", "metric_id", "value", "photo_id"),
        Index("ix_scores_photo", "photo_id", "metric_id", "entry_id", "value"),
        {"sqlite_with_rowid": False},
    )

    entry_id: Mapped[int] = mapped_column(ForeignKey(EntryRow.id, ondelete="CASCADE"), primary_key=True)
    metric_id: Mapped[int] = mapped_column(ForeignKey(MetricRow.id), primary_key=True)
    photo_id: Mapped[int] = mapped_column(ForeignKey(PhotoRow.id), primary_key=True)
    value: Mapped[float]


class VectorRow(Base):
    """The scores of an entry and a metric again, all photos of the dataset in one value: see `evalsuite.vectors`."""

    __tablename__ = "vectors"

    entry_id: Mapped[int] = mapped_column(ForeignKey(EntryRow.id, ondelete="CASCADE"), primary_key=True)
    metric_id: Mapped[int] = mapped_column(ForeignKey(MetricRow.id), primary_key=True)
    data: Mapped[bytes]


class OutputRow(Base):
    """The picture that an entry made of a photo, by its content."""

    __tablename__ = "outputs"
    __table_args__ = ({"sqlite_with_rowid": False},)

    entry_id: Mapped[int] = mapped_column(ForeignKey(EntryRow.id, ondelete="CASCADE"), primary_key=True)
    photo_id: Mapped[int] = mapped_column(ForeignKey(PhotoRow.id), primary_key=True)
    sha256: Mapped[str]


class SummaryRow(Base):
    """What a page says of an entry and a metric without reading a score.

    mean, sd and quantiles are those of the scores per photo; ranks count from 1, the best.
    """

    __tablename__ = "summaries"
    __table_args__ = (Index(None, "metric_id", "value"), {"sqlite_with_rowid": False})

    entry_id: Mapped[int] = mapped_column(ForeignKey(EntryRow.id, ondelete="CASCADE"), primary_key=True)
    metric_id: Mapped[int] = mapped_column(ForeignKey(MetricRow.id), primary_key=True)
    n: Mapped[int]
    value: Mapped[float | None]
    ci_lo: Mapped[float | None]
    ci_hi: Mapped[float | None]
    mean: Mapped[float | None]
    sd: Mapped[float | None]
    q05: Mapped[float | None]
    q25: Mapped[float | None]
    q50: Mapped[float | None]
    q75: Mapped[float | None]
    q95: Mapped[float | None]
    rank_lo: Mapped[int | None]
    rank_hi: Mapped[int | None]
    tie_group: Mapped[int | None]
    details: Mapped[dict[str, Any]]


class PairRow(Base):
    """The paired difference a - b of two entries of a run in a metric; p_holm is corrected for the metric's pairs."""

    __tablename__ = "pairs"
    __table_args__ = ({"sqlite_with_rowid": False},)

    a_entry_id: Mapped[int] = mapped_column(ForeignKey(EntryRow.id, ondelete="CASCADE"), primary_key=True)
    b_entry_id: Mapped[int] = mapped_column(ForeignKey(EntryRow.id, ondelete="CASCADE"), primary_key=True)
    metric_id: Mapped[int] = mapped_column(ForeignKey(MetricRow.id), primary_key=True)
    n: Mapped[int]
    difference: Mapped[float | None]
    ci_lo: Mapped[float | None]
    ci_hi: Mapped[float | None]
    p: Mapped[float | None]
    p_holm: Mapped[float | None]
    test: Mapped[str]


class StandingRow(Base):
    """Where an entry stands among all entries of all runs on the same photos at the same size.

    As `evalsuite.contest.Standing` has it; entries that see the target do not compete and have none.
    """

    __tablename__ = "standings"
    __table_args__ = ({"sqlite_with_rowid": False},)

    entry_id: Mapped[int] = mapped_column(ForeignKey(EntryRow.id, ondelete="CASCADE"), primary_key=True)
    metric_id: Mapped[int] = mapped_column(ForeignKey(MetricRow.id), primary_key=True)
    place: Mapped[int]
    rank_lo: Mapped[int]
    rank_hi: Mapped[int]
    tie_group: Mapped[int]
    p_next: Mapped[float | None]
    photos_more: Mapped[int | None]


class CurveRow(Base):
    """The points of a metric's curve for an entry, as curves.json has them."""

    __tablename__ = "curves"
    __table_args__ = ({"sqlite_with_rowid": False},)

    entry_id: Mapped[int] = mapped_column(ForeignKey(EntryRow.id, ondelete="CASCADE"), primary_key=True)
    metric_id: Mapped[int] = mapped_column(ForeignKey(MetricRow.id), primary_key=True)
    points: Mapped[dict[str, Any]]


class PhotoCurvesRow(Base):
    """A metric's curve for an entry photo by photo, all photos in one value: see `evalsuite.photo_curves`."""

    __tablename__ = "photo_curves"

    entry_id: Mapped[int] = mapped_column(ForeignKey(EntryRow.id, ondelete="CASCADE"), primary_key=True)
    metric_id: Mapped[int] = mapped_column(ForeignKey(MetricRow.id), primary_key=True)
    data: Mapped[bytes]


class ChromaRow(Base):
    """The colors of a run's photos ("target") or of a method's outputs: `evalsuite.chroma.Chroma` as bytes."""

    __tablename__ = "chroma"

    run_id: Mapped[int] = mapped_column(ForeignKey(RunRow.id, ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    histogram: Mapped[bytes]
    bins: Mapped[bytes | None]


class ConfusionRow(Base):
    """Which classes recoloring turns into which for a classifier: `evalsuite.backbones.confusions.aggravated`."""

    __tablename__ = "confusions"

    run_id: Mapped[int] = mapped_column(ForeignKey(RunRow.id, ondelete="CASCADE"), primary_key=True)
    metric: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    pairs: Mapped[list[Any]]


class FailureRow(Base):
    """A photo without a score, and why: of one entry, or of the whole run where it could not be decoded."""

    __tablename__ = "failures"
    __table_args__ = (Index(None, "run_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey(RunRow.id, ondelete="CASCADE"))
    entry_id: Mapped[int | None] = mapped_column(ForeignKey(EntryRow.id, ondelete="CASCADE"))
    photo: Mapped[str]
    reason: Mapped[str]


class CounterRow(Base):
    """A number that pages read instead of counting; `data_version` grows with every change they show."""

    __tablename__ = "counters"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[int]
