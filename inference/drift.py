"""Drift: statistics of requests, compared with statistics of the training data.

Each statistic has BINS bins, and each bin holds the same share of the training examples. The population stability index
(PSI), sum((sent - training) * ln(sent / training)), compares the shares of sent examples with those of training: below
0.1 they are alike, above 0.25 they differ (Siddiqi, Credit Risk Scorecards, 2006).
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
_DECIMALS = 5  # of an edge: further decimals of a float32 differ between machines
_BEYOND = 0.001  # added to the last edge if it equals the one before, so that larger numbers have their own bin
_STEP = 1000.0  # distance of two statistics on the common axis: their values are between -500 and 500

Shares = Mapping[str, list[float]]


@dataclass(frozen=True)
class Reference:
    """Statistics of training examples, and predictions of test examples.

    edges   float32 (s, 9): the bins of a statistic are below the first edge, between two edges, and from the last on
    shares  in 0..1: for each statistic, the share of training examples in each bin; for the key of the output, the
            share of each label in training; for ``abstained``, the share of test examples that were not accepted
    """

    edges: Floats
    shares: Shares
    drift: DriftSpec

    @classmethod
    def of(cls, training: Rows, classes: npt.NDArray[np.integer], accepted: Mask, spec: ModelSpec) -> "Reference":
        """Make it of training examples (n, *shape), their classes (n,), and the mask of accepted test examples (m,).

        Raises ValueError if the model has no statistics.
        """
        if spec.drift is None:
            raise ValueError(f"the model {spec.name} has no statistics of its input")
        return cls.measured(spec.drift.measure(training), spec.drift, predicted(classes, accepted, spec))

    @classmethod
    def measured(cls, values: Floats, drift: DriftSpec, predictions: Shares) -> "Reference":
        """Make it of the statistics of training examples (n, s) and the shares of their predictions."""
        edges = np.round(np.quantile(values, np.arange(1, BINS) / BINS, axis=0).T, _DECIMALS).astype(np.float32)
        edges[:, -1] += np.where(edges[:, -1] == edges[:, -2], np.float32(_BEYOND), np.float32(0.0))
        counts = cls(edges, {}, drift)._counts(values)
        shares = dict(zip(drift.statistics, (counts / len(values)).tolist(), strict=True))
        return cls(edges, shares | {**predictions}, drift)

    def content(self) -> bytes:
        """Return the bytes of the file of the reference."""
        edges = {name: row.tolist() for name, row in zip(self.drift.statistics, self.edges, strict=True)}
        return orjson.dumps({"edges": edges, "shares": self.shares}, option=orjson.OPT_SORT_KEYS)

    @cached_property
    def _turns(self) -> npt.NDArray[np.intp]:
        return np.arange(len(self.edges))

    @cached_property
    def _axis(self) -> npt.NDArray[np.float64]:
        """Return all edges on one axis, float64 (9 s,). Statistics are _STEP apart, so that one search serves all."""
        return (self.edges + _STEP * self._turns[:, None]).ravel()

    def histograms(self, rows: Rows, treatments: Sequence[Treatment] = ()) -> npt.NDArray[np.int64]:
        """Return the number of examples (n, *shape) in each bin of each statistic, int64 (s, 10).

        treatments  treatments of the examples, needed if ``drift.sized``
        """
        return self._counts(statistics(self.drift, rows, treatments))

    def _counts(self, values: Floats) -> npt.NDArray[np.int64]:
        turns = self._turns
        bins = self._axis.searchsorted(values + _STEP * turns, side="right") + turns  # (n, s); 9 edges make 10 bins
        return np.bincount(bins.ravel(), minlength=len(turns) * BINS).reshape(-1, BINS)


def predicted(classes: npt.NDArray[np.integer], accepted: Mask, spec: ModelSpec) -> Shares:
    """Return the share of each label in ``classes`` (n,), and the share of predictions (m,) that were not accepted."""
    labels = np.bincount(classes, minlength=len(spec.output.labels)) / len(classes)
    return {spec.output.key: labels.tolist(), "abstained": [float(1.0 - accepted.mean())]}


def statistics(drift: DriftSpec, rows: Rows, treatments: Sequence[Treatment]) -> Floats:
    """Return the statistics of examples (n, *shape), float32 (n, s). The size of an image is log2(pixels) / 2."""
    values = drift.measure(rows)
    if not drift.sized:
        return values
    pixels = np.array([max(1, treatment.width * treatment.height) for treatment in treatments], dtype=np.float32)
    return np.column_stack([values, np.log2(pixels) / 2])


def load(path: Path, spec: ModelSpec) -> Reference | None:
    """Return the reference in the file ``path``; None if the file is missing or the model has no statistics."""
    if spec.drift is None or not path.exists():
        return None
    content = orjson.loads(path.read_bytes())
    edges = np.array([content["edges"][name] for name in spec.drift.statistics], dtype=np.float32)
    return Reference(edges, content["shares"], spec.drift)
