"""Completing a run: what one reads of it, made from its rows and its journal, and the manifest last."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from evalsuite.journal import Journal, seconds_of
from evalsuite.manifest import describe_dataset, now
from evalsuite.results import Run, replaced, sha256_of, write_json
from evalsuite.summary import curves_of, summarise, write_scores
from evalsuite.work import Work

HASHES = "outputs.sha256"
DIGITS = "0123456789abcdef"


def complete(
    out: Path,
    manifest: Mapping[str, Any],
    work: Work,
    journal: Journal,
    costs: Mapping[str, Mapping[str, float | None]],
) -> None:
    """Write the hashes of the outputs, scores, summary and curves, and the manifest last.

    What the journal says of every photo goes from file to file and is never in memory as a whole.

    Raises:
        UserError: No photo is left.
    """
    later = {"photos": [], "dataset": describe_dataset(work, journal.photos), "failures": []}
    manifest = {**manifest, **later, "seconds": seconds_of(journal)}
    run = Run(out, manifest)
    write_hashes(out / HASHES, journal.outputs())
    write_scores(run, [photo.id for photo in work.dataset.photos], work.metrics, out / "scores.parquet")
    write_json(out / "summary.json", summarise(run, work.metrics, costs))
    write_json(out / "curves.json", curves_of(run, work.metrics))
    kept = ("scores.parquet", "summary.json", "curves.json", HASHES)
    manifest["files"] = {name: sha256_of(out / name) for name in kept}
    manifest |= {"photos": journal.photos(), "failures": _failures(work, journal)}
    write_json(out / "manifest.json", manifest | {"status": "complete", "finished_at": now()})


def write_hashes(path: Path, outputs: Iterator[tuple[str, str]]) -> None:
    """Write a sorted line per file and sha256, as `sha256sum --check` reads them, a sixteenth at a time."""
    with ExitStack() as stack, replaced(path) as stream:
        parts = {
            digit: stack.enter_context(TemporaryFile("w+", encoding="utf-8", newline="\n", dir=path.parent))
            for digit in DIGITS
        }
        for name, sha256 in outputs:
            parts[sha256[0]].write(f"{sha256}  {name}\n")
        for part in parts.values():
            part.seek(0)
            stream.writelines(sorted(part))


def _failures(work: Work, journal: Journal) -> Iterator[dict[str, str]]:
    """List failures by colorizer, each one's in the order of the photos."""
    names = [colorizer.name for colorizer in work.colorizers]
    for name, i, reason in sorted(journal.failures(), key=lambda failure: (names.index(failure[0]), failure[1])):
        yield {"colorizer": name, "photo": work.dataset.photos[i].id, "reason": reason}
