"""Two versions of the model, asked the same over HTTP: do they agree, which is right more often, and which is slower.

Half of it are golden samples: what an archive must answer to a few images travels in it.
"""

import time
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import numpy as np
import safetensors.numpy
from numpy.typing import NDArray

from inference import golden
from model.pixels import Images
from serving.archives.parity import Labels, Probabilities
from serving.changes.gates import Gates
from serving.paths import NAME
from serving.torchserve import keys
from serving.torchserve.management import PLAIN
from serving.torchserve.server import Server

_IMAGES_A_REQUEST = 64  # as many as a batch has: other clients wait no longer than they do anyway
_WARM = 20
_ROUNDS = 3
_TIMEOUT = 60.0


class HeldOut(NamedTuple):
    """Images that training never saw, uint8 (n, 28, 28), and their digits, int (n,), if they are known."""

    images: Images
    labels: Labels | None


@dataclass(frozen=True)
class Side:
    """One version: its accuracy, None without labels, and its latencies in seconds."""

    version: str
    accuracy: float | None
    p50: float
    p95: float

    def __str__(self) -> str:
        accuracy = "" if self.accuracy is None else f"accuracy {self.accuracy:.2%}, "
        return f"{self.version}: {accuracy}p50 {1e3 * self.p50:.2f} ms, p95 {1e3 * self.p95:.2f} ms"


@dataclass(frozen=True)
class Comparison:
    """images      how many both were asked
    agreement   the share that both read as the same digit
    distance    the largest difference of a probability
    """

    live: Side
    new: Side
    images: int
    agreement: float
    distance: float

    def failures(self, gates: Gates) -> list[str]:
        """A sentence with figures for each gate that the new version does not pass."""
        found = []
        if self.agreement < gates.agreement:
            found.append(f"agreement is {self.agreement:.2%}, and {gates.agreement:.2%} is wanted")
        if self.new.accuracy is not None and self.live.accuracy is not None:
            lost = self.live.accuracy - self.new.accuracy
            if lost > gates.accuracy:
                found.append(
                    f"accuracy is {self.new.accuracy:.2%}, {lost:.2%} under the live one's, "
                    f"and {gates.accuracy:.2%} is allowed"
                )
        allowed = gates.allowed(self.live.p95)
        if self.new.p95 > allowed:
            found.append(f"latency p95 is {1e3 * self.new.p95:.2f} ms, and {1e3 * allowed:.2f} ms is allowed")
        return found

    def __str__(self) -> str:
        return (
            f"{self.images} images: agreement {self.agreement:.2%}, largest difference of a probability "
            f"{self.distance:.2g}\n  {self.live}\n  {self.new}"
        )


class Asker:
    """Asks versions of a running server by their number; use it as a context manager."""

    def __init__(self, running: Server) -> None:
        self._directory = running.directory
        self._http = httpx.Client(base_url=running.inference, timeout=_TIMEOUT, trust_env=False, verify=PLAIN)

    def __enter__(self) -> "Asker":
        return self

    def __exit__(self, *error: object) -> None:
        self._http.close()

    def probabilities(self, version: str, images: Images) -> Probabilities:
        """float32 (n, 10) for uint8 (n, 28, 28), in requests of 64. Raises httpx.HTTPError if one fails."""
        asked = range(0, len(images), _IMAGES_A_REQUEST)
        answers = [self._ask(version, images[first : first + _IMAGES_A_REQUEST]) for first in asked]
        return np.array([prediction["probabilities"] for answer in answers for prediction in answer], dtype=np.float32)

    def _ask(self, version: str, images: Images) -> list[dict[str, Any]]:
        header = keys.read(self._directory).inference.header | {"Content-Type": "application/octet-stream"}
        response = self._http.post(f"/predictions/{NAME}/{version}", content=images.tobytes(), headers=header)
        found: dict[str, Any] = response.raise_for_status().json()
        return found["predictions"] if len(images) > 1 else [found]

    def latencies(self, versions: Sequence[str], images: Images) -> list[NDArray[np.float64]]:
        """Seconds for each image and version, one request after another, the versions in turn."""
        taken: list[list[float]] = [[] for _ in versions]
        for image in images:
            for version, seconds in zip(versions, taken, strict=True):
                start = time.perf_counter()
                self._ask(version, image[np.newaxis])
                seconds.append(time.perf_counter() - start)
        return [np.array(seconds) for seconds in taken]


def compare(asker: Asker, versions: tuple[str, str], held_out: HeldOut, timed: int, gates: Gates) -> Comparison:
    """Ask the live version and the new one all images for their answers, and so many one by one for their time.

    Time depends on what else the machine does at the moment: one that does not pass its gate is taken anew, twice.
    """
    images, labels = held_out
    answers = [asker.probabilities(version, images) for version in versions]
    digits = [probabilities.argmax(axis=1) for probabilities in answers]
    accuracies = [None if labels is None else float((read == labels).mean()) for read in digits]
    agreement, distance = float((digits[0] == digits[1]).mean()), float(np.abs(answers[0] - answers[1]).max())
    asker.latencies(versions, images[:_WARM])
    for _ in range(_ROUNDS):
        latencies = asker.latencies(versions, images[:timed])
        live, new = (
            Side(version, accuracy, *map(float, np.quantile(seconds, (0.5, 0.95))))
            for version, accuracy, seconds in zip(versions, accuracies, latencies, strict=True)
        )
        compared = Comparison(live, new, len(images), agreement, distance)
        if new.p95 <= gates.allowed(live.p95):
            break
    return compared


class Samples(NamedTuple):
    """Golden images, uint8 (n, 28, 28), and the probabilities that must be answered to them, float32 (n, 10)."""

    images: Images
    probabilities: Probabilities


def golden_samples(archive: Path) -> Samples:
    """Those that travel in an archive."""
    with zipfile.ZipFile(archive) as file:
        samples = safetensors.numpy.load(file.read(golden.FILE))
    return Samples(samples["rows"], samples["probabilities"])


def golden_failure(asker: Asker, version: str, samples: Samples) -> str | None:
    """A sentence if a version that is served does not answer as its archive must."""
    distance = float(np.abs(asker.probabilities(version, samples.images) - samples.probabilities).max())
    if distance <= golden.TOLERANCE:
        return None
    return f"golden probabilities are missed by {distance:.2g}, and {golden.TOLERANCE:.0e} is allowed"
