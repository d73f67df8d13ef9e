"""Drift: statistics of requests, compared with those of the training data.

Each statistic has BINS bins that hold the same share of the training examples each. How far the shares of what is sent
are from the training's is the population stability index (PSI), sum((sent - training) * ln(sent / training)): below 0.1
they are alike, above 0.25 they are not (Siddiqi, Credit Risk Scorecards, 2006).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import orjson

from inference.spec import DriftSpec, Floats, Mask, ModelSpec, Rows
from inference.treatment import Treatment

FILE = "reference.json"
BINS = 10
_DECIMALS = 5  # of an edge: float32 gives no more on every machine
_BEYOND = 0.001  # above the largest of few different numbers: larger ones have a bin of their own
_STEP = 1000.0  # between statistics on one axis: none is as far from 0

Shares = Mapping[str, list[float]]


@dataclass(frozen=True)
class Reference:
    """The training's examples and what was predicted for examples that the model had not seen.

    edges   float32 (s, 9): a statistic's bins are below the first, between two, and from the last on
    shares  in 0..1, by name: of the training's examples in each bin of a statistic; by the key of the output, of each
            label in training; ``abstained``, of the test examples that were not accepted
    """

    edges: Floats
    shares: Shares
    drift: DriftSpec

    @classmethod
    def of(cls, training: Rows, classes: npt.NDArray[np.integer], accepted: Mask, spec: ModelSpec) -> "Reference":
        """From training's examples (n, *shape) and their classes (n,), and which of the test set were accepted (m,).

        Raises ValueError if the model has no statistics.
        """
        if spec.drift is None:
            raise ValueError(f"the model {spec.name} has no statistics of its input")
        return cls.measured(spec.drift.measure(training), spec.drift, predicted(classes, accepted, spec))

    @classmethod
    def measured(cls, values: Floats, drift: DriftSpec, predictions: Shares) -> "Reference":
        """From the statistics of training's examples (n, s), and the shares of their predictions."""
        edges = np.round(np.quantile(values, np.arange(1, BINS) / BINS, axis=0).T, _DECIMALS).astype(np.float32)
        edges[:, -1] += np.where(edges[:, -1] == edges[:, -2], np.float32(_BEYOND), np.float32(0.0))
        counts = cls(edges, {}, drift)._counts(values)
        shares = dict(zip(drift.statistics, (counts / len(values)).tolist(), strict=True))
        return cls(edges, shares | {**predictions}, drift)

    def content(self) -> bytes:
        """The bytes of its file."""
        edges = {name: row.tolist() for name, row in zip(self.drift.statistics, self.edges, strict=True)}
        return orjson.dumps({"edges": edges, "shares": self.shares}, option=orjson.OPT_SORT_KEYS)

    @cached_property
    def _turns(self) -> npt.NDArray[np.intp]:
        return np.arange(len(self.edges))

    @cached_property
    def _axis(self) -> npt.NDArray[np.float64]:
        """All edges on one axis, a step apart for each statistic, so that one search does for all: float64 (9 s,)."""
        return (self.edges + _STEP * self._turns[:, None]).ravel()

    def histograms(self, rows: Rows, treatments: Sequence[Treatment] = ()) -> npt.NDArray[np.int64]:
        """Number of the examples (n, *shape) in each bin of each statistic: int64 (s, 10).

        treatments  of the examples, if ``drift`` is sized
        """
        return self._counts(statistics(self.drift, rows, treatments))

    def _counts(self, values: Floats) -> npt.NDArray[np.int64]:
        turns = self._turns
        bins = self._axis.searchsorted(values + _STEP * turns, side="right") + turns  # (n, s); one more than edges each
        return np.bincount(bins.ravel(), minlength=len(turns) * BINS).reshape(-1, BINS)


def predicted(classes: npt.NDArray[np.integer], accepted: Mask, spec: ModelSpec) -> Shares:
    """Return the share of each label in classes (n,), and of the predictions that were not accepted (m,)."""
    labels = np.bincount(classes, minlength=len(spec.output.labels)) / len(classes)
    return {spec.output.key: labels.tolist(), "abstained": [float(1.0 - accepted.mean())]}


def statistics(drift: DriftSpec, rows: Rows, treatments: Sequence[Treatment]) -> Floats:
    """Return the statistics of examples (n, *shape), float32 (n, s). A size is the logarithm to 2 of the mean side."""
    values = drift.measure(rows)
    if not drift.sized:
        return values
    pixels = np.array([max(1, treatment.width * treatment.height) for treatment in treatments], dtype=np.float32)
    return np.column_stack([values, np.log2(pixels) / 2])


def load(path: Path, spec: ModelSpec) -> Reference | None:
    """The reference in the file ``path``; None if there is none."""
    if spec.drift is None or not path.exists():
        return None
    content = orjson.loads(path.read_bytes())
    edges = np.array([content["edges"][name] for name in spec.drift.statistics], dtype=np.float32)
    return Reference(edges, content["shares"], spec.drift)
