"""Counters of a worker: numbers in a memory-mapped file that any process can read.

    magic  length of the header, 8 bytes  header, JSON  float64...

The header describes the numbers, so that readers work with every version. After the end of a worker, the next worker
with an equal header continues its file: counts never fall, and the number of files is the largest number of workers.
"""

import errno
import hashlib
import mmap
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from itertools import count
from pathlib import Path

import numpy as np
import numpy.typing as npt
import orjson

from inference import files

FOLDER = "INFERENCE_METRICS"  # environment variable with the folder of the files; without it nothing is counted
SUFFIX = ".counters"
_MAGIC = b"counts/2"  # version of the file format
_LENGTH = 8
_ALIGNMENT = 8

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Family:
    """Metric of Prometheus: name, help, labels and bounds.

    labels  labels of a counter; ``values`` has their values for each number
    bounds  upper bounds of a histogram; its numbers are the count of each bucket, the count above, and the sum
    """

    name: str
    help: str
    labels: tuple[str, ...] = ()
    values: tuple[tuple[str, ...], ...] = ((),)
    bounds: tuple[float, ...] = ()

    @property
    def size(self) -> int:
        return len(self.bounds) + 2 if self.bounds else len(self.values)


@dataclass(frozen=True)
class Header:
    """Header of a file of numbers: the model, and the families of the numbers.

    labels     model, version and weights
    families   metrics in the order of their numbers
    reference  shares of the training data, 0..1, by statistic and bin
    """

    labels: Mapping[str, str]
    families: tuple[Family, ...]
    reference: Mapping[str, Mapping[str, float]]

    @property
    def size(self) -> int:
        """Return the number of values after the header."""
        return sum(family.size for family in self.families)

    def content(self) -> bytes:
        """Return the bytes before the numbers."""
        text = orjson.dumps(asdict(self), option=orjson.OPT_SORT_KEYS)
        text += b" " * (-len(text) % _ALIGNMENT)
        return _MAGIC + len(text).to_bytes(_LENGTH, "little") + text

    @classmethod
    def of(cls, text: bytes) -> "Header":
        header = files.frozen(orjson.loads(text))
        return cls(**{**header, "families": tuple(Family(**family) for family in header["families"])})

    def split(self, numbers: Numbers) -> dict[str, Numbers]:
        """Return views of the numbers of each family, by its name."""
        ends = np.cumsum([family.size for family in self.families])
        return dict(zip((family.name for family in self.families), np.split(numbers, ends[:-1]), strict=True))


class Counters:
    """Numbers of this process, in a file that it locks until it ends or closes them."""

    def __init__(self, directory: Path, header: Header) -> None:
        """Open the first free file in the folder. Raises OSError if none can be created."""
        content = header.content()
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        name = hashlib.sha256(content).hexdigest()[:16]
        for turn in count():
            self._file = os.open(directory / f"{name}.{turn}{SUFFIX}", os.O_RDWR | os.O_CREAT, 0o600)
            if files.try_lock(self._file):
                break
            os.close(self._file)
        size = len(content) + 8 * header.size
        try:
            if os.fstat(self._file).st_size != size:  # a new file, or its writer ended too early
                _write(self._file, content + bytes(8 * header.size))  # not sparse: the disk may be full later
            self._mapped = mmap.mmap(self._file, size)
        except OSError:
            os.close(self._file)
            raise
        self.numbers: Numbers = np.frombuffer(self._mapped, dtype=np.float64, offset=len(content))

    def close(self) -> None:
        """Close the file, for the next worker to continue."""
        del self.numbers
        self._mapped.close()
        os.close(self._file)


def _write(file: int, content: bytes) -> None:
    """Replace the content of a file. Raises OSError if it does not fit: on a full disk a part of it is written."""
    os.ftruncate(file, 0)
    if (written := os.pwrite(file, content, 0)) != len(content):
        raise OSError(errno.ENOSPC, f"{written} of {len(content)} bytes of counters could be written")


def read(directory: Path) -> Iterable[tuple[Header, Numbers]]:
    """Yield the content of each file in the folder, except files that are being created."""
    for path in sorted(directory.glob(f"*{SUFFIX}")):
        content = path.read_bytes()
        start = len(_MAGIC) + _LENGTH
        end = start + int.from_bytes(content[len(_MAGIC) : start], "little")
        if not content.startswith(_MAGIC) or len(content) < end:
            continue
        header = Header.of(content[start:end])
        if len(content) == end + 8 * header.size:
            yield header, np.frombuffer(content, dtype=np.float64, offset=end)
