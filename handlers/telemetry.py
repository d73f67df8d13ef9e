"""Counting of the batches that a worker answers.

Counting costs as much for one request as for many. A busy worker therefore stores the data of several batches, and
counts all their requests at once, in NumPy, after it has sent answers.
"""

import logging
import math
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from handlers import counters
from handlers.counters import Counters, Header, Numbers
from handlers.metrics import ERRORS, families, formats, shares
from handlers.protocol import Received
from inference.classifier import Predictions
from inference.drift import Reference
from inference.protocols import Request
from inference.spec import ModelSpec, Rows
from inference.treatment import Treatment

logger = logging.getLogger(__name__)
_MOST_PENDING = 1024  # requests or examples: counting more at once saves little
_MEASURED_RATE = 2500.0  # examples a second, at most, that are measured for drift: it costs as much as a prediction
_MOST_MEASURED = 4096  # measured examples at once, after a time with fewer examples
_START_LENGTH = 16  # characters of microseconds since the epoch, from 2001 to 2286
_PLACES = 10.0 ** np.arange(_START_LENGTH)[::-1]
_OUTCOMES = {error: index for index, error in enumerate(ERRORS)}


@dataclass
class PendingCounts:
    """Data of answered batches that are not counted yet.

    read, answered  times of each batch, in seconds since the epoch
    took            duration of each batch, in seconds
    requests        number of requests of each batch
    stamps          values of the header REQUEST, which begin with the time at which the gateway received the request
    errors          names of the errors of failed requests
    treatments      treatments of the examples of each readable request
    predictions     predictions of each batch, if the model predicts classes
    inputs          sampled examples (n, *shape) for drift statistics
    sizes           treatments of these examples, if the size of images is a statistic
    most            at least the larger of the numbers of requests and of examples
    """

    read: list[float] = field(default_factory=list)
    answered: list[float] = field(default_factory=list)
    took: list[float] = field(default_factory=list)
    requests: list[int] = field(default_factory=list)
    stamps: list[bytes] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    treatments: list[Sequence[Treatment]] = field(default_factory=list)
    predictions: list[Predictions] = field(default_factory=list)
    inputs: list[Rows] = field(default_factory=list)
    sizes: list[Treatment] = field(default_factory=list)
    most: int = 0


class Telemetry:
    """Metrics of one worker. Its errors never reach a client: the first error is logged and ends the counting.

    For each batch, call ``begin``, ``predicted`` (if a request needs a prediction), ``answered`` and ``sent``. They
    store data, which is cheap while requests wait. ``count`` counts the stored batches.
    """

    def __init__(self, spec: ModelSpec, taken: Counters | None, reference: Reference | None) -> None:
        counted = families(spec)
        header = Header({}, tuple(counted.values()), {})
        self._counters = taken
        self._reference = reference
        self._began = self._read = 0.0  # time at which the batch was read: perf_counter, and since the epoch
        self._pending = PendingCounts()
        self._sampled, self._left = -math.inf, 0.0  # time of the last sample, and number of examples left to measure
        self._sums: Numbers = np.zeros(header.size)  # counts that are not in the file yet; _of has views by family
        self._of = dict(zip(counted, header.split(self._sums).values(), strict=True))
        self._bounds = {name: np.array(family.bounds) for name, family in counted.items()}
        self._formats = {name: index for index, name in enumerate(formats(spec))}
        self._cells = 2 * len(spec.output.labels)  # counters of predictions, by label and acceptance
        if taken:
            self._of["starts"] += 1
            self._add(taken)

    def begin(self) -> None:
        """Record the time at which a batch was read."""
        self._began, self._read = time.perf_counter(), time.time()

    def predicted(self, rows: Rows, predictions: Any, requests: Sequence[Request]) -> None:
        """Store the examples (n, *shape) of the readable requests and the predictions of the model."""
        if not self._counters:
            return
        try:
            pending = self._pending
            pending.treatments += [request.treatments for request in requests]
            if isinstance(predictions, Predictions):
                pending.predictions.append(predictions)
            pending.most += len(rows) - len(requests)
            if self._reference:
                self._sample(self._reference, rows, requests)
        except Exception:
            self._end()

    def _sample(self, reference: Reference, rows: Rows, requests: Sequence[Request]) -> None:
        """Sample at most _MEASURED_RATE examples a second for drift statistics; unused budget carries over."""
        self._left = min(_MOST_MEASURED, self._left + _MEASURED_RATE * (self._began - self._sampled))
        self._sampled = self._began
        if self._left >= 1.0:
            step = math.ceil(len(rows) / self._left)
            some = rows[::step].copy()
            self._left -= len(some)
            self._pending.inputs.append(some)
            if reference.drift.sized:
                self._pending.sizes += [treatment for request in requests for treatment in request.treatments][::step]

    def answered(self, batch: Sequence[Received], errors: Sequence[str]) -> None:
        """Store the outcome of each request and the names of the errors."""
        if self._counters:
            pending = self._pending
            pending.stamps += [received.stamp for received in batch]
            pending.errors += errors
            pending.requests.append(len(batch))
            pending.most += len(batch)

    def sent(self) -> bool:
        """Record that the answers are sent. Return True if ``count`` has something to count."""
        pending = self._pending
        if len(pending.requests) == len(pending.answered):  # no batch was answered, or counting has ended
            return False
        pending.answered.append(time.time())
        pending.took.append(time.perf_counter() - self._began)
        pending.read.append(self._read)
        if pending.most < _MOST_PENDING:
            return True
        self.count()
        return False

    def count(self) -> None:
        """Count all pending batches."""
        pending, self._pending = self._pending, PendingCounts()
        if not self._counters or not pending.requests:
            return
        try:
            self._count_requests(pending)
            if pending.treatments:
                self._count_rows(pending)
            self._add(self._counters)
        except Exception:
            self._end()

    def _end(self) -> None:
        logger.exception("counting has ended")
        self._counters, self._pending = None, PendingCounts()

    def _add(self, taken: Counters) -> None:
        taken.numbers += self._sums
        self._sums.fill(0.0)

    def _count_requests(self, pending: PendingCounts) -> None:
        outcomes = self._of["requests"]
        outcomes[0] += len(pending.stamps) - len(pending.errors)
        for error in pending.errors:
            outcomes[_OUTCOMES[error]] += 1
        self._observe("batch_requests", np.array(pending.requests))
        self._observe("batches", np.array(pending.took))
        if any(pending.stamps):
            measured, starts = _read_starts(pending.stamps)
            until = np.repeat(np.array([pending.answered, pending.read]), pending.requests, axis=1)
            seconds = np.maximum(until[:, measured] - starts, 0.0)  # the clock may have been set back
            self._observe("durations", seconds[0])
            self._observe("queue", seconds[1])

    def _count_rows(self, pending: PendingCounts) -> None:
        alike = groupby(pending.treatments)  # most requests have the same treatments as the request before
        self._count_treatments([(treatments, len(list(group))) for treatments, group in alike])
        if pending.predictions:
            self._count_predictions(pending)
        if self._reference and pending.inputs:
            inputs = np.concatenate(pending.inputs)
            self._of["inputs"] += self._reference.histograms(inputs, pending.sizes).ravel()

    def _count_predictions(self, pending: PendingCounts) -> None:
        classes = np.concatenate([prediction.classes for prediction in pending.predictions])
        accepted = np.concatenate([prediction.accepted for prediction in pending.predictions])
        self._of["predictions"] += np.bincount(2 * classes + accepted, minlength=self._cells)
        confidences = np.concatenate([prediction.confidences for prediction in pending.predictions])
        self._observe("confidences", confidences)

    def _count_treatments(self, numbers: Sequence[tuple[Sequence[Treatment], int]]) -> None:
        """Count requests by format, normalisation and number of examples."""
        formats = self._of["formats"]
        for treatments, number in numbers:
            formats[self._formats.get(treatments[0].format, -1)] += number
            self._of["normalised"] += number * len([1 for treatment in treatments if treatment.steps])
        rows, weights = np.array([(len(treatments), number) for treatments, number in numbers]).T
        self._observe("request_rows", rows, weights)

    def _observe(
        self, name: str, values: npt.NDArray[np.number], weights: npt.NDArray[np.number] | None = None
    ) -> None:
        numbers, bounds = self._of[name], self._bounds[name]
        numbers[:-1] += np.bincount(bounds.searchsorted(values), weights, minlength=len(bounds) + 1)
        numbers[-1] += values.sum() if weights is None else values @ weights


def _read_starts(stamps: Sequence[bytes]) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.float64]]:
    """Return a mask, bool (n,), of texts that begin with microseconds since the epoch, and these times in seconds."""
    width = _START_LENGTH + 1  # NumPy cuts longer texts and fills shorter ones with zeros
    characters = np.array(stamps, dtype=f"S{width}").view(np.uint8).reshape(-1, width)
    figures = characters[:, :_START_LENGTH] - np.uint8(ord("0"))  # bytes below "0" wrap around to large numbers
    measured = characters[:, _START_LENGTH] == ord(";")
    if figures.max() > 9:  # seldom; a check of each row is slower
        measured &= (figures < 10).all(axis=1)
    return measured, figures[measured] @ _PLACES / 1e6


def start(spec: ModelSpec, labels: Mapping[str, str], reference: Reference | None) -> Telemetry:
    """Start counting with these labels, in the folder that the environment variable FOLDER names.

    Without a folder, or if the folder is not writable, nothing is counted.
    """
    folder = os.environ.get(counters.FOLDER)
    if not folder:
        return Telemetry(spec, None, None)
    header = Header(labels, tuple(families(spec).values()), shares(spec, reference) if reference else {})
    try:
        return Telemetry(spec, Counters(Path(folder), header), reference)
    except OSError:
        logger.exception("nothing is counted")
        return Telemetry(spec, None, None)
