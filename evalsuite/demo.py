"""The demo, `python -m evalsuite.demo`: photos that ship inside installed packages, scored, compared and imported."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import click
from PIL import Image

from evalsuite.manifest import code_sha256, versions

SIZE = 256
SOURCES = {
    "astronaut": ("skimage", "data/astronaut.png"),
    "coffee": ("skimage", "data/coffee.png"),
    "chelsea": ("skimage", "data/chelsea.png"),
    "rocket": ("skimage", "data/rocket.jpg"),
    "motorcycle": ("skimage", "data/motorcycle_left.png"),
    "china": ("sklearn", "datasets/images/china.jpg"),
    "flower": ("sklearn", "datasets/images/flower.jpg"),
}
# Per photo (left, top, side) of squares, chosen by eye: a subject in each, little gray, scales from 1 to 1/2.
BOXES = {
    "astronaut": ((0, 0, 512), (90, 0, 256), (0, 212, 300), (60, 40, 400), (0, 0, 256)),
    "coffee": ((100, 0, 400), (170, 0, 256), (0, 144, 256), (344, 144, 256), (200, 60, 300), (300, 0, 300)),
    "chelsea": ((0, 0, 300), (151, 0, 300), (44, 0, 256), (150, 44, 256)),
    "rocket": ((107, 0, 427), (0, 0, 300), (192, 100, 256), (0, 171, 256), (340, 127, 300), (200, 171, 256)),
    "motorcycle": ((0, 0, 500), (241, 0, 500), (320, 0, 280), (80, 110, 256), (460, 180, 280), (220, 110, 320)),
    "china": ((0, 0, 427), (213, 0, 427), (60, 0, 300), (90, 140, 256), (150, 171, 256), (0, 171, 256)),
    "flower": (
        (106, 0, 427), (170, 85, 256), (0, 0, 300), (70, 130, 256), (60, 40, 360), (200, 171, 256), (270, 60, 320),
    ),
}  # fmt: skip


METHODS = "ground_truth,gray,random,mean_ab,levin2004,welsh2002,histogram_transfer"
"""What needs no weights and at most a fraction of a second for a photo."""


def scenes(folder: Path) -> list[Path]:
    """Write 40 color photos of 256 x 256 as PNG, the same ones every time."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, boxes in BOXES.items():
        with Image.open(photo_file(name)) as photo:
            for number, (left, top, side) in enumerate(boxes, start=1):
                box = (left, top, left + side, top + side)
                scene = photo.convert("RGB").resize((SIZE, SIZE), Image.Resampling.LANCZOS, box=box)
                written.append(folder / f"{name}-{number}.png")
                scene.save(written[-1])
    return written


def photo_file(name: str) -> Path:
    """Find a photo inside the package that ships it, without importing the package.

    Raises:
        ModuleNotFoundError: The package is not installed.
    """
    package, path = SOURCES[name]
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"{package} is not installed", name=package)
    return Path(spec.origin).parent / path


def commands(out: Path) -> list[list[str]]:
    """The commands of the demo, as one would type them after `evalsuite`."""
    run = str(out / "run")
    return [
        ["run", "--images", str(out / "photos"), "--colorizers", METHODS, "--out", run],
        ["compare", run, "levin2004", "welsh2002"],
        ["import", run, "--db", f"sqlite:///{out / 'evalsuite.db'}"],
    ]


def forget_other_code(run: Path) -> None:
    """Remove the demo's last run if another version of the code made it: it could not go on."""
    if (run / "manifest.json").is_file():
        made_by = json.loads((run / "manifest.json").read_text())["identity"]
        if (made_by["code"], made_by["versions"]) != (code_sha256(), versions()):
            click.echo(f"removing {run}, which another version made")
            shutil.rmtree(run)


@click.command()
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), default="demo", show_default=True)
def main(out: Path) -> None:
    """Score some 40 photos with colorizers that need no weights, and show each command before it runs.

    \b
    Example:
      python -m evalsuite.demo --out demo
    """
    forget_other_code(out / "run")
    photos = scenes(out / "photos")
    click.echo(f"{len(photos)} photos of {SIZE} x {SIZE} are in {out / 'photos'}")
    for arguments in commands(out):
        click.echo(f"\n$ evalsuite {shlex.join(arguments)}")
        done = subprocess.run([sys.executable, "-m", "evalsuite.cli", *arguments], check=False)
        if done.returncode:
            sys.exit(done.returncode)
    click.echo(f"\nThe run folder is {out / 'run'}, the database is {out / 'evalsuite.db'}.")


if __name__ == "__main__":
    main()
