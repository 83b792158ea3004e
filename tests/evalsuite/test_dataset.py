"""Datasets from folders, lists and CSVs; no file here is a real photo, since nothing is decoded."""

import hashlib
import os
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalsuite.dataset import Dataset, Photo, hash_of, open_dataset, pair_by_stem
from evalsuite.entries import without_suffix
from evalsuite.errors import UserError


def touch(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    return folder


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def ids(dataset: Dataset) -> list[str]:
    return [photo.id for photo in dataset.photos]


def labels(dataset: Dataset) -> list[int | None]:
    return [photo.label for photo in dataset.photos]


def test_a_folder_gives_its_photos_at_every_depth_sorted_by_id(tmp_path: Path) -> None:
    touch(tmp_path / "street", "b.png", "a/z.JPEG", "a/b/c.webp", "notes.txt", "Z.tif")

    dataset = open_dataset(tmp_path / "street")

    assert dataset.name == "street"
    assert ids(dataset) == ["Z", "a/b/c", "a/z", "b"]
    assert dataset.photos[2].path == tmp_path / "street/a/z.JPEG"
    assert not dataset.labelled


def test_hidden_files_and_folders_are_no_photos(tmp_path: Path) -> None:
    touch(tmp_path, "a.png", ".b.png", ".thumbnails/c.png", "._a.png")

    assert ids(open_dataset(tmp_path)) == ["a"]


def test_a_link_to_a_folder_is_followed_and_a_ring_of_links_ends(tmp_path: Path) -> None:
    touch(tmp_path, "photos/a.png", "elsewhere/b.png")
    (tmp_path / "photos/linked").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere/back").symlink_to(tmp_path / "photos")
    (tmp_path / "photos/self.png").symlink_to(tmp_path / "photos/self.png")

    assert ids(open_dataset(tmp_path / "photos")) == ["a", "linked/b", "self"]


def test_a_relative_folder_has_its_name_and_absolute_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path / "photos", "a.png")
    monkeypatch.chdir(tmp_path / "photos")

    dataset = open_dataset(Path("."))

    assert dataset.name == "photos"
    assert dataset.photos[0].path == tmp_path / "photos/a.png"


def test_the_suffix_stays_in_the_id_where_files_would_collide(tmp_path: Path) -> None:
    touch(tmp_path, "a.jpg", "a.png", "b.jpg", "c.png", "c.png.jpg", "c.jpg", "d.v2.jpg")

    assert ids(open_dataset(tmp_path)) == ["a.jpg", "a.png", "b", "c.jpg", "c.png", "c.png.jpg", "d.v2"]


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(st.sets(st.from_regex(r"\A[ab](\.(png|jpg)){1,3}\Z"), min_size=1))
def test_ids_are_unique_whatever_the_names(names: set[str]) -> None:
    with TemporaryDirectory() as folder:
        dataset = open_dataset(write(Path(folder, "list.txt"), "\n".join(names)))

    assert len(set(ids(dataset))) == len(names)


def test_a_list_is_read_as_the_papers_write_theirs(tmp_path: Path) -> None:
    touch(tmp_path, "n01440764/ILSVRC2012_val_00000293.JPEG", "plain photo.jpg")
    path = write(
        tmp_path / "ctest.txt",
        "# ten thousand, less 9997\n/n01440764/ILSVRC2012_val_00000293.JPEG 7\n\n plain photo.jpg\r\n./gone.jpg\t3\n",
    )

    dataset = open_dataset(path)

    assert dataset.name == "ctest"
    assert ids(dataset) == ["gone", "n01440764/ILSVRC2012_val_00000293", "plain photo"]
    assert labels(dataset) == [3, 7, None]
    assert dataset.labelled
    assert [photo.path.is_file() for photo in dataset.photos] == [False, True, True]


def test_a_list_may_leave_out_suffixes_and_name_folders_of_classes_that_are_not_there(tmp_path: Path) -> None:
    touch(tmp_path / "val", "ILSVRC2012_val_00000293.JPEG", "b.png", "c.jpg")
    lines = "/n01440764/ILSVRC2012_val_00000293.JPEG 0\n/n01443537/ILSVRC2012_val_00000293 1\nb\nstreet/c.jpg\n"

    dataset = open_dataset(write(tmp_path / "list.txt", lines), root=tmp_path / "val")

    assert [photo.path.name for photo in dataset.photos if photo.path.is_file()] == [
        "b.png", "ILSVRC2012_val_00000293.JPEG", "ILSVRC2012_val_00000293.JPEG",
    ]  # fmt: skip
    assert ids(dataset)[1] == "n01440764/ILSVRC2012_val_00000293"
    assert ids(dataset)[-1] == "street/c"


def test_a_root_is_of_a_list_and_exists(tmp_path: Path) -> None:
    touch(tmp_path / "photos", "a.jpg")

    with pytest.raises(UserError, match=r"--root: the folder at which the names of a list or CSV start"):
        open_dataset(tmp_path / "photos", root=tmp_path)
    with pytest.raises(UserError, match=r"--root: .*nowhere"):
        open_dataset(write(tmp_path / "list.txt", "a.jpg\n"), root=tmp_path / "nowhere")


def test_names_of_a_list_start_at_the_root_that_is_given(tmp_path: Path) -> None:
    touch(tmp_path / "val", "a.jpg")

    dataset = open_dataset(write(tmp_path / "list.txt", "/a.jpg\n"), root=tmp_path / "val")

    assert dataset.photos == (Photo("a", tmp_path / "val/a.jpg"),)


def test_a_list_may_name_absolute_files(tmp_path: Path) -> None:
    touch(tmp_path / "photos", "a.jpg")

    dataset = open_dataset(write(tmp_path / "list.txt", f"{tmp_path}/photos/a.jpg\n"))

    assert dataset.photos == (Photo(f"{tmp_path}/photos/a"[1:], tmp_path / "photos/a.jpg"),)


def test_ids_never_lead_out_of_a_folder(tmp_path: Path) -> None:
    touch(tmp_path, "photos/a.jpg", "lists/x")

    dataset = open_dataset(write(tmp_path / "lists/list.txt", "../photos/a.jpg\n"))

    assert ids(dataset) == ["photos/a"]
    assert dataset.photos[0].path.is_file()


def test_a_csv_gives_files_and_labels_and_may_have_more_columns(tmp_path: Path) -> None:
    text = "\ufeffscene,file,class_index\nsea,b.jpg,4\nsky,a.jpg,0\nroad,c.jpg,\n"

    dataset = open_dataset(write(tmp_path / "photos.csv", text))

    assert ids(dataset) == ["a", "b", "c"]
    assert labels(dataset) == [0, 4, None]


def test_a_csv_needs_no_labels(tmp_path: Path) -> None:
    assert not open_dataset(write(tmp_path / "photos.CSV", "file\na.jpg\n")).labelled


def test_class_folders_of_imagenet_give_the_class(tmp_path: Path) -> None:
    # First, last and wnids in between, with their indices as torchvision's and Caffe's class lists have them.
    touch(
        tmp_path, "val/n01440764/a.JPEG", "val/n15075141/b.JPEG", "n02123045/sub/c.JPEG", "n00000001/d.JPEG", "e.JPEG"
    )

    dataset = open_dataset(tmp_path)

    assert dict(zip(ids(dataset), labels(dataset), strict=True)) == {
        "val/n01440764/a": 0,
        "val/n15075141/b": 999,
        "n02123045/sub/c": 281,
        "n00000001/d": None,
        "e": None,
    }


def test_a_labels_file_replaces_all_labels(tmp_path: Path) -> None:
    touch(tmp_path / "photos", "n01440764/a.JPEG", "n01440764/b.JPEG", "c.png")
    table = write(tmp_path / "labels.csv", "class_index,file\n5,n01440764/a.JPEG\n6,/c\n")

    dataset = open_dataset(tmp_path / "photos", labels=table)

    assert ids(dataset) == ["c", "n01440764/a", "n01440764/b"]
    assert labels(dataset) == [6, 5, None]


def test_labels_may_name_more_photos_than_there_are(tmp_path: Path) -> None:
    touch(tmp_path / "photos", "a.png", "c.png")
    table = write(tmp_path / "labels.csv", "file,class_index\nb.png,1\nc.png,2\n")

    assert labels(open_dataset(tmp_path / "photos", labels=table)) == [None, 2]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("a.png,1\na.png,1\n", r"labels.csv, line 3: a photo is named once; 'a.png' is in .*labels.csv, line 2 too"),
        ("a.png,1\na,1\n", r"line 3: a photo is named once"),
        ("a.png,cat\n", r"labels.csv, line 2: a class index is an integer from 0; got 'cat'"),
        ("a.png,-1\n", r"line 2: a class index is an integer from 0; got '-1'"),
        ("a.png,1.0\n", r"line 2: a class index is an integer from 0; got '1.0'"),
        ("b.png,1\n", r"labels.csv: no line names a photo of the dataset, such as 'a.png'"),
        ("c,1\n", r"line 2: a line labels one photo; 'c' is several: c.jpg, c.png"),
        (",1\n", r"line 2: every row names a file"),
    ],
)
def test_a_wrong_label_is_refused_with_its_line(tmp_path: Path, rows: str, message: str) -> None:
    touch(tmp_path / "photos", "a.png", "c.png", "c.jpg")
    table = write(tmp_path / "labels.csv", "file,class_index\n" + rows)

    with pytest.raises(UserError, match=message):
        open_dataset(tmp_path / "photos", labels=table)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("list.txt", "a.jpg 1\nb.jpg -2\n", "list.txt, line 2: a class index is an integer from 0; got '-2'"),
        ("list.txt", "a.jpg\n/a.jpg 3\n", r"line 2: a photo is named once; 'a.jpg' is in .*line 1 too"),
        ("list.txt", "..\n", "line 1: a line names a file"),
        ("list.txt", "# nothing\n", "there is no photo in it"),
        (
            "photos.csv",
            "name,class_index\na.jpg,1\n",
            "line 1: the first line names .* got name, class_index",
        ),
        ("photos.csv", "", "line 1: the first line names .* got nothing"),
        ("photo.jpg", "", "a dataset is a folder, a list or a CSV; got one photo"),
    ],
)
def test_a_wrong_list_is_refused_with_its_line(tmp_path: Path, name: str, text: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        open_dataset(write(tmp_path / name, text))


def test_a_labels_file_needs_its_label_column(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="names the columns file,class_index; got file"):
        open_dataset(touch(tmp_path, "a.png"), labels=write(tmp_path / "labels.csv", "file\na.png\n"))


def test_what_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_bytes(b"\xff\xfe\x00")

    with pytest.raises(UserError, match="lists and CSVs are UTF-8 text"):
        open_dataset(tmp_path / "list.txt")


def test_a_source_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such folder, list or CSV"):
        open_dataset(tmp_path / "none")
    with pytest.raises(UserError, match=r"labels\.csv: cannot be read \(No such file"):
        open_dataset(touch(tmp_path, "a.png"), labels=tmp_path / "labels.csv")


def test_a_folder_without_photos_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no photo in it"):
        open_dataset(touch(tmp_path, "notes.txt"))


def test_a_folder_that_cannot_be_listed_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def deny(_: object) -> list[str]:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "listdir", deny)

    with pytest.raises(UserError, match=r"cannot be read \(Permission denied\)"):
        open_dataset(tmp_path)


def test_a_limit_draws_photos_that_the_seed_decides(tmp_path: Path) -> None:
    touch(tmp_path, *(f"{number:03}.png" for number in range(100)))
    whole = open_dataset(tmp_path)

    first, again, other = (open_dataset(tmp_path, limit=10, seed=seed) for seed in (1, 1, 2))

    assert ids(first) == ids(again) == sorted(ids(first))
    assert len(first.photos) == 10
    assert set(ids(first)) < set(ids(whole))
    assert ids(first) != ids(other)
    assert ids(first) != ids(whole)[:10]
    assert set(ids(first)) < set(ids(open_dataset(tmp_path, limit=20, seed=1)))
    assert open_dataset(tmp_path, limit=1000).photos == whole.photos


def test_a_limit_of_no_photos_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="at least 1 photo is kept; got 0"):
        open_dataset(touch(tmp_path, "a.png"), limit=0)


@pytest.mark.slow
def test_results_are_paired_by_id_and_else_by_stem(tmp_path: Path) -> None:
    touch(tmp_path / "photos", "x/a.jpg", "y/b.jpg", "c.jpg", "d.jpg")
    touch(tmp_path / "out", "x/a.png", "b.png", "deep/c.jpg", "other.png", "log.txt")

    pairing = pair_by_stem(open_dataset(tmp_path / "photos"), tmp_path / "out")

    out = tmp_path / "out"
    assert pairing.files == (out / "deep/c.jpg", None, out / "x/a.png", out / "b.png")
    assert pairing.missing == ("d",)
    assert pairing.extra == ("other.png",)


def test_the_whole_path_goes_before_the_stem(tmp_path: Path) -> None:
    touch(tmp_path / "photos", "x/a.jpg", "y/a.jpg")
    touch(tmp_path / "out", "x/a.png", "y/a.png")

    pairing = pair_by_stem(open_dataset(tmp_path / "photos"), tmp_path / "out")

    assert pairing.files == (tmp_path / "out/x/a.png", tmp_path / "out/y/a.png")
    assert pairing.extra == ()


def test_photos_that_differ_by_suffix_find_their_own_results(tmp_path: Path) -> None:
    touch(tmp_path / "photos", "a.jpg", "a.png")
    touch(tmp_path / "out", "a.jpg.png", "a.png.png")

    pairing = pair_by_stem(open_dataset(tmp_path / "photos"), tmp_path / "out")

    assert pairing.files == (tmp_path / "out/a.jpg.png", tmp_path / "out/a.png.png")


@pytest.mark.parametrize(
    ("photos", "results", "message"),
    [
        (["a.jpg"], ["a.png", "a.jpg"], r"a has 2: a\.jpg, a\.png"),
        (["a.jpg"], ["x/a.png", "y/a.png"], r"a has 2: x/a\.png, y/a\.png"),
        (["x/a.jpg", "y/a.jpg"], ["a.png"], r"a\.png fits 2: x/a, y/a"),
    ],
)
def test_a_doubtful_pairing_is_refused(tmp_path: Path, photos: list[str], results: list[str], message: str) -> None:
    dataset = open_dataset(touch(tmp_path / "photos", *photos))

    with pytest.raises(UserError, match=message):
        pair_by_stem(dataset, touch(tmp_path / "out", *results))


def test_results_need_a_folder(tmp_path: Path) -> None:
    dataset = open_dataset(touch(tmp_path, "a.png"))

    with pytest.raises(UserError, match="there is no such folder"):
        pair_by_stem(dataset, tmp_path / "out")


def test_the_hash_of_a_dataset_is_that_of_its_sorted_contents() -> None:
    expected = hashlib.sha256(b"a\x00one\nb\x00two\n").hexdigest()

    assert hash_of(iter([("a", "one"), ("b", "two")])) == expected
    assert hash_of([("a", "two"), ("b", "one")]) != expected


def test_only_suffixes_of_photos_are_suffixes() -> None:
    assert [without_suffix(name) for name in ("a/b.JPG", "a.b", "a.png.jpg")] == ["a/b", "a.b", "a.png"]
