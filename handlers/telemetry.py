"""What a worker counts of the batches that it answers.

It counts once for a batch, when its answers are on their way, in numpy over all of its requests, and adds the batch to
the counters in one go.
"""

import logging
import math
import os
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from handlers import counters
from handlers.counters import Counters, Header, Numbers
from handlers.families import FAMILIES, FORMATS
from handlers.protocol import Received
from model.classifier import CLASSES, Predictions
from model.dialects import Request
from model.messages import Answer
from model.pixels import Images
from model.reference import Reference

logger = logging.getLogger(__name__)
_MOST_MEASURED = 256  # images of a batch: more tell nothing more, and cost as much again as their prediction
_REST = 0.01  # seconds until inputs are measured again: of a busy worker's, more batches tell nothing more either
_START_DIGITS = 16  # of microseconds since the epoch, from 2001 to 2286
_NAMES = [family.name for family in FAMILIES]
_SIZE = Header({}, FAMILIES, {}).size
_OUTCOMES = {error: index for index, (_, error) in enumerate(FAMILIES[0].values)}
_FORMATS = {name: index for index, name in enumerate(FORMATS)}
_BOUNDS = {family.name: family.bounds for family in FAMILIES}
_BOUND_ARRAYS = {name: np.array(bounds) for name, bounds in _BOUNDS.items()}
_SECONDS = _BOUND_ARRAYS["digits_request_duration_seconds"]


@dataclass
class Observed:
    """A batch on its way: when it was read, by the clock and by a stopwatch, and what is known of it by now.

    images  uint8 (n, 28, 28), of all its requests that could be read, with the model's predictions
    """

    batch: Sequence[Received]
    read: float
    began: float
    answers: Sequence[Answer] = ()
    requests: Sequence[Request] = ()
    images: Images | None = None
    predictions: Predictions | None = None


class Telemetry:
    """The counting of one worker. No fault of it reaches an answer: the first is logged, and ends the counting.

    A batch goes by ``begin``, ``predicted`` if there is anything to predict, and ``answered``; ``count`` counts it.
    """

    def __init__(self, taken: Counters | None, reference: Reference | None) -> None:
        self._counters = taken
        self._reference = reference
        self._observed: Observed | None = None
        self._measured = -math.inf  # when inputs were measured last, by the stopwatch
        self._sums: Numbers = np.zeros(_SIZE)  # a batch's, by family as well
        self._of = Header({}, FAMILIES, {}).split(self._sums)
        first = sum(family.size for family in FAMILIES[: _NAMES.index("digits_request_duration_seconds")])
        self._times = self._sums[first : first + 2 * len(_SECONDS) + 4].reshape(2, -1)  # that family and the next
        if taken:
            self._of["digits_worker_starts_total"] += 1
            self._add(taken)

    def begin(self, batch: Sequence[Received]) -> None:
        """A batch has been read."""
        self._observed = Observed(batch, time.time(), time.perf_counter())

    def predicted(self, images: Images, predictions: Predictions, requests: Sequence[Request]) -> None:
        """Its requests that could be read have these images, uint8 (n, 28, 28), and the model says this of them."""
        if seen := self._observed:
            seen.images, seen.predictions, seen.requests = images, predictions, requests

    def answered(self, answers: Sequence[Answer]) -> None:
        """Its answers are known."""
        if seen := self._observed:
            seen.answers = answers

    def count(self) -> None:
        """Its answers are on their way."""
        seen, self._observed = self._observed, None
        if not self._counters or not seen:
            return
        try:
            self._count_requests(seen)
            if seen.images is not None and seen.predictions is not None:
                self._count_images(seen.images, seen.predictions, seen.requests)
                if self._reference and seen.began - self._measured >= _REST:
                    self._measured = seen.began
                    self._count_inputs(seen.images, self._reference)
            self._add(self._counters)
        except Exception:
            logger.exception("counting has ended")
            self._counters = None

    def _add(self, taken: Counters) -> None:
        taken.numbers += self._sums
        self._sums.fill(0.0)

    def _count_requests(self, seen: Observed) -> None:
        now, took = time.time(), time.perf_counter() - seen.began
        outcomes = self._of["digits_requests_total"]
        errors = [answer.error for answer in seen.answers if answer.error]
        outcomes[0] += len(seen.answers) - len(errors)
        for error in errors:
            outcomes[_OUTCOMES[error]] += 1
        self._observe_one("digits_batch_requests", len(seen.answers))
        self._observe_one("digits_batch_duration_seconds", took)
        told = [received.start for received in seen.batch]
        starts = [int(start) for start in told if len(start) == _START_DIGITS and start.isdigit()]
        if starts:
            self._observe_times(np.array([[now], [seen.read]]) - np.array(starts) / 1e6)

    def _count_images(self, images: Images, predictions: Predictions, requests: Sequence[Request]) -> None:
        if len(images) == len(requests):
            self._observe_one("digits_request_images", 1, len(requests))
        else:
            self._observe("digits_request_images", np.array([len(request.images) for request in requests]))
        formats = self._of["digits_request_formats_total"]
        for name, number in Counter([request.treatments[0].format for request in requests]).items():
            formats[_FORMATS.get(name, -1)] += number
        normalised = [each for request in requests for each in request.treatments if each.steps]
        self._of["digits_normalised_images_total"] += len(normalised)
        kinds = 2 * predictions.digits + predictions.accepted
        self._of["digits_predictions_total"] += np.bincount(kinds, minlength=2 * CLASSES)
        self._observe("digits_prediction_confidence", predictions.confidences)

    def _count_inputs(self, images: Images, reference: Reference) -> None:
        some = images[:: -(-len(images) // _MOST_MEASURED)]
        self._of["digits_input_images_total"] += reference.histograms(some).ravel()

    def _observe_one(self, name: str, value: float, times: int = 1) -> None:
        numbers = self._of[name]
        numbers[bisect_left(_BOUNDS[name], value)] += times
        numbers[-1] += times * value

    def _observe_times(self, seconds: npt.NDArray[np.float64]) -> None:
        """Each request's time to its answer, and in the second row to its batch's start: float64 (2, n)."""
        np.maximum(seconds, 0.0, out=seconds)  # a clock that was set back gives no negative times
        buckets = _SECONDS.searchsorted(seconds)
        buckets[1] += len(_SECONDS) + 1
        self._times[:, :-1] += np.bincount(buckets.ravel(), minlength=2 * len(_SECONDS) + 2).reshape(2, -1)
        self._times[:, -1] += seconds.sum(axis=1)

    def _observe(self, name: str, values: npt.NDArray[np.generic]) -> None:
        numbers, bounds = self._of[name], _BOUND_ARRAYS[name]
        numbers[:-1] += np.bincount(bounds.searchsorted(values), minlength=len(bounds) + 1)
        numbers[-1] += values.sum()


def start(labels: Mapping[str, str], reference: Reference | None) -> Telemetry:
    """The counting of a worker that is called by these labels, in the folder that the environment names.

    Without such a folder, or if nothing can be written there, nothing is counted.
    """
    folder = os.environ.get(counters.FOLDER)
    if not folder:
        return Telemetry(None, None)
    header = Header(labels, FAMILIES, reference.shares if reference else {})
    try:
        return Telemetry(Counters(Path(folder), header), reference)
    except OSError:
        logger.exception("nothing is counted")
        return Telemetry(None, None)
