"""The laws of the house that no single module can keep."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FLOORS = ("evalsuite", "turk", "webapp", "migrations")
PATHS = sorted(path.relative_to(ROOT) for floor in FLOORS for path in (ROOT / floor).rglob("*.py"))
MODULES = [".".join(path.with_suffix("").parts).removesuffix(".__init__") for path in PATHS]
LIGHT = (
    "cli", "commands.paint", "compare", "contracts", "dataset", "db", "demo", "errors", "groups", "images", "pairing",
    "plugins", "records", "reductions", "registry", "report", "resampling", "results", "standings", "stats", "store",
    "studio.client", "studio.keeper", "studio.kept", "summary", "survey", "tables", "thumbnails", "tournament",
)  # fmt: skip


HOMES = {
    "torch": ("evalsuite/",),
    "boto3": ("turk/recruiters/mturk.py", "turk/hosting.py"),
    "flask": ("webapp/", "turk/emulator/"),
}
"""A library to the parts of the house that may name it."""


@cache
def imports() -> list[tuple[str, str, bool]]:
    """Each import of ours: the file, the module, and whether a function does it when it is called."""
    return [(path.as_posix(), name, inside) for path in PATHS for name, inside in imports_of((ROOT / path).read_text())]


def imports_of(code: str) -> Iterator[tuple[str, bool]]:
    """The modules that a piece of code imports, at any depth, and whether inside a function."""
    waiting: list[tuple[ast.AST, bool]] = [(ast.parse(code), False)]
    while waiting:
        node, inside = waiting.pop()
        if isinstance(node, ast.Import):
            yield from ((alias.name, inside) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or ""), inside
        elif not isinstance(node, ast.expr):
            inner = inside or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            waiting.extend((child, inner) for child in ast.iter_child_nodes(node))


def floor(module: str) -> str:
    """The floor that a module is on, or another package."""
    return module.split(".")[0]


def loaded_by(groups: list[list[str]], folder: Path) -> list[set[str]]:
    """What a fresh process has loaded after each group of imports, in an empty folder that is also its home."""
    code = f"""
import importlib, sys
for group in {groups}:
    for name in group:
        importlib.import_module(name)
    print(*sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "HOME": str(folder), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [set(line.split()) for line in done.stdout.splitlines()]


def test_a_floor_knows_only_what_lies_below_it() -> None:
    assert not {
        f"{path} imports {name}"
        for path, name, _ in imports()
        if floor(name) in FLOORS[FLOORS.index(path.split("/")[0]) + 1 :]
    }


def test_nobody_imports_the_migrations() -> None:
    assert not {f"{path} imports {name}" for path, name, _ in imports() if floor(name) == "migrations"}


def test_no_function_imports_our_own_modules() -> None:
    assert not {f"{path} imports {name}" for path, name, inside in imports() if inside and floor(name) in FLOORS}


def test_imports_are_absolute() -> None:
    assert not {f"{path} imports {name}" for path, name, _ in imports() if name.startswith(".")}


def test_packages_do_not_reexport() -> None:
    joint = "webapp/__init__.py"  # create_app, which every WSGI server looks for there

    assert not {path for path, _, _ in imports() if path.endswith("__init__.py") and path != joint}


def test_one_library_has_one_home() -> None:
    assert not {
        f"{path} imports {name}"
        for path, name, _ in imports()
        if floor(name) in HOMES and not path.startswith(HOMES[floor(name)])
    }


@pytest.mark.slow
def test_a_web_request_loads_no_tensors_and_nothing_that_pays(tmp_path: Path) -> None:
    [loaded] = loaded_by([[name for name in MODULES if floor(name) == "webapp"]], tmp_path)

    assert not loaded & {"torch", "torchvision", "boto3", "botocore", "ray"}


@pytest.mark.slow
def test_what_works_without_tensors_loads_no_torch(tmp_path: Path) -> None:
    [loaded] = loaded_by([[f"evalsuite.{name}" for name in LIGHT]], tmp_path)

    assert not loaded & {"torch", "torchvision", "ray", "lpips", "timm", "flask", "boto3"}


@pytest.mark.slow
def test_importing_writes_no_file_and_no_floor_loads_the_library_of_another(tmp_path: Path) -> None:
    floors = [[name for name in MODULES if floor(name) == known] for known in FLOORS[:-1]]

    evalsuite, turk, _ = loaded_by(floors, tmp_path)

    assert not evalsuite & {"flask", "boto3", "turk", "webapp"}
    assert not turk & {"webapp"}
    assert not list(tmp_path.iterdir())
