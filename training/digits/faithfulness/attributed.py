"""Attributions of many images by one method, and their duration. They are stored, so that a stopped run resumes."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from inference import files
from inference.explanations.query import Query
from model.explanations import METHODS, DigitsExplainer
from training.digits.faithfulness.subjects import Shares, Subjects

Steps = Callable[[range, str], Iterable[int]]  # yields the indices, and shows the progress under a name


@dataclass(frozen=True)
class Attributed:
    """Attributions of n images by one method.

    shares      float32 (n, 28, 28)
    seconds     float64 (n,)
    difference  float64 (n,), score - base: the value that the shares explain
    """

    shares: Shares
    seconds: npt.NDArray[np.float64]
    difference: npt.NDArray[np.float64]

    @property
    def missed(self) -> npt.NDArray[np.float64]:
        """Return the distance of the sum of the shares from the difference, as a fraction of it, (n,)."""
        total = self.shares.sum(axis=(1, 2), dtype=np.float64)
        error: npt.NDArray[np.float64] = np.abs(total - self.difference) / np.abs(self.difference)
        return error


def attributed(explainer: DigitsExplainer, subjects: Subjects, method: str, steps: Steps) -> Attributed:
    """Explain the images with the default samples of the method and seed 0, as for clients that set neither."""
    query = Query(method, samples=METHODS[method].default)
    explainer.explain(subjects.images[0], 0, query)  # warm-up: the first call imports modules
    rows = []
    for index in steps(range(len(subjects)), method):
        began = time.perf_counter()
        explanation = explainer.explain(subjects.images[index], int(subjects.targets[index]), query)
        rows.append((explanation.attributions, time.perf_counter() - began, explanation.score - explanation.base))
    shares, seconds, difference = zip(*rows, strict=True)
    return Attributed(np.stack(shares), np.array(seconds), np.array(difference))


def cached(path: Path, make: Callable[[], Attributed]) -> Attributed:
    """Return the content of the file ``path``. If there is no such file, store the result of ``make`` there first."""
    if not path.exists():
        made = make()
        with files.replacing(path) as partial, partial.open("wb") as file:
            np.savez(file, shares=made.shares, seconds=made.seconds, difference=made.difference)
    with np.load(path) as arrays:
        return Attributed(arrays["shares"], arrays["seconds"], arrays["difference"])
