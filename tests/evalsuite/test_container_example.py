"""The example of a container, run by a stand-in for docker that knows what the example uses of it."""

from __future__ import annotations

import json
import os
import shlex
import stat
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from evalsuite.cli import group
from evalsuite.errors import UserError
from evalsuite.results import open_run

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "container"
DOCKER = """#!{python}
import importlib.util, json, os, sys

words = sys.argv[1:]
assert words.pop(0) == "run", "only docker run"
folders = {{}}
while words and words[0].startswith("-"):
    flag = words.pop(0)
    if flag == "-v":
        host, inside, *mode = words.pop(0).split(":")
        if not os.path.isabs(host) or not os.path.isdir(host):
            sys.exit("docker: invalid volume specification: " + host)
        folders[inside] = (host, mode)
    elif flag == "--network":
        assert words.pop(0) == "none"
    else:
        assert flag == "--rm", flag
image = words.pop(0)
assert image == "method", image
lines = dict(line.split(" ", 1) for line in open("{example}/Dockerfile") if line[:3] in ("ENT", "CMD"))
assert json.loads(lines["ENTRYPOINT"]) == ["python3", "/colorize.py"]
command = words or json.loads(lines["CMD"])
spec = importlib.util.spec_from_file_location("colorize", "{example}/colorize.py")
colorize = importlib.util.module_from_spec(spec)
spec.loader.exec_module(colorize)
assert folders["/in"][1] == ["ro"]
colorize.main(" ".join(command), folders[colorize.PHOTOS][0], folders[colorize.RESULTS][0])
"""
METHOD = """
import sys
from PIL import Image
photo, result = sys.argv[1:]
with Image.open(photo) as gray:
    assert gray.format == "PNG"
    r, g, b = gray.convert("RGB").split()
    Image.merge("RGB", (r.point(lambda v: min(v + 30, 255)), g, b)).save(result)
"""


@pytest.fixture
def method(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A `docker` on the path, and the words that run a method in the example's container."""
    docker = tmp_path / "bin" / "docker"
    docker.parent.mkdir()
    docker.write_text(DOCKER.format(python=sys.executable, example=EXAMPLE))
    docker.chmod(docker.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{docker.parent}{os.pathsep}{os.environ['PATH']}")
    (tmp_path / "method.py").write_text(METHOD)
    program = f"{shlex.quote(sys.executable)} {tmp_path}/method.py {{photo}} {{result}}"
    volumes = "-v {input}:/in:ro -v {output}:/out"
    return f"docker run --rm --network none {volumes} method {shlex.quote(program)}"


@pytest.mark.slow
def test_a_method_in_a_container_is_run_and_scored_under_its_papers_name(
    method: str, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (photos / "more").mkdir()
    (photos / "p6.png").rename(photos / "more" / "p6.png")
    monkeypatch.chdir(tmp_path)
    words = ["run", "--images", "photos", "--command", f"iizuka2016={method}", "--metrics", "psnr_rgb", "--size", "32"]

    shown = CliRunner().invoke(group, [*words, "--out", "run"], catch_exceptions=False)

    done = open_run(tmp_path / "run")
    facts = done.manifest["colorizers"]["iizuka2016"]
    assert "iizuka2016" in shown.output
    assert facts["title"] == "Iizuka et al. 2016"
    assert facts["licence"].startswith("CC BY-NC-SA 4.0")
    assert facts["reported"] == {"ctest10k_1000": {"psnr_rgb": 23.69}}
    assert done.manifest["failures"] == []
    for name in ("p0", "more/p6"):
        pixels = np.asarray(Image.open(done.path / "outputs" / "iizuka2016" / f"{name}.png"), int)
        assert pixels.shape == (32, 32, 3)
        tinted = (pixels[..., 0] - pixels[..., 1])[pixels[..., 1] < 220]
        assert np.abs(tinted - 30).max() <= 1  # L alone is gray within the rounding of its three channels


@pytest.mark.slow
def test_a_container_whose_program_fails_is_told(method: str, photos: Path, tmp_path: Path) -> None:
    (tmp_path / "method.py").write_text("import sys; sys.exit('out of memory')")
    words = ["run", "--images", str(photos), "--command", f"mine={method}", "--metrics", "psnr_rgb", "--out"]

    refused = CliRunner().invoke(group, [*words, str(tmp_path / "run")])

    assert isinstance(refused.exception, UserError)
    assert "out of memory" in str(refused.exception)
    assert "status 1" in str(refused.exception)


def test_the_example_names_the_command_that_was_tested() -> None:
    text = (EXAMPLE / "Dockerfile").read_text()

    assert "docker run --rm --network none -v {input}:/in:ro -v {output}:/out" in text
    command = json.loads(next(line for line in text.splitlines() if line.startswith("CMD "))[4:])
    assert {"{photo}", "{result}"} <= set(command[0].split())
