"""Numbers as pages print them: as the suite's tables do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from evalsuite.typesetting import decimals, head, number, span
from webapp.queries.records import Metric


@dataclass(frozen=True)
class Printed:
    """How the values of a metric are printed: shares as percentages, all with the same decimals.

    Attributes:
        metric: The metric.
        digits: How many decimals.
    """

    metric: Metric
    digits: int

    @property
    def head(self) -> str:
        """The column's head: title, arrow to the better side, unit."""
        return head(self.metric.title, self.metric.unit, self.metric.better)

    def value(self, value: float | None, signed: bool = False) -> str:
        """Print a value."""
        return number(value, self.metric.unit, self.digits, signed)

    def span(self, ends: Sequence[float | None], signed: bool = False) -> str:
        """Print an interval, nothing where there is none."""
        low, high = ends
        if low is None or high is None:
            return ""
        return span((low, high), self.metric.unit, self.digits, signed)


def printed(metric: Metric, values: Iterable[float | None]) -> Printed:
    """Choose how a metric's values are printed."""
    return Printed(metric, decimals(metric.unit, [value for value in values if value is not None]))
