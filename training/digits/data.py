"""MNIST from the cache. If the cache is not complete, MNIST is downloaded, checked and cached."""

import logging
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path

from inference.files import replace
from training.data import folder, idx
from training.data.dataset import FILES, TEST_IMAGES, TEST_LABELS, TRAIN_IMAGES, TRAIN_LABELS, Dataset, Examples, md5
from training.digits.mnist_sources import SOURCES, Files, Source
from training.errors import DataError

MD5 = {
    TRAIN_IMAGES: "6bbc9ace898e44ae57da46a324031adb",
    TRAIN_LABELS: "a25bea736e30d166cdddb491f175f624",
    TEST_IMAGES: "2646ac647ad5339dbf082846283269ea",
    TEST_LABELS: "27ae3e4e09519cfbb04c329615203637",
}
_DEFAULT = Path(__file__).parents[2] / "data" / "mnist"

_log = logging.getLogger(__name__)


def directory() -> Path:
    """Return the cache of MNIST: $DIGITS_DATA, or data/mnist in the repository."""
    return Path(os.environ.get("DIGITS_DATA") or _DEFAULT)


def load(cache: Path | None = None, sources: Mapping[str, Source] = SOURCES) -> Dataset:
    """Return the 60,000 training and 10,000 test examples of MNIST in their published order, with verified checksums.

    cache    folder of the four IDX files; the default is ``directory()``
    sources  name -> function; tried in order if the cache is missing or damaged
    Raises DataError if no source can be reached, or the files cannot be cached.
    """
    cache = cache or directory()
    files = _cached(cache)
    if files is None:
        files = _fetched(sources)
        _keep(files, cache)
    arrays = {name: idx.decode(files[name], name) for name in FILES}
    train = Examples(arrays[TRAIN_IMAGES], arrays[TRAIN_LABELS])
    return Dataset(train, Examples(arrays[TEST_IMAGES], arrays[TEST_LABELS]), "MNIST")


def read(own: Path | None) -> Dataset:
    """Return MNIST, or the user's own data in the folder ``own``. Raises DataError if the data is missing."""
    return folder.load(own) if own else load()


def _cached(cache: Path) -> Files | None:
    missing = [name for name in FILES if not (cache / name).is_file()]
    if missing:
        if len(missing) < len(FILES):
            _log.warning("%s lacks %s: fetching MNIST again", cache, ", ".join(missing))
        return None
    files = {name: (cache / name).read_bytes() for name in FILES}
    damaged = _damaged(files)
    if damaged:
        _log.warning("%s is damaged in %s (wrong MD5): fetching MNIST again", ", ".join(damaged), cache)
        return None
    return files


def _damaged(files: Files) -> list[str]:
    return [name for name in FILES if md5(files[name]) != MD5[name]]


def _fetched(sources: Mapping[str, Source]) -> Files:
    tried = []
    for name, source in sources.items():
        try:
            files = source()
            if damaged := _damaged(files):
                raise DataError(f"wrong MD5 of {', '.join(damaged)}")
            return files
        except (DataError, OSError, zipfile.BadZipFile) as error:
            tried.append(f"{name} ({error})")
            _log.info("MNIST is not to be had from %s", name)
    hint = f"put the four IDX files {', '.join(FILES)} into a folder and set DIGITS_DATA to it"
    raise DataError(f"MNIST cannot be fetched; tried {', '.join(tried)}. Connect to the network, or {hint}")


def _keep(files: Files, cache: Path) -> None:
    try:
        for name, data in files.items():
            replace(cache / name, data)
    except OSError as error:
        hint = "free 55 MB there, or set DIGITS_DATA to another folder"
        raise DataError(f"MNIST cannot be kept in {cache}: {error.strerror or error}; {hint}") from error
