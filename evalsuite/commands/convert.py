"""evalsuite convert"""

from __future__ import annotations

import os
from pathlib import Path

import click
import torch

from evalsuite.errors import UserError
from evalsuite.registry import colorizer, colorizers
from evalsuite.results import sha256_of


@click.command("convert")
@click.argument("name")
@click.argument("caffemodel", type=click.Path(path_type=Path, dir_okay=False))
@click.argument("out", type=click.Path(path_type=Path, dir_okay=False))
def command(name: str, caffemodel: Path, out: Path) -> None:
    """Turn the Caffe weights that authors published into the state dict of our network.

    NAME is the colorizer. siggraph17_global takes global_model.caffemodel, which the authors give at
    colorization.eecs.berkeley.edu/siggraph/models/global_model.caffemodel; eccv16_norebalance takes
    eecs.berkeley.edu/~rich.zhang/projects/2016_colorization/files/demo_v2/colorization_release_v2_norebal.caffemodel.
    The layout of the state dict is described in the colorizer's file. The .caffemodel itself is a weights file, too.

    \b
    Example:
      evalsuite convert siggraph17_global global_model.caffemodel FILE.pth
      evalsuite run --images val/ --colorizers siggraph17_global --weights siggraph17_global=FILE.pth --out runs/global
    """
    translate = colorizer(name).from_caffe
    if translate is None:
        known = ", ".join(one.name for one in colorizers().values() if one.from_caffe)
        raise UserError(f"convert: {name} has no weights for Caffe. Known: {known}.")
    if not caffemodel.is_file():
        raise UserError(f"convert: an existing .caffemodel; got {caffemodel}. Check the path.")
    state = dict(translate(caffemodel))
    out.parent.mkdir(parents=True, exist_ok=True)
    part = out.with_name(out.name + ".part")
    try:
        torch.save(state, part)
        os.replace(part, out)
    finally:
        part.unlink(missing_ok=True)
    click.echo(f"{out}: {len(state)} arrays, sha256 {sha256_of(out)}")
