"""Seal: the only form that the bytes of an archive may have.

TorchServe unpacks a zip file to any path and of any size that its entries name. It also reads other headers than
Python, so one file can be two different archives. A sealed archive equals, byte for byte, what ``seal`` makes of its
files. So it can hide nothing, and each of its files has an allowed name.
"""

import io
import re
import zipfile
from collections.abc import Mapping
from typing import Any

import orjson

from serving.errors import UserError

MOST_FILES = 256
MOST_BYTES = 256 << 20  # of all files; a hundred times the default network
MOST_ARCHIVE_BYTES = MOST_BYTES + (4 << 20)  # the files, and their names, which a zip file has twice
MANIFEST = "MAR-INF/MANIFEST.json"
NAMES = frozenset(
    {
        MANIFEST,
        "baseline.npy",
        "declaration.json",
        "inference_handler.py",
        "format.txt",
        "golden.safetensors",
        "interface.json",
        "model-config.yaml",
        "model.onnx",
        "model.pt2",
        "model.safetensors",
        "reference.json",
        "sitecustomize.py",
    }
)
_CODE = re.compile(r"(inference|model|handlers)(/[a-z_][a-z0-9_]*)+\.py", re.ASCII)
_MODE = 0o644


class SealError(UserError):
    """Error about bytes that are no sealed archive, or files that must not be in one."""


def seal(files: Mapping[str, bytes]) -> bytes:
    """Return the archive of these files: sorted, with a fixed time, and uncompressed, as zlib's output may change.

    Raises SealError for a forbidden name, and for too many files or bytes.
    """
    _check_names(list(files))
    _check_size(sum(map(len, files.values())))
    sealed = io.BytesIO()
    with zipfile.ZipFile(sealed, "w", zipfile.ZIP_STORED) as file:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name)  # dated 1980, the earliest time in a zip file
            entry.create_system, entry.external_attr = 3, _MODE << 16
            file.writestr(entry, files[name])
    return sealed.getvalue()


def opened(content: bytes) -> dict[str, bytes]:
    """Return the files of a sealed archive. Raises SealError, before anything is unpacked, if it is not sealed."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as file:
            entries = file.infolist()
            _check_names([entry.orig_filename for entry in entries])
            _check_size(sum(entry.file_size for entry in entries))
            for entry in entries:
                _check_plain(entry)
            files = {entry.filename: file.read(entry) for entry in entries}
    except (zipfile.BadZipFile, EOFError, OSError, ValueError, RuntimeError) as error:
        raise SealError(f"it is not a readable zip file: {error}") from error
    if seal(files) != content:
        raise SealError("it has bytes outside its files")
    return files


def manifest(files: Mapping[str, bytes]) -> dict[str, Any]:
    """Return the manifest of an opened archive: ``modelName``, ``modelVersion`` and ``handler``. Raises SealError."""
    try:
        model = orjson.loads(files[MANIFEST])["model"]  # refuses deep nesting with a ValueError
    except (KeyError, TypeError, ValueError) as error:
        raise SealError(f"it has no {MANIFEST} that names its model") from error
    if not isinstance(model, dict):
        raise SealError(f"{MANIFEST} says that the model is {type(model).__name__}")
    return model


def _check_names(names: list[str]) -> None:
    if len(names) > MOST_FILES:
        raise SealError(f"it has {len(names)} entries; {MOST_FILES} are allowed")
    if unknown := [name for name in names if name not in NAMES and not _CODE.fullmatch(name)]:
        raise SealError(f"it has an unexpected entry: {unknown[0][:80]!r}")
    if len(set(names)) < len(names):
        raise SealError("it has two entries with the same name")


def _check_size(size: int) -> None:
    if size > MOST_BYTES:
        raise SealError(f"its files are {size} bytes; {MOST_BYTES} are allowed")


def _check_plain(entry: zipfile.ZipInfo) -> None:
    if entry.external_attr >> 16 != _MODE:
        raise SealError(f"{entry.filename} is not a regular file")
    if entry.compress_type != zipfile.ZIP_STORED or entry.compress_size != entry.file_size:
        raise SealError(f"{entry.filename} is compressed")
