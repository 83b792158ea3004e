"""evalsuite paint"""

from __future__ import annotations

import shutil
import signal
import socket
import sys
from pathlib import Path

import click

from evalsuite.commands.pairs import named_pairs
from evalsuite.studio.keeper import keep, listen


@click.command("paint")
@click.option("--socket", "path", type=click.Path(path_type=Path), required=True, help="Where it listens.")
@click.option("--weights", multiple=True, metavar="NAME=FILE", help="A network's weights file; repeatable.")
@click.option("--child", "number", type=int, hidden=True)
@click.option("--parent", type=int, hidden=True)
def command(path: Path, weights: tuple[str, ...], number: int | None, parent: int | None) -> None:
    """Color photos for pages on which people put points, over a Unix domain socket that only you may open.

    `webapp serve` starts one by itself; with COLORING_SOCKET it asks one that runs alone. The process that computes is
    started by the first question, and again if it dies; after ten minutes without questions it rests.

    \b
    Example:
      evalsuite paint --socket /run/user/1000/coloring --weights siggraph17=siggraph17-df00044c.pth
      COLORING_SOCKET=/run/user/1000/coloring webapp serve
    """
    named_pairs(weights, "--weights", "FILE")
    # A child is handed its socket, and leaves the address to its parent as long as there is one.
    listener = listen(path) if number is None else socket.socket(fileno=number)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        with listener:
            keep(listener, [word for one in weights for word in ("--weights", one)], parent)
        if parent is not None:
            shutil.rmtree(path.parent, ignore_errors=True)
    except KeyboardInterrupt:
        click.echo("stopped", err=True)
    finally:
        if number is None:
            path.unlink(missing_ok=True)
