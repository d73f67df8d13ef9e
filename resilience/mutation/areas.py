"""Modules under mutation testing, grouped by area, and the unit tests of each module."""

import re
from functools import cache
from pathlib import Path, PurePosixPath

# area -> folders or files of the product
AREAS = {
    "serve": ("handlers", "inference", "serving/torchserve", "serving/node"),
    "archive": ("serving/archives", "serving/declared"),
    "deploy": ("serving/changes", "deploy"),
    "guard": ("serving/gateway", "serving/rpc"),
}
_UNIT = PurePosixPath("tests/unit")
# package -> tests of the whole package
_WHOLE = {"inference": ("tests/unit/inference", "tests/unit/handlers")}


def modules(root: Path, area: str) -> list[str]:
    """Return the modules of an area, as paths below the root."""
    paths: set[Path] = set()
    for name in AREAS[area]:
        paths.update((root / name).rglob("*.py") if (root / name).is_dir() else [root / name])
    named = (path.relative_to(root).as_posix() for path in paths)
    return sorted(name for name in named if not name.endswith("__init__.py"))


def tests(root: Path, module: str) -> list[str]:
    """Return the unit tests of a module: tests that import it, then tests of its folder, then tests of its package."""
    path = PurePosixPath(module)
    package, name = str(path.parent).replace("/", "."), path.stem
    imports = re.compile(rf"from {package} import [^\n]*\b{name}\b|(?:from|import) {package}\.{name}\b")
    near = [file for file, lines in _imports(root) if imports.search(lines)]
    near.sort(key=lambda file: file.name != f"test_{name}.py")
    whole = (name for name in _WHOLE.get(path.parts[0], ()) if (root / name).is_dir())
    return list(dict.fromkeys([*(file.relative_to(root).as_posix() for file in near), folder(root, module), *whole]))


@cache
def _imports(root: Path) -> list[tuple[Path, str]]:
    """Return each unit test file with its import lines."""
    files = sorted((root / _UNIT).rglob("test_*.py"))
    return [(file, "\n".join(re.findall(".*import.*", file.read_text()))) for file in files]


def folder(root: Path, module: str) -> str:
    """Return the folder of unit tests that mirrors the folder of a module, or else the nearest folder above."""
    path = _UNIT / PurePosixPath(module).parent
    while not (root / path).is_dir():
        path = path.parent
    return str(path)
