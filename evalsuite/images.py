"""The one image convention: bytes of a file to 8-bit sRGB pixels, how they are resized, and how they are saved.

Pillow and numpy only: the processes that decode ahead import this module and no torch.
"""

from __future__ import annotations

import io
import os
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import PIL
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageFile

from evalsuite.errors import UserError

RGB = NDArray[np.uint8]
MAX_PIXELS = 100_000_000
"""Pictures of more pixels are refused before they are decoded: 300 MB in memory, ten times a good camera's."""
FORMATS = ("JPEG", "MPO", "PNG", "GIF", "WEBP", "TIFF", "BMP", "PPM", "JPEG2000", "AVIF")
"""What is read; Pillow knows more, but some of it runs other programs (EPS) or has no signature (TGA)."""
ORIENTATION = 0x0112
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""EXIF 2.32, tag Orientation: what turns the stored picture upright."""
PROFILE_SPACE = {"RGB": "RGB ", "L": "GRAY", "CMYK": "CMYK"}
"""Pillow's mode to the color space field of an ICC profile that fits it."""
LOW_BYTES = {"RGB;16B": "RGB;16L", "RGBA;16B": "RGBA;16L"}
"""Pillow's readers of 16-bit PNG keep the high byte; read as little-endian the same data gives the low one."""


class Undecodable(UserError):
    """A file of which no picture can be made; the message is a short reason."""


def decode(data: bytes) -> RGB:
    """Decode an image file to upright 8-bit sRGB.

    The first frame counts; an embedded ICC profile is converted to sRGB (relative colorimetric, black point
    compensation) and ignored where it is broken or does not fit the pixels; transparency is composited on white;
    16 bits are scaled by 255/65535 and rounded (TIFF in color: the high byte); float samples are taken as 0..1,
    0..255 or 0..65535, the first range that holds them; CMYK without a profile is (1 - C)(1 - K).

    Args:
        data: The bytes of a file in one of FORMATS, whatever its name says.

    Returns:
        (H, W, 3) uint8 sRGB.

    Raises:
        Undecodable: No picture, or one above MAX_PIXELS.
    """
    with _reading(), _open(io.BytesIO(data), len(data)) as image:
        low = _low_bytes(image, data)
        image.load()
        if low is None:
            picture = _eight_bits(image)
        else:
            picture = Image.fromarray(_rescale(np.asarray(image, np.uint32) * 256 + low, 65535), image.mode)
        color, alpha = _split_alpha(picture)
        rgb = np.array(_upright(_to_srgb(color, image.info.get("icc_profile")), image))
        return rgb if alpha is None else _on_white(rgb, np.asarray(_upright(alpha, image)))


def read_size(path: Path) -> tuple[int, int]:
    """Read the (width, height) of the upright picture in a file, without decoding it.

    Raises:
        Undecodable: No picture, or one above MAX_PIXELS.
    """
    with _reading(), path.open("rb") as file, _open(file, path.stat().st_size) as image:
        width, height = image.size
        # Pillow would decode a PNG to look for an EXIF block behind the pixels, where writers do not put it.
        upright = image.format == "TIFF" or (image.format == "PNG" and "exif" not in image.info)
        turned = not upright and _orientation(image) >= 5
        return (height, width) if turned else (width, height)


@dataclass(frozen=True)
class Resize:
    """How pictures come to the size at which they are scored.

    Attributes:
        policy: "squash" to size x size whatever the shape (the papers' recipe), "crop" the centre after the short side
            was brought to size, "native" leaves them alone, "fit" shrinks so that the longer side is at most size.
        size: Pixels; of no matter for "native".
    """

    policy: Literal["squash", "crop", "native", "fit"]
    size: int

    def __post_init__(self) -> None:
        if self.policy not in ("squash", "crop", "native", "fit"):
            raise UserError(f"resize: the policy is squash, crop, native or fit; got {self.policy!r}. Choose one.")
        if self.policy != "native" and self.size < 1:
            raise UserError(f"resize: the size is at least 1 pixel; got {self.size}. The papers have 256.")

    def apply(self, rgb: RGB) -> RGB:
        """Resize (H, W, 3) uint8 pixels by Pillow's bicubic filter; pixels that fit already come back as they are."""
        height, width = rgb.shape[:2]
        if self.policy == "native" or (height, width) == (self.size, self.size):
            return rgb
        if self.policy == "squash":
            return _resample(rgb, self.size, self.size)
        if self.policy == "fit":
            scale = min(1.0, self.size / max(height, width))
            return _resample(rgb, max(1, round(width * scale)), max(1, round(height * scale)))
        scale = self.size / min(height, width)
        width, height = max(self.size, round(width * scale)), max(self.size, round(height * scale))
        left, top = (width - self.size) // 2, (height - self.size) // 2
        return _resample(rgb, width, height)[top : top + self.size, left : left + self.size]

    def describe(self) -> dict[str, Any]:
        """Say what pixels depend on: policy, size, filter, library and version."""
        facts: dict[str, Any] = {"policy": self.policy, "library": f"Pillow {PIL.__version__}"}
        return facts if self.policy == "native" else facts | {"size": self.size, "filter": "bicubic on 8-bit RGB"}


def encode_png(rgb: RGB) -> bytes:
    """Encode (H, W, 3) uint8 pixels as PNG, at the fastest level of zlib."""
    file = io.BytesIO()
    Image.fromarray(rgb).save(file, "PNG", compress_level=1)
    return file.getvalue()


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file so that nobody ever sees half of it; missing folders are made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.parent / f".{uuid.uuid4().hex}.tmp"
    try:
        partial.write_bytes(data)
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def _reading() -> Iterator[None]:
    """Turn whatever Pillow raises into a reason, and keep its warnings from the user."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        except Undecodable:
            raise
        except Image.DecompressionBombError:
            raise _too_large() from None
        except Exception as error:  # broken files make Pillow raise nearly anything: OSError, SyntaxError, struct.error
            raise Undecodable(f"damaged or cut off ({error})") from error


def _open(file: Any, size: int) -> Image.Image:
    if size == 0:
        raise Undecodable("the file is empty")
    Image.init()
    try:
        image = Image.open(file, formats=[name for name in FORMATS if name in Image.OPEN])
    except PIL.UnidentifiedImageError:
        raise Undecodable("not an image, or of a format that is not read") from None
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise _too_large(f"{width} x {height} pixels")
    if width * height == 0:
        raise Undecodable(f"a picture without pixels ({width} x {height})")
    return image


def _too_large(size: str = "very many pixels") -> Undecodable:
    return Undecodable(f"too large: {size}, the limit is {MAX_PIXELS:,}")


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(ORIENTATION, 1))
    except Exception:  # a broken EXIF block says nothing about the pixels
        return 1


def _upright(part: Image.Image, image: Image.Image) -> Image.Image:
    """Turn a part of an image as its EXIF says; Pillow has turned TIFF already."""
    turn = None if image.format == "TIFF" else UPRIGHT.get(_orientation(image))
    return part if turn is None else part.transpose(turn)


def _low_bytes(image: Image.Image, data: bytes) -> NDArray[np.uint8] | None:
    """The low bytes of a 16-bit color PNG, None for anything else."""
    if image.format != "PNG" or not isinstance(image, ImageFile.ImageFile) or not image.tile:
        return None
    reader = LOW_BYTES.get(str(image.tile[0].args))
    if reader is None:
        return None
    with _open(io.BytesIO(data), len(data)) as again:
        assert isinstance(again, ImageFile.ImageFile)
        again.tile = [tile._replace(args=reader) for tile in again.tile]
        return np.array(again)


def _eight_bits(image: Image.Image) -> Image.Image:
    """Bring deep gray images to L; others stay."""
    if image.mode != "F" and not image.mode.startswith("I"):
        return image
    values = np.asarray(image)
    if not np.isfinite(values).all():
        raise Undecodable("holds values that are no finite numbers")
    top = 65535 if image.mode != "F" else next((t for t in (1, 255, 65535) if values.max() <= t), 65535)
    return Image.fromarray(_rescale(values, top))


def _rescale(values: NDArray[Any], top: int) -> RGB:
    levels: RGB = np.rint(np.clip(values, 0, top) * (255 / top)).astype(np.uint8)
    return levels


def _split_alpha(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """Color (RGB, L or CMYK) and alpha (None where all is opaque)."""
    if image.has_transparency_data:
        pixels = image.convert("RGBA")
        return pixels.convert("RGB"), pixels.getchannel("A")
    if image.mode == "1":
        return image.convert("L"), None
    return (image if image.mode in PROFILE_SPACE else image.convert("RGB")), None


def _on_white(rgb: RGB, alpha: NDArray[np.uint8]) -> RGB:
    share = alpha[..., None].astype(np.uint32)
    mixed: RGB = ((rgb * share + 255 * (255 - share) + 127) // 255).astype(np.uint8)
    return mixed


def _to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    transform = _transform(profile, image.mode) if profile else None
    return image.convert("RGB") if transform is None else transform.apply(image)


@lru_cache(maxsize=16)
def _transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """From the profile to sRGB; None where it is broken, does not fit the mode, or is sRGB within rounding."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if source.profile.xcolor_space != PROFILE_SPACE[mode]:
            return None
        transform = ImageCms.buildTransform(
            source, ImageCms.createProfile("sRGB"), mode, "RGB",
            ImageCms.Intent.RELATIVE_COLORIMETRIC, ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )  # fmt: skip
    except (ImageCms.PyCMSError, OSError):
        return None
    return None if mode == "RGB" and _changes_nothing(transform) else transform


def _changes_nothing(transform: ImageCms.ImageCmsTransform) -> bool:
    """Whether no color of a lattice moves by more than 2 of 255: most profiles are sRGB, and rounding costs 1."""
    steps = np.linspace(0, 255, 9).astype(np.uint8)
    lattice = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(27, 27, 3)
    moved = np.asarray(transform.apply(Image.fromarray(lattice))).astype(int) - lattice
    return bool(np.abs(moved).max() <= 2)


def _resample(rgb: RGB, width: int, height: int) -> RGB:
    if rgb.shape[:2] == (height, width):
        return rgb
    return np.array(Image.fromarray(rgb).resize((width, height), Image.Resampling.BICUBIC))
