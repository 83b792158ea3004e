"""A photo's page and its pictures."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from skimage.color import rgb2lab

from evalsuite.db import session_scope
from evalsuite.tables import PhotoRow
from tests.webapp.answered import fooled_by
from tests.webapp.runs import PICTURES, SIZE, values_of

AT = "?at=squash-24"


def pixels(viewer: FlaskClient, address: str) -> np.ndarray:
    """A picture's pixels."""
    answer = viewer.get(address)
    assert answer.status_code == 200, answer.text
    assert "immutable" in answer.headers["Cache-Control"]
    return np.asarray(Image.open(io.BytesIO(answer.data)).convert("RGB"))


@pytest.mark.slow
def test_the_photo_what_methods_get_and_what_they_made_are_shown_as_they_were_scored(viewer: FlaskClient) -> None:
    found = viewer.get(f"/photo/3.json{AT}").get_json()

    pictures = {picture["label"]: picture["address"] for picture in found["pictures"]}
    real = np.kron(PICTURES[2], np.ones((SIZE // 3, SIZE // 3, 1), np.uint8))
    assert list(pictures) == ["Photo", "What methods get", "Gray", "Good", "Rival"]
    np.testing.assert_array_equal(pixels(viewer, pictures["Photo"]), real)
    np.testing.assert_array_equal(pixels(viewer, pictures["Good"]), (real.astype(int) + 5).clip(0, 255))
    gray = rgb2lab(pixels(viewer, pictures["What methods get"]))
    np.testing.assert_allclose(gray[..., 0], rgb2lab(real)[..., 0], atol=0.3)
    np.testing.assert_allclose(gray[..., 1:], 0, atol=0.05)


def test_scores_of_all_methods_stand_beside_it_and_altered_lightness_is_said(viewer: FlaskClient) -> None:
    text = viewer.get(f"/photo/3{AT}").text
    rows = viewer.get(f"/photo/3.json{AT}").get_json()["rows"]

    psnr = {row["colorizer"]: row["value"] for row in rows if row["metric"] == "psnr_rgb"}
    assert psnr == pytest.approx({name: values_of(name)["psnr_rgb"][2] for name in psnr})
    assert set(psnr) == {"truth", "gray", "good", "rival"}
    fooled, views = fooled_by("good", 2)
    assert f"<td>{fooled} of {views}, " in text
    assert next(row["value"] for row in rows if (row["colorizer"], row["metric"]) == ("good", "fool_rate")) == (
        pytest.approx((fooled + 1) / (views + 4))
    )
    assert "Rival altered the lightness of this photo" in text
    best = max(psnr["good"], psnr["rival"])
    assert f"<b>{best:.2f}</b>" in text


def test_its_scores_come_as_a_table_for_a_paper(viewer: FlaskClient) -> None:
    text = viewer.get(f"/photo/3.tex{AT}").text

    best = max(values_of(name)["psnr_rgb"][2] for name in ("good", "rival"))
    assert f"\\textbf{{{best:.2f}}}" in text
    assert "% @misc{rival2024," in text


def test_the_photos_before_and_after_it_are_linked(viewer: FlaskClient) -> None:
    first, last = viewer.get(f"/photo/1{AT}").text, viewer.get(f"/photo/24{AT}").text

    assert 'rel="next" href="/photo/2?at=squash-24"' in first
    assert 'rel="prev"' not in first
    assert 'rel="next"' not in last


def test_any_two_pictures_can_stand_on_the_stage_without_scripts(viewer: FlaskClient) -> None:
    found = viewer.get(f"/photo/3.json{AT}").get_json()
    keys = {picture["label"]: picture for picture in found["pictures"]}

    text = viewer.get(f"/photo/3{AT}&a={keys['Good']['entry']}&b={keys['Rival']['entry']}").text

    assert f'id="current" src="{keys["Good"]["address"]}"' in text
    assert f'id="reference" src="{keys["Rival"]["address"]}"' in text


def test_a_photo_that_changed_since_is_not_shown_as_the_one_that_was_scored(site: Flask, viewer: FlaskClient) -> None:
    address = viewer.get(f"/photo/24.json{AT}").get_json()["pictures"][0]["address"]
    with session_scope(site.extensions["engine"], read_only=True) as session:
        file = session.get_one(PhotoRow, 24).file
    with open(file, "rb") as stream:
        before = stream.read()
    Image.new("RGB", (SIZE, SIZE), "red").save(file)

    answer = viewer.get(address)

    with open(file, "wb") as stream:
        stream.write(before)
    assert answer.status_code == 404
    assert "p23.png was moved or changed after the run was imported" in answer.text


@pytest.mark.parametrize("kind", ["target", "gray", "output", "thumb"])
def test_an_address_that_was_never_shown_opens_nothing(viewer: FlaskClient, kind: str) -> None:
    guess = "0" * 32
    address = f"/thumb/{guess}.webp" if kind == "thumb" else f"/{kind}/1/1/{guess}.png"

    assert viewer.get(address).status_code == 404


def test_thumbnails_lead_nowhere_else(viewer: FlaskClient) -> None:
    assert viewer.get("/thumb/..%2f..%2fsecret_key.webp").status_code == 404


@pytest.mark.parametrize(
    ("address", "status", "sentence"),
    [
        ("/photo/99", 404, "There is no photo 99"),
        ("/photo/1?at=squash-9", 400, "at is one of"),
        ("/photo/1?a=99", 400, "a: no picture of this photo has key 99"),
        ("/photo/1?b=99", 400, "b: no picture of this photo has key 99"),
    ],
)
def test_what_is_not_there_is_said(viewer: FlaskClient, address: str, status: int, sentence: str) -> None:
    answer = viewer.get(address)

    assert answer.status_code == status
    assert sentence in re.sub("&#39;", "'", answer.text)
