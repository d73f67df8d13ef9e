"""Explanations from predictions alone: parts of an example are replaced by the baseline."""

import time
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from itertools import islice

import numpy as np
import numpy.typing as npt

from inference.explanations import coalitions, parts, picture, surrogates, windows
from inference.explanations.caption import Caption
from inference.explanations.coalitions import Coalitions
from inference.explanations.draws import Draws
from inference.explanations.explanation import Explanation
from inference.explanations.parts import Parts
from inference.explanations.query import Query, SampleLimits
from inference.spec import Floats, InputSpec, Rows

Score = Callable[[Rows], Floats]  # rows (n, *shape) to scores (n, targets)

KERNEL_SHAP, LIME, OCCLUSION = "kernel_shap", "lime", "occlusion"
_CHUNK_BYTES = 4 << 20  # bytes of the examples in one prediction
_MEASURED = 16  # examples for the measurement of prediction time


def methods(spec: InputSpec) -> dict[str, SampleLimits]:
    """Return the methods for an input, and the limits of their samples."""
    places = len(windows.places(*spec.shape[:2])) if spec.is_image else min(spec.size, parts.MOST)
    surrogate = SampleLimits(512, 64, 2048)
    return {KERNEL_SHAP: surrogate, LIME: surrogate, OCCLUSION: SampleLimits(places, places, places)}


class PerturbationExplainer:
    """KernelSHAP, LIME and occlusion for any model whose examples are numbers.

    score     returns the scores of a batch
    baseline  example (*shape) in the dtype of the input, whose numbers replace a removed part
    """

    def __init__(self, spec: InputSpec, score: Score, baseline: Rows) -> None:
        self._spec = spec
        self._score = score
        self._broadcast = baseline
        self._chunk = max(1, _CHUNK_BYTES // spec.row_bytes)

    def seconds(self, query: Query) -> float:
        """Return the CPU seconds of an explanation, estimated from the measured time of a few predictions."""
        samples = min(query.samples, 2**self._parts.count) if query.method == KERNEL_SHAP else query.samples
        return samples * self._seconds_a_sample

    def explain(self, row: Rows, target: int, query: Query) -> Explanation:
        """Explain the difference between the scores of one example (*shape) and of the baseline.

        Equal examples, targets and queries have equal attributions on the same machine.
        """

        def score(rows: Rows) -> Floats:
            return self._score(rows)[:, target]

        whole, base = score(np.stack([row, self._baseline])).tolist()
        if query.method == OCCLUSION:
            attributions = self._occluded(row, score, whole)
        else:
            drawn = self._drawn(query)
            fit = surrogates.kernel_shap if query.method == KERNEL_SHAP else surrogates.lime
            attributions = self._spread(
                row, fit(lambda choices: self._answers(self._masked(row, choices), score), drawn)
            )
        return Explanation(attributions + np.float32(0.0), whole, base)  # turns -0.0 into 0.0

    def draw(self, row: Rows, explanation: Explanation, caption: Caption) -> bytes:
        """Return bars by column, or a heat map over the image, as a PNG file."""
        if self._spec.is_image:
            return picture.framed(picture.heat_map(row, explanation.attributions), caption)
        return picture.framed(picture.bars(self._spec, row, explanation.attributions), caption)

    def _drawn(self, query: Query) -> Coalitions:
        """Return the samples of a query. For Shapley values these are all coalitions, if there are few enough."""
        count = self._parts.count
        if query.method == LIME:
            return coalitions.lime_samples(Draws(query.seed), query.samples, count)
        if 2**count <= query.samples:
            return coalitions.every(count)
        return coalitions.shap_samples(Draws(query.seed), query.samples, count)

    def _occluded(self, row: Rows, score: Score, whole: float) -> npt.NDArray[np.float32]:
        if not self._spec.is_image:
            alone = np.ones((self._parts.count, self._parts.count), np.float32) - np.eye(self._parts.count, dtype="f4")
            return self._spread(row, whole - self._answers(self._masked(row, alone), score))
        places = windows.places(*self._spec.shape[:2])
        covered = (self._covered(row, window) for window in places)
        return windows.mean_drop(self._parts.members.shape, places, whole - self._answers(covered, score))

    def _covered(self, row: Rows, window: windows.Window) -> Rows:
        covered = row.copy()
        covered[window] = self._baseline[window]
        return covered

    def _masked(self, row: Rows, choices: npt.NDArray[np.float32]) -> Iterator[Rows]:
        """Return, for each row of ``choices`` (n, m), the example with the other parts replaced by the baseline."""
        return (np.where(choice.take(self._members), row, self._baseline) for choice in choices > 0.0)

    def _answers(self, rows: Iterable[Rows], score: Score) -> npt.NDArray[np.float64]:
        """Return the scores of examples, computed in batches that fit into memory."""
        rows = iter(rows)
        answers = []
        while chunk := list(islice(rows, self._chunk)):
            answers.append(score(np.stack(chunk)))
        return np.concatenate(answers).astype(np.float64)

    def _spread(self, row: Rows, values: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
        """Distribute the value of each part by the distances of its numbers from the baseline."""
        distances = np.abs(row.astype(np.float64) - self._baseline.astype(np.float64))
        return self._parts.spread(values, distances.reshape(*self._parts.members.shape, -1).sum(axis=-1))

    @cached_property
    def _parts(self) -> Parts:
        """Return the parts, computed for the first explanation."""
        return Parts.of(self._spec)

    @cached_property
    def _baseline(self) -> Rows:
        return np.ascontiguousarray(self._broadcast)

    @cached_property
    def _members(self) -> npt.NDArray[np.uint8]:
        """Return the index of the part of each number, in the shape of an example. Channels of a pixel share a part."""
        members = self._parts.members
        channels = (1,) * (len(self._spec.shape) - members.ndim)
        return np.ascontiguousarray(np.broadcast_to(members.reshape(members.shape + channels), self._spec.shape))

    @cached_property
    def _seconds_a_sample(self) -> float:
        choices = Draws(0).tosses(min(_MEASURED, self._chunk), self._parts.count)
        self._answers(self._masked(self._baseline, choices), self._score)  # warm-up, not measured
        began = time.process_time()
        self._answers(self._masked(self._baseline, choices), self._score)
        return (time.process_time() - began) / len(choices)
