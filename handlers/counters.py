"""A worker's counters: numbers in a memory-mapped file, written by one process and read by any.

    magic  length of the header, 8 bytes  header, JSON  float64...

The header says what the numbers are, so that who reads them needs to know no layout, of this version or of another. A
worker that dies leaves its file behind, and the next one with the same header goes on counting in it: no count ever
falls, and there are as many files as there were workers at once.
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

FOLDER = "INFERENCE_METRICS"  # in a worker's environment: where the files are; without it nothing is counted
SUFFIX = ".counters"
_MAGIC = b"counts/2"  # of this arrangement of a file
_LENGTH = 8
_ALIGNMENT = 8

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Family:
    """Metric of Prometheus: name, help, labels and bounds.

    labels  a counter's labels, and in ``values`` their values for each number
    bounds  a histogram's upper bounds; its numbers are the observations of each bucket, those above, and the sum of all
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
    """Head of a file of numbers: the model that they are of, and their families.

    labels     model, version and weights
    families   in the order of their numbers
    reference  the training data's shares, 0..1, by statistic and bin
    """

    labels: Mapping[str, str]
    families: tuple[Family, ...]
    reference: Mapping[str, Mapping[str, float]]

    @property
    def size(self) -> int:
        """Return the number of values that follow."""
        return sum(family.size for family in self.families)

    def content(self) -> bytes:
        """All that comes before the numbers."""
        text = orjson.dumps(asdict(self), option=orjson.OPT_SORT_KEYS)
        text += b" " * (-len(text) % _ALIGNMENT)
        return _MAGIC + len(text).to_bytes(_LENGTH, "little") + text

    @classmethod
    def of(cls, text: bytes) -> "Header":
        header = orjson.loads(text)
        families = tuple(
            Family(
                family["name"],
                family["help"],
                tuple(family["labels"]),
                tuple(map(tuple, family["values"])),
                tuple(family["bounds"]),
            )
            for family in header["families"]
        )
        return cls(header["labels"], families, header["reference"])

    def split(self, numbers: Numbers) -> dict[str, Numbers]:
        """The numbers of each family, by its name: views of them."""
        ends = np.cumsum([family.size for family in self.families])
        return dict(zip((family.name for family in self.families), np.split(numbers, ends[:-1]), strict=True))


class Counters:
    """The numbers that this process counts in, until it ends or closes them."""

    def __init__(self, directory: Path, header: Header) -> None:
        """Take the first file in the folder that is free. Raises OSError if there can be none."""
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
            if os.fstat(self._file).st_size != size:  # new, or whoever made it died over it
                _write(self._file, content + bytes(8 * header.size))  # written out: a hole could not be filled later
            self._mapped = mmap.mmap(self._file, size)
        except OSError:
            os.close(self._file)
            raise
        self.numbers: Numbers = np.frombuffer(self._mapped, dtype=np.float64, offset=len(content))

    def close(self) -> None:
        """Leave the file to the next."""
        del self.numbers
        self._mapped.close()
        os.close(self._file)


def _write(file: int, content: bytes) -> None:
    """Let a file have this content. Raises OSError if not all of it fits: on a full disk a part is written first."""
    os.ftruncate(file, 0)
    if (written := os.pwrite(file, content, 0)) != len(content):
        raise OSError(errno.ENOSPC, f"{written} of {len(content)} bytes of counters could be written")


def read(directory: Path) -> Iterable[tuple[Header, Numbers]]:
    """Return the content of each file in the folder; files that are being created are left out."""
    for path in sorted(directory.glob(f"*{SUFFIX}")):
        content = path.read_bytes()
        start = len(_MAGIC) + _LENGTH
        end = start + int.from_bytes(content[len(_MAGIC) : start], "little")
        if not content.startswith(_MAGIC) or len(content) < end:
            continue
        header = Header.of(content[start:end])
        if len(content) == end + 8 * header.size:
            yield header, np.frombuffer(content, dtype=np.float64, offset=end)
