"""Old black-and-white photos have no truth: what methods make of them can still be judged, without real photos."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image
from sqlalchemy import Engine

from evalsuite.cli import group
from evalsuite.db import session_scope
from evalsuite.errors import UserError
from tests.turk.images_made import write_file
from tests.turk.sites_made import run_site
from turk import frames, places
from turk.analysis import analyze
from turk.build import Built, build_study
from turk.simulate import Crowd, simulate
from turk.studies import find_study
from turk.study import REAL

SOURCE = "source:\n  run: run\n  conditions: [histogram_transfer, welsh2002]\n"
NATURAL = "protocol: naturalness\nparameters: {practice: 0, test: 8, catch: 0, size: 64}\n"


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with --no-reference on ten gray photos, colored after one that has colors."""
    root = tmp_path_factory.mktemp("old")
    (root / "old").mkdir()
    for number in range(10):
        gray = np.random.default_rng(number).integers(0, 256, (6, 6), np.uint8)
        Image.fromarray(gray).resize((32, 32), Image.Resampling.BICUBIC).save(root / "old" / f"p{number}.png")
    colors = np.random.default_rng(99).integers(0, 256, (32, 32, 3), np.uint8)
    Image.fromarray(colors).save(root / "reference.png")
    words = ["run", "--images", root / "old", "--no-reference", "--references", root / "reference.png", "--size", 32,
             "--colorizers", "histogram_transfer,welsh2002", "--device", "cpu", "--out", root / "run"]  # fmt: skip
    done = CliRunner().invoke(group, list(map(str, words)), catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return root


def build(engine: Engine, root: Path, more: str = NATURAL, source: str = SOURCE) -> Built:
    return build_study(engine, write_file(root, source, more, small=""), root / "studies", overwrite=True)


@pytest.mark.slow
def test_a_naturalness_study_of_them_shows_no_real_photo_and_compares_the_methods(
    sqlite_engine: Engine, old: Path, tmp_path: Path
) -> None:
    study = build(sqlite_engine, old).study
    with session_scope(sqlite_engine) as db:
        row = find_study(db, study.name)
        row.state = "live"
        places.create(db, row.id, study)
        key = row.id
    planted = {"histogram_transfer": 0.3, "welsh2002": 0.8}

    with run_site(sqlite_engine, tmp_path) as site:
        simulate(study, site, Crowd(12, {"psychometric": 1}, planted, seed=1))

    responses = frames.responses(sqlite_engine, key, synthetic=True)
    assert study.truth is False
    assert len(study.photos) == 10
    assert set(responses["condition"]) == set(planted)
    found = analyze(responses, frames.sessions(sqlite_engine, key, synthetic=True), study, model=False)
    rates = found.everyone.rates.set_index("condition")["value"].to_dict()
    assert REAL not in rates
    assert rates["welsh2002"] > rates["histogram_transfer"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("more", "source", "sentence"),
    [
        ("protocol: zhang2016\n", SOURCE, "have no truth (--no-reference), and zhang2016 shows real photos"),
        (NATURAL, SOURCE.replace(", welsh2002", ""), "without real photos, two conditions or more are compared"),
        (NATURAL.replace("catch: 0", "catch: 1"), SOURCE + "  catch: random\n", "and these have none. Set catch: none"),
    ],
)
def test_what_needs_a_truth_is_refused(sqlite_engine: Engine, old: Path, more: str, source: str, sentence: str) -> None:
    with pytest.raises(UserError) as caught:
        build(sqlite_engine, old, more, source)

    assert sentence in str(caught.value)
