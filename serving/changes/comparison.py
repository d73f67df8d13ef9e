"""Comparison of two versions of a model over HTTP: likeness of their results, accuracy and latency.

Also checks golden samples: examples in an archive, with the results that it must give.
"""

import time
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import httpx
import numpy as np
import orjson
from numpy.typing import NDArray

from inference import golden
from inference.inputs.named import objects_of
from inference.results import Arrays
from inference.samples import Labels, Samples
from inference.spec import Rows
from serving.archives.samples import Golden
from serving.changes.gates import Gates
from serving.changes.likeness import PROBABILITIES, Likeness, UnlikeError, arrays, likeness
from serving.torchserve import keys
from serving.torchserve.management import PLAIN
from serving.torchserve.server import Server

JSON, RAW = "application/json", "application/octet-stream"
_CLASSES: Arrays = {PROBABILITIES: np.empty(0)}
_MOST_ROWS = 64  # rows of a request; no more than a batch, so other clients wait no longer than usual
_MOST_BYTES = 1 << 20  # in a request
_WARM = 20
_ROUNDS = 3
_TIMEOUT = 60.0


@dataclass(frozen=True)
class Side:
    """Figures of one version: accuracy, or None without labels, and latencies in seconds."""

    version: str
    accuracy: float | None
    p50: float
    p95: float

    def __str__(self) -> str:
        accuracy = "" if self.accuracy is None else f"accuracy {self.accuracy:.2%}, "
        return f"{self.version}: {accuracy}p50 {1e3 * self.p50:.2f} ms, p95 {1e3 * self.p95:.2f} ms"


@dataclass(frozen=True)
class Comparison:
    """Figures of both versions.

    samples   number of samples that each version predicted
    likeness  likeness of the results of both versions
    """

    live: Side
    new: Side
    samples: int
    likeness: Likeness

    def failures(self, gates: Gates) -> list[str]:
        """Return a sentence with figures for each gate that the new version does not pass."""
        failed = self.likeness.failures(gates)
        if self.new.accuracy is not None and self.live.accuracy is not None:
            lost = self.live.accuracy - self.new.accuracy
            if lost > gates.accuracy:
                failed.append(
                    f"accuracy is {self.new.accuracy:.2%}, {lost:.2%} under the live one's, "
                    f"and {gates.accuracy:.2%} is allowed"
                )
        allowed = gates.allowed(self.live.p95)
        if self.new.p95 > allowed:
            failed.append(f"latency p95 is {1e3 * self.new.p95:.2f} ms, and {1e3 * allowed:.2f} ms is allowed")
        return failed

    def __str__(self) -> str:
        return f"{self.samples} samples: {self.likeness}\n  {self.live}\n  {self.new}"


class PredictionClient(AbstractContextManager["PredictionClient"]):
    """Client for versions of a running server; use it as a context manager.

    expected  arrays of a golden file, whose names and kinds the results must have
    """

    def __init__(self, running: Server, expected: Arrays = _CLASSES) -> None:
        self._directory, self._name, self._expected = running.directory, running.name, expected
        self._http = httpx.Client(base_url=running.inference, timeout=_TIMEOUT, trust_env=False, verify=PLAIN)

    def __exit__(self, *error: object) -> None:
        self._http.close()

    def results(self, version: str, rows: Rows) -> Arrays:
        """Return the results for examples (n, *shape) as arrays (n, ...) by name; a request has at most 64 examples.

        Raises httpx.HTTPError, and UnlikeError if the version gives other kinds of results.
        """
        most = max(1, min(_MOST_ROWS, _MOST_BYTES * len(rows) // rows.nbytes))
        answers = [self.predictions(version, rows[first : first + most]) for first in range(0, len(rows), most)]
        try:
            return arrays([prediction for answer in answers for prediction in answer], self._expected)
        except UnlikeError as error:
            raise UnlikeError(f"{self._name} {version}: {error}") from error

    def predictions(self, version: str, rows: Rows) -> list[dict[str, Any]]:
        """Return the answers to examples (n, *shape), sent in one request.

        Raises httpx.HTTPError if it fails, and UnlikeError if the version does not accept such examples.
        """
        body, kind = _request(rows)
        header = keys.read(self._directory).inference.header | {"Content-Type": kind}
        response = self._http.post(f"/predictions/{self._name}/{version}", content=body, headers=header)
        if response.status_code == httpx.codes.BAD_REQUEST:
            raise UnlikeError(f"{self._name} {version} does not accept the new version's samples: {_message(response)}")
        content: dict[str, Any] = response.raise_for_status().json()
        return content["predictions"] if len(rows) > 1 or kind == JSON else [content]

    def latencies(self, versions: Sequence[str], rows: Rows) -> list[NDArray[np.float64]]:
        """Return the seconds for each example (n,) and version. Requests follow one another, the versions in turn."""
        taken: list[list[float]] = [[] for _ in versions]
        for row in rows:
            for version, seconds in zip(versions, taken, strict=True):
                start = time.perf_counter()
                self.predictions(version, row[np.newaxis])
                seconds.append(time.perf_counter() - start)
        return [np.array(seconds) for seconds in taken]


def compare(
    asker: PredictionClient, versions: tuple[str, str], samples: Samples, timed: int, gates: Gates
) -> Comparison:
    """Compare the results of the live and the new version for all samples, and their latencies for the first ``timed``.

    Latency depends on the load of the machine: if it does not pass its gate, it is measured again, up to twice.

    Raises UnlikeError if the results of the versions differ in kind or shape.
    """
    rows, labels = samples
    live_results, new_results = results = [asker.results(version, rows) for version in versions]
    alike = likeness(live_results, new_results)
    accuracies = [_accuracy(predictions, labels) for predictions in results]
    asker.latencies(versions, rows[:_WARM])
    for _ in range(_ROUNDS):
        latencies = asker.latencies(versions, rows[:timed])
        live, new = (
            Side(version, accuracy, *map(float, np.quantile(seconds, (0.5, 0.95))))
            for version, accuracy, seconds in zip(versions, accuracies, latencies, strict=True)
        )
        compared = Comparison(live, new, len(rows), alike)
        if new.p95 <= gates.allowed(live.p95):
            break
    return compared


def golden_failure(asker: PredictionClient, version: str, samples: Golden) -> str:
    """Return a sentence if a version gives wrong results for its golden samples, or else an empty text."""
    return golden.missed(asker.results(version, samples.rows), samples.expected)


def _message(response: httpx.Response) -> str:
    try:
        return str(response.json()["message"])
    except (ValueError, KeyError, TypeError):
        return response.text[:200]


def _request(rows: Rows) -> tuple[bytes, str]:
    """Return the body and content type of a request: raw numbers, or objects by input name."""
    if not rows.dtype.names:
        return rows.tobytes(), RAW
    return orjson.dumps({"instances": objects_of(rows)}), JSON


def _accuracy(results: Arrays, labels: Labels | None) -> float | None:
    if labels is None or PROBABILITIES not in results:
        return None
    return float((results[PROBABILITIES].argmax(axis=1) == labels).mean())
