"""What a worker counts of the batches that it answers.

Counting costs as much for one request as for many, so a busy worker keeps what is to be counted of a batch once its
answers are on their way, and counts several batches in one go, in numpy over all of their requests.
"""

import logging
import math
import os
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
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
_MOST_KEPT = 256  # requests or images: more at once cost hardly less each
_MOST_MEASURED = 256  # images of a batch: more tell nothing more, and cost as much again as their prediction
_REST = 0.01  # seconds until inputs are measured again: of a busy worker's, more batches tell nothing more either
_START_DIGITS = 16  # of microseconds since the epoch, from 2001 to 2286
_NAMES = [family.name for family in FAMILIES]
_SIZE = Header({}, FAMILIES, {}).size
_OUTCOMES = {error: index for index, (_, error) in enumerate(FAMILIES[0].values)}
_FORMATS = {name: index for index, name in enumerate(FORMATS)}
_BOUND_ARRAYS = {family.name: np.array(family.bounds) for family in FAMILIES}
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


@dataclass
class Kept:
    """What is to be counted of batches that are answered. Of what clients sent it keeps no more than is counted.

    requests, took     of each batch: how many, and seconds
    answered, read     of each batch: when it was, in seconds since the epoch
    errors             of the requests that failed, by name
    received, stamped  of each request that says it: when it was received; and of each batch, how many do
    images, formats    of each request that could be read: how many, and what they came as
    normalised         images
    predictions        of each batch
    inputs             uint8 (n, 28, 28), those to be measured
    most               there are no more requests than that, and no more images
    """

    requests: list[int] = field(default_factory=list)
    took: list[float] = field(default_factory=list)
    answered: list[float] = field(default_factory=list)
    read: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    received: list[int] = field(default_factory=list)
    stamped: list[int] = field(default_factory=list)
    images: list[int] = field(default_factory=list)
    formats: list[str] = field(default_factory=list)
    normalised: int = 0
    predictions: list[Predictions] = field(default_factory=list)
    inputs: list[Images] = field(default_factory=list)
    most: int = 0


class Telemetry:
    """The counting of one worker. No fault of it reaches an answer: the first is logged, and ends the counting.

    A batch goes by ``begin``, ``predicted`` if there is anything to predict, and ``answered``; ``keep`` keeps what is
    to be counted of it, and ``count`` counts all that is kept.
    """

    def __init__(self, taken: Counters | None, reference: Reference | None) -> None:
        self._counters = taken
        self._reference = reference
        self._observed: Observed | None = None
        self._kept = Kept()
        self._measured = -math.inf  # when inputs were measured last, by the stopwatch
        self._sums: Numbers = np.zeros(_SIZE)  # of what is being counted, by family as well
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

    def keep(self) -> bool:
        """Its answers are on their way. True if something is kept for ``count``, once there is nothing else to do."""
        seen, self._observed = self._observed, None
        if not self._counters or not seen:
            return False
        try:
            self._keep(seen, self._kept)
        except Exception:
            self._end()
        if self._kept.most >= _MOST_KEPT:
            self.count()
        return bool(self._kept.requests)

    def count(self) -> None:
        """Count all that is kept."""
        kept, self._kept = self._kept, Kept()
        if not self._counters or not kept.requests:
            return
        try:
            self._count_requests(kept)
            if kept.predictions:
                self._count_images(kept)
            self._add(self._counters)
        except Exception:
            self._end()

    def _end(self) -> None:
        logger.exception("counting has ended")
        self._counters, self._kept = None, Kept()

    def _add(self, taken: Counters) -> None:
        taken.numbers += self._sums
        self._sums.fill(0.0)

    def _keep(self, seen: Observed, kept: Kept) -> None:
        kept.answered.append(time.time())
        kept.took.append(time.perf_counter() - seen.began)
        kept.read.append(seen.read)
        kept.requests.append(len(seen.answers))
        kept.errors += [answer.error for answer in seen.answers if answer.error]
        told = [received.start for received in seen.batch]
        starts = [int(start) for start in told if len(start) == _START_DIGITS and start.isdigit()]
        kept.received += starts
        kept.stamped.append(len(starts))
        kept.most += len(seen.answers)
        if seen.images is None or seen.predictions is None:
            return
        kept.most += len(seen.images) - len(seen.requests)
        kept.images += [len(request.images) for request in seen.requests]
        kept.formats += [request.treatments[0].format for request in seen.requests]
        kept.normalised += len([1 for request in seen.requests for each in request.treatments if each.steps])
        kept.predictions.append(seen.predictions)
        if self._reference and seen.began - self._measured >= _REST:
            self._measured = seen.began
            kept.inputs.append(seen.images[:: -(-len(seen.images) // _MOST_MEASURED)])

    def _count_requests(self, kept: Kept) -> None:
        outcomes = self._of["digits_requests_total"]
        outcomes[0] += sum(kept.requests) - len(kept.errors)
        for error in kept.errors:
            outcomes[_OUTCOMES[error]] += 1
        self._observe("digits_batch_requests", np.array(kept.requests))
        self._observe("digits_batch_duration_seconds", np.array(kept.took))
        if kept.received:
            until = np.repeat(np.array([kept.answered, kept.read]), kept.stamped, axis=1)
            self._observe_times(until - np.array(kept.received) / 1e6)

    def _count_images(self, kept: Kept) -> None:
        self._observe("digits_request_images", np.array(kept.images))
        formats = self._of["digits_request_formats_total"]
        for name, number in Counter(kept.formats).items():
            formats[_FORMATS.get(name, -1)] += number
        self._of["digits_normalised_images_total"] += kept.normalised
        digits = np.concatenate([each.digits for each in kept.predictions])
        accepted = np.concatenate([each.accepted for each in kept.predictions])
        self._of["digits_predictions_total"] += np.bincount(2 * digits + accepted, minlength=2 * CLASSES)
        confidences = np.concatenate([each.confidences for each in kept.predictions])
        self._observe("digits_prediction_confidence", confidences)
        if self._reference and kept.inputs:
            inputs = np.concatenate(kept.inputs)
            self._of["digits_input_images_total"] += self._reference.histograms(inputs).ravel()

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
