"""How well a study's images were shown, from the digests of its finished sessions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from turk.methods import exposure_sentence
from turk.result_tables import DigestRow
from webapp.keeping import kept
from webapp.queries.studies import Counted, Known

USUAL_HZ = 60.0
DIGESTS = select(
    DigestRow.exposures, DigestRow.refresh_hz, DigestRow.test, DigestRow.valid, DigestRow.replaced,
    DigestRow.long_frames,
).where(DigestRow.study_id == bindparam("study"), DigestRow.synthetic == bindparam("synthetic"))  # fmt: skip


@dataclass
class Exposed:
    """Test trials of finished sessions.

    Attributes:
        valid: How far those that count were off the plan, in ms, to how many.
        invalid: The same for those that do not.
        browsers: Browser to how many trials there were, and how many count.
        rates: Refresh rate to the same.
        replaced: Trials that another one stands in for.
        long_frames: Frames during exposures that took half as long again as a frame.
    """

    valid: Counter[float] = field(default_factory=Counter)
    invalid: Counter[float] = field(default_factory=Counter)
    browsers: dict[str, Counter[str]] = field(default_factory=dict)
    rates: dict[str, Counter[str]] = field(default_factory=dict)
    trials: int = 0
    counting: int = 0
    replaced: int = 0
    long_frames: int = 0

    @property
    def hz(self) -> float | None:
        """The refresh rate of the median trial, None where none is known."""
        known = sorted((int(hz), found["trials"]) for hz, found in self.rates.items() if hz.isdecimal())
        return _quantile({hz: trials for hz, trials in known}, 0.5) if known else None

    def sentence(self) -> str | None:
        """The sentence for the paper, None before there is something to say."""
        if not self.trials or not self.valid:
            return None
        off: Counter[float] = Counter()
        for ms, trials in self.valid.items():
            off[abs(ms)] += trials
        ends = _quantile(off, 0.5), _quantile(off, 0.95)
        return exposure_sentence(self.counting / self.trials, self.trials, ends, self.hz or USUAL_HZ)


def exposed(session: Session, known: Known, synthetic: bool, counted: Counted) -> Exposed:
    """Add up the digests of a study, once while what the monitor counts of them stays the same.

    A digest is written once and never changes, so that what is added up changes with those counts.
    """
    counts = (tuple(counted.hours.items()), counted.total, *map(repr, (counted.rules, counted.rates)))
    key = (known.id, known.sha256, synthetic, *counts)
    return kept(session, "exposed", key, lambda: _exposed(session, known.id, synthetic))


def _exposed(session: Session, study: int, synthetic: bool) -> Exposed:
    found = Exposed()
    rows = session.connection().execute(DIGESTS, {"study": study, "synthetic": synthetic}).all()
    for told, hz, trials, valid, replaced, long_frames in rows:
        found.trials += trials
        found.counting += valid
        found.replaced += replaced
        found.long_frames += long_frames
        _add(found, told, "unknown" if hz is None else str(hz), {"trials": trials, "valid": valid})
    return found


def _add(found: Exposed, told: Mapping[str, Any], hz: str, counts: Mapping[str, int]) -> None:
    for name, into in (("valid", found.valid), ("invalid", found.invalid)):
        for off, number in told["off"][name].items():
            into[float(off)] += number
    found.browsers.setdefault(told["browser"], Counter()).update(counts)
    found.rates.setdefault(hz, Counter()).update(counts)


def _quantile(counts: Mapping[float, int], share: float) -> float:
    """Of values that are counted, the one that this share of them does not exceed."""
    values = sorted(counts)
    reached = np.cumsum([counts[value] for value in values])
    return values[int(np.searchsorted(reached, share * reached[-1]))]
