"""One tile of photos through every colorizer and every metric, on one device."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from evalsuite.color import is_gray
from evalsuite.contracts import Batch, Colorizer
from evalsuite.errors import UserError
from evalsuite.finishing import finish
from evalsuite.hinting import with_hints
from evalsuite.loading import Picture
from evalsuite.plugins import in_short
from evalsuite.results import TARGET
from evalsuite.views import Pair, View
from evalsuite.work import Loaded, TileResult, Work, photo_seed

BATCH_PIXELS = 16 * 256 * 256


class Scorer:
    """Scores decoded tiles on one device.

    Args:
        work: What to do; colorizers and metrics that were skipped are no longer in it.
        device: Where.
        loaded: Its plug-ins, loaded for that device.
    """

    def __init__(self, work: Work, device: torch.device, loaded: Loaded) -> None:
        self._work = work
        self._device = device
        self._loaded = loaded

    def score(self, number: int, pictures: Sequence[Picture]) -> TileResult:
        """Score a tile from its decoded pictures, in the order of `Work.wanted`."""
        indices = list(self._work.indices(number))
        targets, companions = list(pictures[: len(indices)]), self._companions(pictures, len(indices))
        result = TileResult(number, [self._record(i, p) for i, p in zip(indices, targets, strict=True)])
        with torch.inference_mode(), exact_arithmetic():
            for members in _batches(targets):
                self._score_batch(result, indices, members, targets, companions)
        return result

    def probe_batch(self, pictures: Sequence[Picture], index: int, colorizer: Colorizer) -> Batch:
        """Make the batch of one photo on which the cost of a colorizer is measured."""
        position = index % self._work.tile
        count = len(self._work.indices(index // self._work.tile))
        target = View(self._stack([pictures[position]]))
        companions = self._companions(pictures, count)
        return self._batch(colorizer, (index,), target, [companions.get(colorizer.name, [])[position:][:1]])

    def _companions(self, pictures: Sequence[Picture], count: int) -> dict[str, list[Picture]]:
        names = [c.name for c in self._work.colorizers if c.name in self._work.companions]
        return {name: list(pictures[count * (k + 1) : count * (k + 2)]) for k, name in enumerate(names)}

    def _record(self, index: int, picture: Picture) -> dict[str, Any]:
        photo = self._work.dataset.photos[index]
        width, height = picture.original
        status, reason = ("scored", "") if picture.rgb is not None else ("undecodable", picture.reason)
        size = {"width": width, "height": height}
        return {
            "id": photo.id, "file": str(photo.path), "sha256": picture.sha256, **size,
            "label": photo.label, "gray": False, "status": status, "reason": reason,
        }  # fmt: skip

    def _score_batch(
        self,
        result: TileResult,
        indices: list[int],
        members: list[int],
        targets: list[Picture],
        companions: dict[str, list[Picture]],
    ) -> None:
        view = View(self._stack([targets[m] for m in members]), self._labels([indices[m] for m in members]))
        gray = is_gray(view.lab).tolist()
        for m, truly_gray in zip(members, gray, strict=True):
            result.photos[m]["gray"] = truly_gray
        if self._work.drop_gray and any(gray):
            kept = [k for k, truly_gray in enumerate(gray) if not truly_gray]
            for k in set(range(len(members))) - set(kept):
                result.photos[members[k]].update(status="dropped", reason="truly gray")
            members, view = [members[k] for k in kept], View(view.rgb8[kept], view.labels[kept])
        if not members:
            return
        rows: list[tuple[str, str, list[int], Tensor]] = []
        for colorizer in self._work.colorizers:
            beside = companions.get(colorizer.name, [])
            chosen = [beside[m] for m in members] if beside else []
            with _timed(result, f"colorizer {colorizer.name}", self._device):
                done = self._colorize(colorizer, [indices[m] for m in members], view, chosen)
            result.failures += [(colorizer.name, i, reason) for i, reason in done.failures]
            if done.places:
                rows += self._measure(result, colorizer.name, view, done)
                self._keep_outputs(result, colorizer, done, chosen)
        covered: dict[str, set[int]] = defaultdict(set)
        for owner, column, positions, values in rows:
            key = f"{owner}/{column}"
            if owner != TARGET or not covered[key].issuperset(positions):
                covered[key].update(positions)
                result.columns.append((owner, column, np.array(positions), values.cpu().numpy()))

    def _colorize(self, colorizer: Colorizer, indices: list[int], target: View, companions: list[Picture]) -> Colorized:
        """Colorize a batch; if that fails, photo by photo, so that only the bad ones are lost."""
        failures = {i: p.reason for i, p in zip(indices, companions, strict=False) if p.rgb is None}
        places = [k for k, i in enumerate(indices) if i not in failures]
        outputs: dict[int, Tensor | None] = {}
        if places:
            try:
                outputs = dict(zip(places, self._outputs(colorizer, indices, places, target, companions), strict=True))
            except (Exception, SystemExit) as error:
                reason = _reason(error)
                for k in places if len(places) > 1 else ():
                    try:
                        [outputs[k]] = self._outputs(colorizer, indices, [k], target, companions)
                    except (Exception, SystemExit) as single:
                        failures[indices[k]] = _reason(single)
                if len(places) == 1:
                    failures[indices[places[0]]] = reason
        finite = {k: output for k, output in sorted(outputs.items()) if output is not None}
        failures |= {indices[k]: "the result holds values that are not finite" for k in outputs if k not in finite}
        rgb8 = torch.stack(list(finite.values())) if finite else target.rgb8[:0]
        kept = list(finite)
        return Colorized(kept, [indices[k] for k in kept], rgb8, list(failures.items()))

    def _outputs(
        self, colorizer: Colorizer, indices: list[int], places: list[int], target: View, companions: list[Picture]
    ) -> list[Tensor | None]:
        part = target if len(places) == len(indices) else View(target.rgb8[places], target.labels[places])
        beside = [[companions[k]] for k in places] if companions else []
        batch = self._batch(colorizer, tuple(indices[k] for k in places), part, beside)
        return finish(self._loaded.colorizers[colorizer.name](batch), batch.L)

    def _batch(
        self, colorizer: Colorizer, indices: tuple[int, ...], target: View, companions: Sequence[Sequence[Picture]]
    ) -> Batch:
        photos = tuple(self._work.dataset.photos[i] for i in indices)
        seeds = tuple(photo_seed(self._work.seed, photo.id) for photo in photos)
        beside = tuple(self._tensor(p.rgb) for ps in companions for p in ps if p.rgb is not None)
        batch = with_hints(colorizer, self._work.options, target, Batch(target.L, photos, indices, seeds, beside))
        return replace(batch, target=target) if "target" in colorizer.accepts else batch

    def _measure(
        self, result: TileResult, name: str, target: View, done: Colorized
    ) -> Iterator[tuple[str, str, list[int], Tensor]]:
        whole = len(done.places) == len(target.rgb8)
        part = target if whole else View(target.rgb8[done.places], target.labels[done.places])
        output = part if torch.equal(part.rgb8, done.rgb8) else View(done.rgb8, part.labels)
        pair = Pair(part, output)
        for metric in self._work.metrics:
            if metric.name not in self._loaded.metrics:
                continue
            with _timed(result, f"metric {metric.name}", self._device):
                rows = self._loaded.metrics[metric.name](pair)
            for column, values in rows.items():
                if len(values) != len(done.indices):
                    got, expected = len(values), len(done.indices)
                    where = f"metric {metric.name}, column {column}"
                    raise UserError(f"{where}: one row per photo; got {got}, expected {expected}. Mend the metric.")
                owner = TARGET if column.startswith("target.") else name
                yield owner, f"{metric.name}.{column.removeprefix('target.')}", done.indices, values

    def _keep_outputs(
        self, result: TileResult, colorizer: Colorizer, done: Colorized, companions: list[Picture]
    ) -> None:
        pixels = done.rgb8.permute(0, 2, 3, 1).contiguous().cpu().numpy()
        for row, (place, index) in enumerate(zip(done.places, done.indices, strict=True)):
            source = companions[place] if "output" in colorizer.accepts and companions else None
            path = source.path if source is not None and source.verbatim else None
            result.outputs.append((colorizer.name, index, pixels[row] if path is None else path))

    def _stack(self, pictures: Sequence[Picture]) -> Tensor:
        return torch.stack([self._tensor(p.rgb) for p in pictures if p.rgb is not None])

    def _tensor(self, rgb: NDArray[np.uint8] | None) -> Tensor:
        tensor = torch.from_numpy(np.ascontiguousarray(rgb)).permute(2, 0, 1).contiguous()
        if self._device.type == "cuda":
            return tensor.pin_memory().to(self._device, non_blocking=True)
        return tensor

    def _labels(self, indices: list[int]) -> Tensor:
        labels = [self._work.dataset.photos[i].label for i in indices]
        return torch.tensor([-1 if label is None else label for label in labels], device=self._device)


@dataclass(frozen=True)
class Colorized:
    """A batch after a colorizer: places in the batch and positions in the dataset of the photos that came through.

    Attributes:
        places: Positions in the batch.
        indices: Positions in the dataset.
        rgb8: (len(places), 3, H, W) uint8.
        failures: Position in the dataset and reason.
    """

    places: list[int]
    indices: list[int]
    rgb8: Tensor
    failures: list[tuple[int, str]]


@contextmanager
def exact_arithmetic() -> Iterator[None]:
    """Keep float32 what it says on a GPU: no TF32, no search for the fastest convolution, which may differ by run."""
    matmul, cudnn = torch.backends.cuda.matmul, torch.backends.cudnn
    before = matmul.allow_tf32, cudnn.allow_tf32, cudnn.benchmark
    matmul.allow_tf32, cudnn.allow_tf32, cudnn.benchmark = False, False, False
    try:
        yield
    finally:
        matmul.allow_tf32, cudnn.allow_tf32, cudnn.benchmark = before


@contextmanager
def _timed(result: TileResult, stage: str, device: torch.device) -> Iterator[None]:
    started = time.perf_counter()
    yield
    result.seconds[stage] += time.perf_counter() - started


def _batches(pictures: Sequence[Picture]) -> Iterator[list[int]]:
    """Group the decoded pictures of a tile by size, at most BATCH_PIXELS at once."""
    by_size: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for m, picture in enumerate(pictures):
        if picture.rgb is not None:
            by_size[picture.rgb.shape].append(m)
    for shape, members in by_size.items():
        most = max(1, BATCH_PIXELS // (shape[0] * shape[1]))
        for start in range(0, len(members), most):
            yield members[start : start + most]


def _reason(error: BaseException) -> str:
    return str(error) if isinstance(error, UserError) else in_short(error)
