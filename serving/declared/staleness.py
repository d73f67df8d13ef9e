"""Hash of everything that the archive of a declared model is made from, to detect a stale archive."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from serving.archives import record
from serving.declared.folder import Declared
from serving.paths import HANDLER, MODEL_CONFIG, ROOT

_BUILDERS = ("serving/declared", "serving/archives", "serving/openapi")
_LOCKS = ("onnx", "train")  # for graphs, and for networks from Python


def inputs(declared: Declared, version: str, training_data: Path | None) -> str:
    """Return one sha256 over everything that an archive is made from: the folder, the training data, and the code."""
    lock = ROOT / "requirements" / f"{_LOCKS[bool(declared.function)]}.txt"
    builders = [file for name in _BUILDERS for file in _files(ROOT / name)]
    own = (("built by", builders), ("folder", _files(declared.folder)), ("data", _data(training_data)))
    parts = [
        *((file.name, file.read_bytes()) for file in (MODEL_CONFIG, HANDLER, lock)),
        *record.shared().items(),
        *((f"{place} {file}", file.read_bytes()) for place, files in own for file in files),
    ]
    return record.digest(f"{declared.name} {version} declared", parts)


def _data(path: Path | None) -> Iterable[Path]:
    return [] if path is None else [path] if path.is_file() else _files(path)


def _files(folder: Path) -> Iterator[Path]:
    """Yield all files below a folder, except hidden files and compiled code."""
    for file in sorted(folder.rglob("*")):
        parts = file.relative_to(folder).parts
        if file.is_file() and not any(part.startswith(".") or part == "__pycache__" for part in parts):
            yield file
