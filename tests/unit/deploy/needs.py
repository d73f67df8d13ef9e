"""Modules of this repository that a Python module imports, and files of this repository that it names."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from serving import paths
from serving.paths import ROOT

_ABSENT = {"ImportError", "ModuleNotFoundError"}


def closure(files: set[str]) -> dict[str, set[str]]:
    """Return all Python files that these files import, directly or indirectly, with the files that each names."""
    imports: dict[str, set[str]] = {}
    todo = {file for file in files if file.endswith(".py")}
    while todo:
        file = todo.pop()
        modules, imports[file] = _read(file) if (ROOT / file).exists() else (set(), set())
        todo |= modules - imports.keys()
    return imports


@cache
def _read(file: str) -> tuple[set[str], set[str]]:
    """Return the files of the modules that a Python file imports, and the files that it names."""
    tree = ast.parse((ROOT / file).read_text())
    return {module for name in _imported(tree) for module in _modules(name)}, set(_named(tree, ROOT / file))


def _imported(node: ast.AST) -> Iterator[str]:
    """Yield the required imports, without those for type checkers and those that may fail."""
    if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
        return
    if isinstance(node, ast.Try) and any(_ABSENT & _names(handler.type) for handler in node.handlers if handler.type):
        for child in (*node.handlers, *node.orelse, *node.finalbody):
            yield from _imported(child)
        return
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        yield from (f"{node.module}.{alias.name}" for alias in node.names)
    for child in ast.iter_child_nodes(node):
        yield from _imported(child)


def _names(node: ast.AST) -> set[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def _modules(name: str) -> Iterator[str]:
    """Yield the files of a dotted name in a module of this repository, with all packages above it."""
    parts = name.split(".")
    if not (ROOT / parts[0]).is_dir() and not (ROOT / f"{parts[0]}.py").exists():
        return
    for count in range(1, len(parts) + 1):
        place = ROOT.joinpath(*parts[:count])
        for path in (place / "__init__.py", place.with_suffix(".py")):
            if path.exists():
                yield str(path.relative_to(ROOT))


def _named(tree: ast.Module, file: Path) -> Iterator[str]:
    """Yield paths in the repository that expressions build, and in folders all files other than code.

    If only the start of a path is known, as in ``FOLDER / name``, it is the folder.
    """
    known = _constants(tree, file)
    for node in _outermost(tree, file, known):
        path = _path(node, file, known)
        if path and path != ROOT and path.is_relative_to(ROOT) and path != file:
            yield str(path.relative_to(ROOT))
            inside = path.iterdir() if path.is_dir() else ()
            yield from (str(entry.relative_to(ROOT)) for entry in inside if entry.is_file() and entry.suffix != ".py")


def _constants(tree: ast.Module, file: Path) -> dict[str, Path]:
    """Return the names of a module that are paths, imported from serving.paths or defined in the module."""
    known: dict[str, Path] = {}
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module == paths.__name__:
            for alias in node.names:
                if isinstance(value := getattr(paths, alias.name, None), Path):
                    known[alias.asname or alias.name] = value
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            path = _path(node.value, file, known)
            known |= {node.targets[0].id: path} if path else {}
    return known


def _outermost(node: ast.AST, file: Path, known: dict[str, Path]) -> Iterator[ast.expr]:
    """Yield the largest expressions that are paths."""
    if isinstance(node, ast.expr) and not isinstance(node, ast.Name) and _path(node, file, known):
        yield node
        return
    for child in ast.iter_child_nodes(node):
        yield from _outermost(child, file, known)


def _path(node: ast.AST, file: Path, known: dict[str, Path]) -> Path | None:
    match node:
        case ast.Name(id=name):
            return known.get(name)
        case ast.Attribute(value=ast.Name(id="paths"), attr=name):
            value = getattr(paths, name, None)
            return value if isinstance(value, Path) else None
        case ast.Call(func=ast.Name(id="Path"), args=[ast.Name(id="__file__"), *_]):
            return file
        case ast.Call(func=ast.Attribute(value=inner, attr="resolve")):
            return _path(inner, file, known)
        case ast.Call(func=ast.Attribute(value=inner, attr="with_name"), args=[ast.Constant(value=str(name))]):
            return (path := _path(inner, file, known)) and path.with_name(name)
        case ast.Attribute(value=inner, attr="parent"):
            return (path := _path(inner, file, known)) and path.parent
        case ast.Subscript(value=ast.Attribute(value=inner, attr="parents"), slice=ast.Constant(value=int(level))):
            return (path := _path(inner, file, known)) and path.parents[level]
        case ast.BinOp(left=left, op=ast.Div(), right=ast.Constant(value=str(name))):
            return (path := _path(left, file, known)) and path / name
        case ast.BinOp(left=left, op=ast.Div()):
            return _path(left, file, known)
    return None
