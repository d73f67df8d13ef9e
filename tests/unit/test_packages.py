"""Dependencies of packages on a model, and on each other."""

import ast
import re
from collections.abc import Iterator, Mapping
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from serving.paths import ROOT

TRAINING = ("data", "evaluation", "reports", "fit", "pictures", "selection", "tuning")  # each imports only earlier ones
WORDS = {"28", "784", "ten", "digit", "digits", "ink", "mnist"}
# package -> the packages of this repository that it may import
BELOW = {
    "inference": set(),
    "model": {"inference"},
    "handlers": {"inference", "model"},
    "training": {"inference", "model"},
    "serving": {"inference", "handlers"},
}
TEXTS = {".py", ".lua", ".cfg", ".html", ".yaml"}
LIBRARIES = {"deflate", "numpy", "orjson", "PIL", "pyspng", "safetensors", "threadpoolctl"}
WHEN_USED = {"inference/runtimes": {"torch", "onnxruntime"}}


def sources(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def words(text: str) -> set[str]:
    """Return words and numbers, and each part of names like_this and LikeThis."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text.replace("_", " "))
    return set(re.findall(r"[a-z]+|\d+", apart.lower()))


@pytest.mark.parametrize("package", ["inference", "handlers", "serving", *(f"training/{name}" for name in TRAINING)])
def test_generic_packages_have_no_word_of_one_model(package: str) -> None:
    texts = [path for path in sorted((ROOT / package).rglob("*")) if path.suffix in TEXTS]
    named = {str(path.relative_to(ROOT)): words(path.read_text()) & WORDS for path in texts}
    assert {name: forbidden for name, forbidden in named.items() if forbidden} == {}
    assert not any(words(str(path.relative_to(ROOT))) & WORDS for path in texts)


def imported(path: Path) -> Iterator[str]:
    """Yield every module that a file imports, and every name that may be a module."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("package", BELOW)
def test_packages_import_those_below_only(package: str) -> None:
    ours = {path.name for path in ROOT.iterdir() if (path / "__init__.py").exists()}
    for path in sources(package):
        tops = {name.partition(".")[0] for name in imported(path)} & ours
        assert tops <= BELOW[package] | {package}, path


@pytest.mark.parametrize("package", TRAINING)
def test_packages_of_training_are_in_order_and_need_nothing_of_one_model(package: str) -> None:
    after = {f"training.{name}" for name in (*TRAINING[TRAINING.index(package) + 1 :], "digits")}
    for path in sources(f"training/{package}"):
        assert not {".".join(name.split(".")[:2]) for name in imported(path)} & after, path


def test_inference_imports_few_libraries() -> None:
    import sys

    for path in sources("inference"):
        relative = str(path.relative_to(ROOT))
        heavy = {name for folder, names in WHEN_USED.items() if relative.startswith(folder) for name in names}
        typing = {"torch"} if "if TYPE_CHECKING" in path.read_text() else set()
        others = {name.partition(".")[0] for name in imported(path)} - sys.stdlib_module_names - {"inference"}
        assert others <= LIBRARIES | heavy | typing, path


def test_no_module_imports_itself_by_way_of_others() -> None:
    paths = {module(path): path for package in BELOW for path in sources(package)}
    graph = {name: {owner(target, paths) for target in imported(path)} - {name} for name, path in paths.items()}
    TopologicalSorter(graph).prepare()  # raises CycleError


def module(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def owner(target: str, known: Mapping[str, Path]) -> str:
    """Return the module that a name is or is from. Empty if it is not in these modules."""
    return next((name for name in (target, target.rpartition(".")[0]) if name in known), "")
