"""Plain language: openings of docstrings, and unique names of classes."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from serving.paths import ROOT

PACKAGES = (
    "inference",
    "model",
    "handlers",
    "serving",
    "training",
    "scripts",
    "playground",
    "benchmarks",
    "resilience",
    "examples",
    "tests",
)
OPENINGS = {"What", "Who", "Whoever", "Whose", "Whether", "How", "Those", "Which", "Where", "When", "Why", "That"}
Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


@cache
def trees() -> dict[Path, ast.Module]:
    paths = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
    return {path.relative_to(ROOT): ast.parse(path.read_text()) for path in paths}


def docstrings(package: str) -> Iterator[tuple[str, str]]:
    for path, tree in trees().items():
        if path.parts[0] == package:
            for node in ast.walk(tree):
                if isinstance(node, Documented) and (text := ast.get_docstring(node)):
                    yield f"{path}:{getattr(node, 'name', '')}", text


@pytest.mark.parametrize("package", PACKAGES)
def test_docstrings_begin_with_a_verb_or_a_noun(package: str) -> None:
    wrong = {
        place: text.split("\n")[0] for place, text in docstrings(package) if text.split()[0].strip(",:") in OPENINGS
    }
    assert wrong == {}


def test_names_of_classes_are_unique() -> None:
    places: dict[str, list[str]] = defaultdict(list)
    product = {path: tree for path, tree in trees().items() if path.parts[0] not in ("tests", "examples")}
    for path, tree in product.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                places[node.name].append(str(path))
    assert {name: paths for name, paths in places.items() if len(paths) > 1} == {}
