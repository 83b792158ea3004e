"""Files made with Pillow and numpy, decoded to pixels that are known beforehand."""

import io
import struct
import warnings
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from evalsuite import images
from evalsuite.errors import UserError
from evalsuite.images import Resize, Undecodable, decode, encode_png, read_size, write_atomically

CORNERS = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255]], [[255, 255, 0], [0, 255, 255], [255, 0, 255]]], np.uint8)


def saved(image: Image.Image, form: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def flat(mode: str, color: object, size: tuple[int, int] = (16, 16)) -> Image.Image:
    return Image.new(mode, size, color)  # type: ignore[arg-type]  # any color of any mode


def only_color(rgb: NDArray[np.uint8]) -> list[int]:
    colors = np.unique(rgb.reshape(-1, 3), axis=0)
    assert len(colors) == 1
    return [int(value) for value in colors[0]]


def png16(samples: NDArray[np.uint16], claimed: tuple[int, int] | None = None) -> bytes:
    """A PNG of (H, W, channels) 16-bit samples, written by hand since Pillow writes none in color."""
    channels = samples.shape[2]
    height, width = claimed or samples.shape[:2]
    header = struct.pack(">IIBBBBB", width, height, 16, {1: 0, 3: 2, 4: 6}[channels], 0, 0, 0)
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in samples)
    parts = b"\x89PNG\r\n\x1a\n"
    for kind, body in ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")):
        parts += struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    return parts


def swapped_profile() -> bytes:
    """A made-up sRGB whose red and green primaries are exchanged: a conversion that nobody can overlook."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    count = struct.unpack(">I", profile[128:132])[0]
    entries = {bytes(profile[132 + 12 * i : 136 + 12 * i]): 132 + 12 * i for i in range(count)}
    red, green = entries[b"rXYZ"], entries[b"gXYZ"]
    profile[red : red + 4], profile[green : green + 4] = b"gXYZ", b"rXYZ"
    return bytes(profile)


def test_a_plain_png_gives_its_pixels() -> None:
    rgb = decode(saved(Image.fromarray(CORNERS), "PNG"))

    assert rgb.dtype == np.uint8
    assert rgb.flags.writeable
    assert np.array_equal(rgb, CORNERS)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("form", ["PNG", "WEBP", "TIFF"])
def test_every_exif_orientation_comes_upright(orientation: int, form: str, tmp_path: Path) -> None:
    as_stored: dict[int, Callable[[NDArray[np.uint8]], NDArray[np.uint8]]] = {
        1: lambda a: a, 2: np.fliplr, 3: lambda a: np.rot90(a, 2), 4: np.flipud, 5: lambda a: a.transpose(1, 0, 2),
        6: np.rot90, 7: lambda a: np.rot90(a, 2).transpose(1, 0, 2), 8: lambda a: np.rot90(a, -1),
    }  # fmt: skip
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = Image.fromarray(np.ascontiguousarray(as_stored[orientation](CORNERS)))
    options = {"lossless": True} if form == "WEBP" else {}
    path = tmp_path / "turned"
    path.write_bytes(saved(stored, form, exif=exif, **options))

    assert np.array_equal(decode(path.read_bytes()), CORNERS)
    assert read_size(path) == (3, 2)


def test_an_embedded_profile_is_converted_to_srgb() -> None:
    data = saved(flat("RGB", (255, 0, 0)), "PNG", icc_profile=swapped_profile())

    assert np.abs(np.array(only_color(decode(data))) - [0, 255, 0]).max() <= 2


def test_transparent_pixels_are_converted_by_the_profile_too() -> None:
    data = saved(flat("RGBA", (255, 0, 0, 255)), "PNG", icc_profile=swapped_profile())

    assert np.abs(np.array(only_color(decode(data))) - [0, 255, 0]).max() <= 2


def test_an_srgb_profile_changes_no_pixel() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    colors = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)

    assert np.array_equal(decode(saved(Image.fromarray(colors), "PNG", icc_profile=profile)), colors)


@pytest.mark.parametrize("profile", [b"no profile at all", swapped_profile()[:200]])
def test_a_broken_profile_is_ignored(profile: bytes) -> None:
    assert only_color(decode(saved(flat("RGB", (10, 20, 30)), "PNG", icc_profile=profile))) == [10, 20, 30]


def test_a_profile_of_another_color_space_is_ignored() -> None:
    assert only_color(decode(saved(flat("L", 77), "PNG", icc_profile=swapped_profile()))) == [77, 77, 77]


def test_cmyk_jpeg_has_adobes_inverted_inks_right() -> None:
    rgb = decode(saved(flat("CMYK", (0, 255, 255, 0)), "JPEG", quality=100))

    assert np.abs(np.array(only_color(rgb)) - [255, 0, 0]).max() <= 2


def test_ycck_jpeg_is_read_as_its_cmyk() -> None:
    # YCC holds the inks of red, (0, 255, 255), as if they were RGB: (179, 171, 0) by JFIF's equations; Pillow inverts.
    data = bytearray(saved(flat("CMYK", (255 - 179, 255 - 171, 255 - 0, 0)), "JPEG", quality=100))
    transform = data.index(b"Adobe") + 11
    assert data[transform] == 0
    data[transform] = 2  # Adobe Technical Note 5116: the 4 channels are YCCK

    assert np.abs(np.array(only_color(decode(bytes(data)))) - [255, 0, 0]).max() <= 2


@pytest.mark.parametrize(("value", "level"), [(0, 0), (128, 0), (129, 1), (255, 1), (32896, 128), (65535, 255)])
def test_16_bit_samples_are_scaled_and_rounded(value: int, level: int) -> None:
    samples = np.full((4, 5, 3), value, np.uint16)

    assert only_color(decode(png16(samples))) == [level] * 3
    assert only_color(decode(png16(samples[..., :1]))) == [level] * 3
    assert only_color(decode(saved(Image.fromarray(samples[..., 0]), "TIFF"))) == [level] * 3


def test_16_bit_color_with_alpha_is_composited() -> None:
    samples = np.empty((2, 2, 4), np.uint16)
    samples[:] = (0, 65535, 257 * 100, 257 * 51)

    assert only_color(decode(png16(samples))) == [204, 255, 224]


def test_a_palette_gives_its_colors() -> None:
    image = Image.new("P", (2, 1))
    image.putpalette([1, 2, 3, 200, 100, 50])
    image.putdata([0, 1])

    assert decode(saved(image, "PNG")).tolist() == [[[1, 2, 3], [200, 100, 50]]]


def test_a_transparent_palette_color_is_white() -> None:
    image = Image.new("P", (2, 1))
    image.putpalette([1, 2, 3, 200, 100, 50])
    image.putdata([0, 1])

    assert decode(saved(image, "PNG", transparency=0)).tolist() == [[[255, 255, 255], [200, 100, 50]]]


def test_a_partly_transparent_palette_color_is_mixed_with_white() -> None:
    image = Image.new("P", (2, 1))
    image.putpalette([0, 0, 0, 200, 100, 50])
    image.putdata([0, 1])

    assert decode(saved(image, "PNG", transparency=bytes([51, 255]))).tolist() == [[[204, 204, 204], [200, 100, 50]]]


@pytest.mark.parametrize(
    ("mode", "color", "expected"),
    [
        ("RGBA", (0, 100, 255, 0), [255, 255, 255]),
        ("RGBA", (0, 100, 255, 51), [204, 224, 255]),
        ("RGBA", (0, 100, 255, 255), [0, 100, 255]),
        ("LA", (100, 51), [224, 224, 224]),
        ("L", 77, [77, 77, 77]),
        ("1", 1, [255, 255, 255]),
        ("1", 0, [0, 0, 0]),
    ],
)
def test_alpha_gray_and_bits_become_rgb(mode: str, color: object, expected: list[int]) -> None:
    assert only_color(decode(saved(flat(mode, color), "PNG"))) == expected


def test_the_color_that_a_png_names_transparent_is_white() -> None:
    data = saved(flat("RGB", (1, 2, 3)), "PNG", transparency=(1, 2, 3))

    assert only_color(decode(data)) == [255, 255, 255]


@pytest.mark.parametrize(("form", "options"), [("GIF", {}), ("PNG", {}), ("WEBP", {"lossless": True})])
def test_of_an_animation_the_first_frame_counts(form: str, options: dict[str, object]) -> None:
    frames = [flat("RGB", (0, 0, 255)), flat("RGB", (255, 0, 0))]
    data = saved(frames[0], form, save_all=True, append_images=frames[1:], **options)

    assert only_color(decode(data)) == [0, 0, 255]


def test_the_name_of_a_file_does_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    path.write_bytes(saved(flat("RGB", (128, 128, 128)), "JPEG"))

    assert only_color(decode(path.read_bytes())) == [128, 128, 128]
    assert read_size(path) == (16, 16)


@pytest.mark.parametrize(("top", "level"), [(1.0, 128), (255.0, 128), (65535.0, 128)])
def test_float_samples_are_taken_in_the_first_range_that_holds_them(top: float, level: int) -> None:
    values = np.array([[0.0, top, top * 128 / 255]], np.float32)

    assert decode(saved(Image.fromarray(values), "TIFF"))[0, :, 0].tolist() == [0, 255, level]


def test_integers_of_32_bits_are_taken_as_16() -> None:
    values = np.array([[-5, 0, 32896, 65535, 1 << 20]], np.int32)

    assert decode(saved(Image.fromarray(values), "TIFF"))[0, :, 0].tolist() == [0, 0, 128, 255, 255]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "the file is empty"),
        (b"just some text\n", "not an image, or of a format that is not read"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not an image, or of a format that is not read"),
        (saved(flat("RGB", (1, 2, 3), (99, 99)), "JPEG")[:-200], "damaged or cut off"),
        (saved(Image.effect_noise((99, 99), 50), "PNG")[:2000], "damaged or cut off"),
        (saved(Image.fromarray(np.full((2, 2), np.nan, np.float32)), "TIFF"), "no finite numbers"),
    ],
)
def test_what_cannot_be_decoded_has_a_short_reason(data: bytes, reason: str) -> None:
    with pytest.raises(Undecodable, match=reason) as caught:
        decode(data)

    assert len(str(caught.value)) < 150


def test_a_picture_above_the_pixel_limit_is_refused_before_it_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "MAX_PIXELS", 255)

    with pytest.raises(Undecodable, match="too large: 16 x 16 pixels, the limit is 255"):
        decode(saved(flat("RGB", (1, 2, 3)), "PNG"))


@pytest.mark.parametrize("side", [10_001, 60_000])
def test_a_bomb_of_a_few_bytes_is_refused_without_warnings(side: int, tmp_path: Path) -> None:
    path = tmp_path / "bomb.png"
    path.write_bytes(png16(np.zeros((1, 1, 1), np.uint16), claimed=(side, side)))

    with pytest.raises(Undecodable, match="too large"):
        decode(path.read_bytes())
    with pytest.raises(Undecodable, match="too large"):
        read_size(path)


def test_a_picture_without_pixels_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "open", lambda *_, **__: Image.new("RGB", (0, 7)))

    with pytest.raises(Undecodable, match=r"a picture without pixels \(0 x 7\)"):
        decode(b"anything")


def test_decoding_warns_nobody_of_odd_metadata() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    data = bytearray(saved(flat("RGB", (9, 9, 9)), "JPEG", exif=exif))
    data[data.index(b"MM\0*") + 10] = 255  # the type of the first tag becomes nonsense

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert only_color(decode(bytes(data))) == [9, 9, 9]


def test_text_in_a_png_does_no_harm() -> None:
    note = PngInfo()
    note.add_text("Comment", "x" * 5000, zip=True)

    assert only_color(decode(saved(flat("RGB", (1, 2, 3)), "PNG", pnginfo=note))) == [1, 2, 3]


def test_squash_resizes_as_pillow_does_and_ignores_the_shape() -> None:
    rgb = np.random.default_rng(1).integers(0, 256, (40, 30, 3), dtype=np.uint8)

    expected = np.asarray(Image.fromarray(rgb).resize((16, 16), Image.Resampling.BICUBIC))

    assert np.array_equal(Resize("squash", 16).apply(rgb), expected)


@pytest.mark.parametrize("policy", ["squash", "crop"])
def test_pixels_that_fit_are_given_back_untouched(policy: str) -> None:
    rgb = np.zeros((8, 8, 3), np.uint8)

    assert Resize(policy, 8).apply(rgb) is rgb  # type: ignore[arg-type]  # parametrized over the literals


def test_native_leaves_pixels_alone() -> None:
    rgb = np.zeros((5, 8, 3), np.uint8)

    assert Resize("native", 0).apply(rgb) is rgb


def test_crop_takes_the_middle_of_a_photo_whose_short_side_fits() -> None:
    columns = np.broadcast_to(np.arange(10, dtype=np.uint8)[None, :, None], (4, 10, 3))

    assert Resize("crop", 4).apply(np.ascontiguousarray(columns))[0, :, 0].tolist() == [3, 4, 5, 6]


@pytest.mark.parametrize(
    ("shape", "fitted"), [((40, 80), (16, 32)), ((80, 40), (32, 16)), ((30, 20), (30, 20)), ((900, 2), (32, 1))]
)
def test_fit_shrinks_and_keeps_the_shape(shape: tuple[int, int], fitted: tuple[int, int]) -> None:
    assert Resize("fit", 32).apply(np.zeros((*shape, 3), np.uint8)).shape == (*fitted, 3)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 60), st.integers(1, 60), st.integers(1, 20), st.sampled_from(["squash", "crop"]))
def test_every_photo_comes_out_at_the_size_asked_for(height: int, width: int, size: int, policy: str) -> None:
    resize = Resize(policy, size)  # type: ignore[arg-type]  # drawn from the literals

    assert resize.apply(np.zeros((height, width, 3), np.uint8)).shape == (size, size, 3)


def test_the_description_names_the_filter_and_the_library() -> None:
    facts = Resize("squash", 256).describe()

    assert facts["filter"] == "bicubic on 8-bit RGB"
    assert facts["library"].startswith("Pillow ")
    assert Resize("native", 256).describe()["policy"] == "native"


@pytest.mark.parametrize(("policy", "size", "rule"), [("zoom", 9, "the policy is"), ("crop", 0, "at least 1 pixel")])
def test_an_impossible_resize_is_refused(policy: str, size: int, rule: str) -> None:
    with pytest.raises(UserError, match=rule):
        Resize(policy, size)  # type: ignore[arg-type]  # that is the point


def test_png_keeps_every_pixel() -> None:
    rgb = np.random.default_rng(2).integers(0, 256, (17, 9, 3), dtype=np.uint8)

    assert np.array_equal(decode(encode_png(rgb)), rgb)


def test_a_written_file_replaces_the_old_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "a.png"

    write_atomically(path, b"old")
    write_atomically(path, b"new")

    assert path.read_bytes() == b"new"
    assert list(path.parent.iterdir()) == [path]


def test_a_write_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()

    with pytest.raises(OSError, match="taken"):
        write_atomically(tmp_path / "taken", b"new")

    assert [path.name for path in tmp_path.iterdir()] == ["taken"]
