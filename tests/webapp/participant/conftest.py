"""The site over each database, and a scripted participant."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Engine

from tests.turk.studies_made import SECRET, SYNTHETIC_KEY, make_study
from tests.webapp.participant.scripted import Scripted
from turk.tables import StudyRow
from webapp import create_app
from webapp.config import Config


@pytest.fixture
def app(engine: Engine, tmp_path: Path) -> Iterator[Flask]:
    """The site."""
    url = engine.url.render_as_string(hide_password=False)
    studies, thumbnails = tmp_path / "studies", tmp_path / "thumbnails"
    made = create_app(Config(url, SECRET, studies, thumbnails, synthetic_key=SYNTHETIC_KEY))
    yield made
    made.extensions["engine"].dispose()


@pytest.fixture
def study(engine: Engine, tmp_path: Path) -> StudyRow:
    """A live study whose exposures take no time."""
    instant = {"exposure_ms": 50, "fixation_ms": 100, "gap_ms": 0, "mask_ms": 0}
    return make_study(engine, tmp_path / "street", parameters=instant)


@pytest.fixture
def person(app: Flask, study: StudyRow) -> Scripted:
    """Somebody who has come to the study's page."""
    return Scripted(app.test_client(), study.name)
