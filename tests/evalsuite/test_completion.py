"""What completes a run: the hashes of its outputs, and the folder as it was before memory was saved."""

from __future__ import annotations

import hashlib
import json
import tracemalloc
from pathlib import Path

import pytest

from evalsuite.completion import write_hashes
from evalsuite.plan import Plan
from evalsuite.run import run


def test_hashes_are_sorted_lines_as_coreutils_read_them(tmp_path: Path) -> None:
    names = [f"outputs/gray/{k}\r é.png" for k in range(100)]
    outputs = [(name, hashlib.sha256(name.encode()).hexdigest()) for name in names]

    write_hashes(tmp_path / "outputs.sha256", iter(outputs))

    expected = "".join(sorted(f"{sha256}  {name}\n" for name, sha256 in outputs))
    assert (tmp_path / "outputs.sha256").read_bytes() == expected.encode()
    assert [path.name for path in tmp_path.iterdir()] == ["outputs.sha256"]


@pytest.mark.slow
def test_hashes_are_never_in_memory_as_a_whole(tmp_path: Path) -> None:
    outputs = ((f"outputs/gray/{k:05d}.png", hashlib.sha256(b"%d" % k).hexdigest()) for k in range(20_000))

    tracemalloc.start()
    try:
        write_hashes(tmp_path / "outputs.sha256", outputs)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert most < (tmp_path / "outputs.sha256").stat().st_size / 2


@pytest.mark.slow
def test_the_manifest_keeps_its_order_and_its_layout(plan: Plan) -> None:
    (plan.images / "text.png").write_text("no photo")

    manifest = run(plan).manifest

    last = ["skipped", "photos", "dataset", "failures", "seconds", "files", "finished_at"]
    assert list(manifest)[-len(last) :] == last
    assert (plan.out / "manifest.json").read_text() == json.dumps(manifest, indent=1) + "\n"
    assert [photo["status"] for photo in manifest["photos"]] == ["scored"] * 7 + ["undecodable"]
    assert manifest["dataset"]["failed"] == [{"photo": "text", "reason": manifest["photos"][7]["reason"]}]
