"""evalsuite hints"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import torch
from tqdm import tqdm

from evalsuite.color import rgb_to_lab
from evalsuite.commands.hint_options import hint_style_option, hints_option
from evalsuite.commands.options import resize_policy
from evalsuite.dataset import open_dataset
from evalsuite.hint_files import write_points
from evalsuite.hinting import count_of, style_of
from evalsuite.loading import Loader, Wanted
from evalsuite.simulated_users import number_of_points, simulate
from evalsuite.work import photo_seed


@click.command("hints")
@click.option("--images", type=click.Path(path_type=Path), required=True, help="A folder, list or CSV of photos.")
@hints_option("10", "Points per photo. [10]")
@hint_style_option
@click.option("--resize", type=click.Choice(["squash", "crop", "native"]), default="squash", show_default=True)
@click.option("--size", type=click.IntRange(16, 8192), default=256, show_default=True, help="Side in pixels.")
@click.option("--limit", type=click.IntRange(1), help="A random subset of so many photos, drawn by --seed.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The folder for one CSV per photo.")
def command(images: Path, resize: str, size: int, out: Path, **flags: Any) -> None:
    """Write down the hints that simulated users give, the same that `run` and `sweep` would simulate.

    Methods that run elsewhere can then be given exactly the hints of those that run here, and --hint-files takes the
    folder back.

    \b
    Example:
      evalsuite hints --images photos/ --hints 10 --out hints/
      evalsuite run --images photos/ --colorizers levin2004 --hint-files hints/ --out runs/replayed
    """
    options = {name: flags[name] for name in ("hints", "hint_style") if flags[name] is not None}
    count, style = count_of(options, 0), style_of(options)
    dataset, policy = open_dataset(images, None, flags["limit"], flags["seed"]), resize_policy(resize, size)
    wanted = [[Wanted((photo.path,), policy)] for photo in dataset.photos]
    written, failed = 0, []
    with Loader(1) as loader:
        pictures = tqdm(loader.stream(wanted), total=len(wanted), unit=" photos", disable=None, delay=2, desc="hints")
        for photo, [picture] in zip(dataset.photos, pictures, strict=True):
            if picture.rgb is None:
                failed.append(f"failed  {photo.id}: {picture.reason}")
                continue
            ab = rgb_to_lab(torch.from_numpy(picture.rgb).permute(2, 0, 1)[None])[0, 1:].numpy()
            seed = photo_seed(flags["seed"], photo.id)
            points = simulate(ab, number_of_points(seed) if count is None else count, seed, style)
            write_points(out / f"{photo.id}.csv", points)
            written += 1
    click.echo(f"hints of {written} photos are in {out}")
    for line in failed:
        click.echo(line, err=True)
