import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from skimage.color import rgb2lab

from evalsuite.errors import UserError
from evalsuite.images import Resize
from tests.turk.images_made import (
    FOLDERS,
    RUN,
    SIZE,
    names,
    picture,
    write_file,
    write_folders,
    write_pictures,
    write_run,
)
from turk import hosting
from turk.source_file import Source
from turk.sources import Material, material_of
from turk.stimuli import Made, Wish, describe, make_stimuli
from turk.study_file import read_study_file

RGB = NDArray[np.uint8]


def source(root: Path, text: str = FOLDERS) -> Source:
    return read_study_file(write_file(root, text)).source


def material(root: Path, text: str = FOLDERS) -> Material:
    return material_of(source(root, text), SIZE)


def make(root: Path, text: str = FOLDERS, limit: int | None = None, made: str | None = None, seed: int = 1) -> Made:
    return make_stimuli(material(root, text), Wish(root / "study", seed, limit, made))


def pixels(root: Path, sha256: str) -> RGB:
    with Image.open(io.BytesIO(hosting.read(root / "study", sha256))) as image:
        return np.array(image)


def gray(seed: int) -> RGB:
    return np.repeat(picture(seed).mean(axis=2, keepdims=True).astype(np.uint8), 3, axis=2)


@pytest.mark.slow
def test_outputs_are_shown_with_exactly_their_pixels_and_photos_come_through_lab_unchanged(tmp_path: Path) -> None:
    made = make(write_folders(tmp_path))

    assert made.photos == names(12)
    assert list(made.files) == ["real", "ours", "theirs"]
    for k, photo in enumerate(names(12)):
        np.testing.assert_array_equal(pixels(tmp_path, made.files["ours"][photo]), picture(1000 + k))
        np.testing.assert_array_equal(pixels(tmp_path, made.files["real"][photo]), picture(k))
    trip = made.round_trip
    assert (trip.pixels, trip.differing, trip.largest) == (12 * SIZE**2, 0, 0)


@pytest.mark.slow
def test_all_files_of_a_study_have_one_length(tmp_path: Path) -> None:
    make(write_folders(tmp_path), made="random")

    assert len({path.stat().st_size for path in (tmp_path / "study" / "stimuli").iterdir()}) == 1


@pytest.mark.slow
def test_a_runs_photos_come_through_its_geometry_and_its_outputs_as_they_were_measured(tmp_path: Path) -> None:
    write_run(tmp_path)

    made = make(tmp_path, RUN)

    for k, photo in enumerate(names(12)):
        squashed = Resize("squash", SIZE).apply(picture(k, (SIZE + 20, SIZE)))
        np.testing.assert_array_equal(pixels(tmp_path, made.files["real"][photo]), squashed)
        np.testing.assert_array_equal(pixels(tmp_path, made.files["gray"][photo]), picture(1000 + k))
    assert made.resized == 0


@pytest.mark.slow
def test_images_of_another_size_come_to_the_studys_size_in_one_way(tmp_path: Path) -> None:
    for first, folder in enumerate(("photos", "ours", "theirs")):
        write_pictures(tmp_path / folder, names(3), 1000 * first, (96, 80))

    squashed, cropped = make(tmp_path), make(tmp_path / ".", FOLDERS + "  resize: crop\n")

    for made, policy in ((squashed, Resize("squash", SIZE)), (cropped, Resize("crop", SIZE))):
        for first, name in enumerate(("real", "ours", "theirs")):
            expected = policy.apply(picture(1000 * first, (96, 80)))
            np.testing.assert_array_equal(pixels(tmp_path, made.files[name]["p00"]), expected)
        assert made.resized == 3
    assert describe(squashed, material(tmp_path))["resize"]["policy"] == "squash"


@pytest.mark.slow
def test_gray_photos_and_copies_are_left_out_with_the_reason(tmp_path: Path) -> None:
    write_folders(tmp_path)
    Image.fromarray(gray(4)).save(tmp_path / "photos" / "p04.png")
    Image.fromarray(picture(1)).save(tmp_path / "photos" / "p07.png")
    Image.fromarray(picture(2)).save(tmp_path / "photos" / "p09.png")
    (tmp_path / "photos" / "p09.png").unlink()
    Image.fromarray(picture(2)[:, ::-1]).save(tmp_path / "photos" / "p09.jpg", quality=90)

    made = make(tmp_path)

    assert made.left_out == {
        "p04": "nearly gray: no |a| or |b| above 5",
        "p07": "the same as p01",
        "p09": "a copy of p02",
    }
    assert made.photos == [name for name in names(12) if name not in made.left_out]
    assert made.round_trip.pixels == 9 * SIZE**2
    assert all(set(files) == set(made.photos) for files in made.files.values())


@pytest.mark.slow
def test_some_of_the_photos_are_a_seeded_draw_of_those_that_are_fit(tmp_path: Path) -> None:
    write_folders(tmp_path)
    Image.fromarray(gray(4)).save(tmp_path / "photos" / "p04.png")

    some, more, other = (make(tmp_path, limit=n, seed=seed).photos for n, seed in ((4, 1), (8, 1), (4, 2)))

    assert (len(some), len(more)) == (4, 8)
    assert set(some) < set(more)
    assert some != other
    assert make(tmp_path, limit=50).photos == [name for name in names(12) if name != "p04"]


@pytest.mark.slow
def test_the_catch_condition_that_is_made_has_the_colors_of_another_photo(tmp_path: Path) -> None:
    made = make(write_folders(tmp_path), made="random")

    lenders = []
    for photo in made.photos:
        lab = rgb2lab(pixels(tmp_path, made.files["random"][photo]))
        own = rgb2lab(pixels(tmp_path, made.files["real"][photo]))
        inside = (np.abs(lab[..., 0] - own[..., 0]) < 0.5).mean()
        assert inside > 0.5  # colors out of gamut are clipped, which moves their lightness
        others = {
            name: np.median(np.abs(lab - rgb2lab(pixels(tmp_path, made.files["real"][name])))[..., 1:])
            for name in made.photos
        }
        lenders.append(min(others, key=others.__getitem__))
    assert sorted(lenders) == made.photos
    assert all(lender != photo for lender, photo in zip(lenders, made.photos, strict=True))
    assert make(tmp_path, made="random").files["random"] == made.files["random"]
    assert make(tmp_path, made="random", seed=2).files["random"] != made.files["random"]


@pytest.mark.slow
def test_many_photos_are_decoded_in_processes_of_their_own(tmp_path: Path) -> None:
    made = make(write_folders(tmp_path, 20))

    assert made.photos == names(20)
    np.testing.assert_array_equal(pixels(tmp_path, made.files["theirs"]["p19"]), picture(2019))


def refused(root: Path, text: str, message: str) -> None:
    with pytest.raises(UserError) as caught:
        make(root, text)
    assert message in str(caught.value)
    assert str(caught.value).startswith("study.yaml, line ")


def test_a_missing_partner_is_named_with_its_line(tmp_path: Path) -> None:
    write_folders(tmp_path)
    (tmp_path / "theirs" / "p03.png").unlink()
    (tmp_path / "theirs" / "p05.png").unlink()

    refused(
        tmp_path, FOLDERS, "line 4, source.conditions.theirs: every photo has an output; 2 of 12 have none (p03, p05)"
    )


def test_a_missing_folder_is_named_with_its_line(tmp_path: Path) -> None:
    write_folders(tmp_path)

    refused(tmp_path, FOLDERS.replace("theirs/", "thiers/"), "line 4, source.conditions.theirs:")
    refused(tmp_path, FOLDERS.replace("photos/", "photo/"), "line 3, source.real:")


@pytest.mark.slow
def test_differing_sizes_are_named_with_their_line_and_may_be_brought_to_one(tmp_path: Path) -> None:
    write_folders(tmp_path)
    write_pictures(tmp_path / "ours", ["p02"], 5, (50, 40))

    sizes = "p02 is 50 x 40, its photo 64 x 64"
    refused(tmp_path, FOLDERS, f"source.conditions.ours: 1 outputs differ in size from their photos ({sizes})")
    assert make(tmp_path, FOLDERS + "  resize: squash\n").resized == 1


@pytest.mark.slow
def test_files_that_are_no_pictures_are_named_with_their_line(tmp_path: Path) -> None:
    write_folders(tmp_path)
    (tmp_path / "theirs" / "p03.png").write_bytes(b"no picture")
    refused(tmp_path, FOLDERS, "source.conditions.theirs: ")

    data = (tmp_path / "ours" / "p03.png").read_bytes()
    (tmp_path / "theirs" / "p03.png").write_bytes(data[: len(data) // 2])
    refused(tmp_path, FOLDERS, "p03.png: damaged or cut off")


def test_files_without_photo_are_told(tmp_path: Path) -> None:
    write_folders(tmp_path)
    write_pictures(tmp_path / "ours", ["x1", "x2"], 77)

    assert material(tmp_path).notes == ("ours: 2 files belong to no photo (x1.png, x2.png)",)


@pytest.mark.slow
def test_the_catch_condition_may_be_a_folder_or_another_condition(tmp_path: Path) -> None:
    write_folders(tmp_path)
    write_pictures(tmp_path / "wrong", names(12), 7000)

    own = make(tmp_path, FOLDERS + "  catch: {wrong: wrong/}\n")
    np.testing.assert_array_equal(pixels(tmp_path, own.files["wrong"]["p05"]), picture(7005))
    assert list(make(tmp_path, FOLDERS + "  catch: theirs\n").files) == ["real", "ours", "theirs"]
    refused(
        tmp_path, FOLDERS + "  catch: their\n", "line 5, source.catch: no condition 'their'. Did you mean 'theirs'?"
    )


def test_what_a_run_does_not_have_is_named_with_its_line(tmp_path: Path) -> None:
    refused(tmp_path, RUN, "line 3, source.run: ")
    write_run(tmp_path)
    unknown = "line 4, source.conditions: the run has no colorizer 'welsh'. Did you mean 'welsh2002'?"
    refused(tmp_path, RUN.replace("welsh2002", "welsh"), unknown)
    refused(tmp_path, RUN + "  catch: mean_ab\n", "line 5, source.catch: the run has no colorizer 'mean_ab'")

    (tmp_path / "run" / "outputs" / "gray" / "p04.png").unlink()
    refused(tmp_path, RUN, "every photo has an output; 1 of 12 have none (p04)")
    (tmp_path / "photos" / "p05.png").unlink()
    refused(tmp_path, RUN, "source.run: 1 photos of the run are no longer where they were (p05)")


@pytest.mark.slow
def test_a_run_that_has_the_random_baseline_lends_it_to_catch_trials(tmp_path: Path) -> None:
    write_run(tmp_path, conditions=("gray", "random"))

    made = make(tmp_path, RUN.replace(", welsh2002", ""))

    np.testing.assert_array_equal(pixels(tmp_path, made.files["random"]["p05"]), picture(2005))


@pytest.mark.slow
def test_a_run_whose_files_were_changed_is_refused(tmp_path: Path) -> None:
    run = write_run(tmp_path)
    write_pictures(run / "outputs" / "gray", ["p02"], 999)
    refused(tmp_path, RUN, "p02.png: this file was changed after its run")

    write_run(tmp_path)
    write_pictures(tmp_path / "photos", ["p02"], 999, (SIZE + 20, SIZE))
    refused(tmp_path, RUN, "p02.png: this file was changed after its run")


def test_an_output_of_a_run_has_its_photos_size(tmp_path: Path) -> None:
    run = write_run(tmp_path)
    write_pictures(run / "outputs" / "gray", ["p02"], 999, (SIZE, SIZE - 2))
    (run / "outputs.sha256").unlink()

    refused(tmp_path, RUN, "p02.png: an output has its photo's size; got 64 x 62, expected 64 x 64")


def test_a_run_that_has_not_ended_is_refused(tmp_path: Path) -> None:
    run = write_run(tmp_path)
    manifest = json.loads((run / "manifest.json").read_text())
    (run / "manifest.json").write_text(json.dumps(manifest | {"status": "running"}))

    refused(tmp_path, RUN, "this run has not come to its end")


@pytest.mark.slow
def test_nothing_of_this_machine_is_kept_of_a_source(tmp_path: Path) -> None:
    write_run(tmp_path)
    found = material(tmp_path, RUN)

    facts = describe(make_stimuli(found, Wish(tmp_path / "study", 1)), found)

    assert str(tmp_path) not in json.dumps(facts)
    assert facts["kind"] == "run"
    assert facts["run_sha256"] == found.run_sha256
    assert facts["round_trip"]["pixels"] == 12 * SIZE**2
    assert replace(found, notes=()) == found
