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
def files() -> dict[Path, ast.Module]:
    """Each file of ours and its code."""
    return {path: ast.parse((ROOT / path).read_text()) for path in PATHS}


def imports(tree: ast.AST) -> Iterator[str]:
    """The modules that a piece of code imports, at any depth."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "")


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
    above = {
        f"{path} imports {name}"
        for path, tree in files().items()
        for name in imports(tree)
        if floor(name) in FLOORS[FLOORS.index(path.parts[0]) + 1 :]
    }

    assert not above


def test_nobody_imports_the_migrations() -> None:
    assert not {
        f"{path} imports {name}"
        for path, tree in files().items()
        for name in imports(tree)
        if floor(name) == "migrations"
    }


def test_no_function_imports_our_own_modules() -> None:
    functions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
    inside = {
        f"{path} imports {name} inside a function"
        for path, tree in files().items()
        for function in ast.walk(tree)
        if isinstance(function, functions)
        for name in imports(function)
        if floor(name) in FLOORS
    }

    assert not inside


def test_imports_are_absolute() -> None:
    assert not {
        f"{path} imports {name}" for path, tree in files().items() for name in imports(tree) if name.startswith(".")
    }


def test_packages_do_not_reexport() -> None:
    joint = Path("webapp/__init__.py")  # create_app, which every WSGI server looks for there

    assert not {
        str(path)
        for path, tree in files().items()
        if path.name == "__init__.py" and path != joint and list(imports(tree))
    }


def test_one_library_has_one_home() -> None:
    strangers = {
        f"{path} imports {name}"
        for path, tree in files().items()
        for name in imports(tree)
        if floor(name) in HOMES and not path.as_posix().startswith(HOMES[floor(name)])
    }

    assert not strangers


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
