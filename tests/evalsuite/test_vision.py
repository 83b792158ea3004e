"""Importing torchvision where its compiled part does not fit torch."""

from __future__ import annotations

import importlib
import subprocess
import sys
from types import ModuleType

import pytest

import evalsuite.vision
from evalsuite.errors import Unavailable
from evalsuite.vision import load


@pytest.mark.slow
@pytest.mark.parametrize("before", ["", "try: import torchvision\nexcept RuntimeError: pass\n"])
def test_packages_on_top_of_torchvision_import_without_a_warning(before: str) -> None:
    code = "from evalsuite.vision import load\nload('lpips'); load('timm')\nimport torchvision, torchvision.models"

    done = subprocess.run([sys.executable, "-W", "error", "-c", before + code], capture_output=True, text=True)

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.slow
def test_importing_this_module_imports_nothing_else() -> None:
    code = "import sys, evalsuite.vision; assert not any(m.startswith('torchvision') for m in sys.modules)"

    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_package_that_is_missing_is_unavailable_and_names_its_extra() -> None:
    with pytest.raises(Unavailable, match=r"no_such_package.*colorization-evalsuite\[fid\]"):
        load("no_such_package.part", extra="fid")


def test_another_failure_of_torchvision_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(name: str) -> ModuleType:
        raise RuntimeError(f"{name} is broken")

    monkeypatch.setattr(importlib, "import_module", broken)
    evalsuite.vision._load_torchvision.cache_clear()

    with pytest.raises(RuntimeError, match="torchvision is broken"):
        load("torchvision")
