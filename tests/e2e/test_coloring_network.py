"""A photo is colored in a real browser by a network of siggraph17's size, which never learned anything."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Request, expect
from skimage import data

from evalsuite.hint_files import read_points
from evalsuite.images import Resize, decode
from evalsuite.studio.client import Studio, canvas_of
from evalsuite.studio.kept import start
from tests.conftest import migrate
from tests.e2e.researcher import visiting
from tests.e2e.test_coloring import PATIENCE_MS, Served, bring, settled, spot, take
from tests.evalsuite.studio.conftest import write_random_weights
from tests.serving import serving
from tests.webapp.conftest import config_of
from webapp import create_app


@pytest.fixture
def networked(tmp_path: Path) -> Iterator[Served]:
    """A site whose coloring process has a network, and a photo to color."""
    url = f"sqlite:///{tmp_path / 'evalsuite.db'}"
    migrate(url)
    photo = tmp_path / "cup.png"
    Image.fromarray(data.coffee()[40:360, 100:420]).resize((256, 256)).save(photo)
    kept = start({"siggraph17": write_random_weights(tmp_path)})
    app = create_app(replace(config_of(url, tmp_path), coloring_socket=kept.socket))
    with serving(app) as port:
        yield Served(f"http://127.0.0.1:{port}", kept, photo)
    app.extensions["engine"].dispose()
    kept.end()


@pytest.mark.slow
def test_a_networks_draft_comes_first_and_what_is_taken_home_is_its_own_pixels(
    browser: Browser, networked: Served, tmp_path: Path
) -> None:
    asked = list[tuple[int, bool]]()

    def hear(request: Request) -> None:
        if request.url.endswith("/api/color"):
            said: Any = request.post_data_json
            asked.append((len(said["points"]), bool(said.get("draft"))))

    with visiting(browser, networked.address, own=("blob:",)) as page:
        page.set_default_timeout(PATIENCE_MS)
        page.on("request", hear)
        bring(page, networked)
        settled(page)
        page.mouse.click(*spot(page, 0.5, 0.4))
        settled(page)
        expect(page.locator(".swatches").first.get_by_role("button")).to_have_count(9)
        expect(page.locator(".source")).to_be_empty()
        colored, hints = (take(page, name, tmp_path / "taken") for name in ("Colored photo", "Hint file"))

    points = read_points(hints)
    canvas = canvas_of(networked.photo, Resize("native", 0))
    own = Studio(networked.kept.socket, 120).color(canvas, points, "siggraph17")
    assert [draft for count, draft in asked if count] == [True, False, False]  # shown, replaced, taken home
    assert len(points) == 1
    assert np.array_equal(decode(colored.read_bytes()), decode(own))
