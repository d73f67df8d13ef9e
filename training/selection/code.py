"""Cache key of a recorded result."""

import ast
import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

_ROOT = Path(__file__).parents[2]


@cache
def source_hash(*modules: str, root: Path = _ROOT) -> str:
    """Hex digest of the named modules below ``root`` and of all there that they import, however far down.

    Comments, docstrings and layout do not count: what runs is the same.
    """
    trees = _reached(modules, root)
    return hashlib.sha256("\n".join(ast.dump(trees[name]) for name in sorted(trees)).encode()).hexdigest()


def _reached(modules: tuple[str, ...], root: Path) -> dict[str, ast.Module]:
    trees: dict[str, ast.Module] = {}
    waiting = list(modules)
    while waiting:
        name = waiting.pop()
        path = _file(name, root)
        if path and name not in trees:
            trees[name] = _without_docstrings(ast.parse(path.read_text()))
            waiting += _imported(trees[name])
    return trees


def _file(module: str, root: Path) -> Path | None:
    path = root.joinpath(*module.split("."))
    return next((file for file in (path.with_suffix(".py"), path / "__init__.py") if file.is_file()), None)


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _without_docstrings(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:]
    return tree
