"""Jobs of a comparison. The result of each is recorded when it is complete."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import median
from timeit import timeit
from typing import Any

import numpy as np

from model.pixels import Images
from training.data.dataset import Examples
from training.fit import loop
from training.fit.presets import Preset
from training.selection import candidates, folds
from training.selection.candidates import Candidate, Classes, Model
from training.selection.training_images import TrainingImages

Result = dict[str, Any]


_BATCH = 1000
_SINGLES = 200
_BATCHES = 5


def _seconds(predict: Callable[[Images], Classes], inputs: Sequence[Images]) -> float:
    """Return the median duration of a call."""
    predict(inputs[0])  # warm-up: the first call also fills caches
    return median(timeit(partial(predict, images), number=1) for images in inputs)


@dataclass(frozen=True)
class FoldRun:
    """Training of a candidate on all folds except number ``fold`` (0..folds-1), and its test on that fold."""

    candidate: Candidate
    fold: int
    folds: int
    seed: int

    @property
    def name(self) -> str:
        return f"{self.candidate.name}, fold {self.fold + 1} of {self.folds}"

    @property
    def settings(self) -> dict[str, Any]:
        return {"recipe": self.candidate.recipe, "fold": self.fold, "folds": self.folds, "seed": self.seed}

    def run(self, material: TrainingImages) -> Result:
        """Return the result. ``wrong`` are indices in ``material.whole``.

        Times are seconds on one thread; the prediction times are medians. ``seconds_in_batch`` is per image in a batch
        of 1,000 images, or of the whole fold if it is smaller.
        """
        examples = material.whole
        train, places = folds.stratified(examples.labels, self.folds, self.seed)[self.fold]
        start = time.perf_counter()
        model = self.candidate.fit(examples[train], self.seed)
        trained = time.perf_counter() - start
        held_out = examples[places]
        singles = [held_out.images[i % len(held_out)][None] for i in range(_SINGLES)]
        batch = held_out.images[:_BATCH]
        wrong = places[model.predict(held_out.images) != held_out.labels]
        return {
            "accuracy": 1.0 - len(wrong) / len(held_out),
            "images": len(held_out),
            "wrong": np.sort(wrong).tolist(),
            "size": model.size,
            "unit": model.unit,
            "training_seconds": trained,
            "seconds_for_one": _seconds(model.predict, singles),
            "seconds_in_batch": _seconds(model.predict, [batch] * _BATCHES) / len(batch),
        }


@dataclass(frozen=True)
class TrainingRun:
    """Training of a preset on the training images, and its test on the validation images."""

    method: str
    preset: Preset
    seed: int

    @property
    def name(self) -> str:
        return f"{self.method}, seed {self.seed}"

    @property
    def settings(self) -> dict[str, Any]:
        return {"preset": candidates.changed(self.preset), "seed": self.seed}

    def run(self, material: TrainingImages) -> Result:
        """Return accuracies, 0..1, of the final network. ``curve`` has the validation accuracy after each epoch."""
        fitted = loop.fit(self.preset, material.train, material.validation, self.seed, threads=1, progress=False)
        model = candidates.served(fitted.mlp, self.seed)
        return {
            "accuracy": _accuracy(model, material.validation),
            "training_accuracy": _accuracy(model, material.train),
            "curve": [epoch.validation_accuracy for epoch in fitted.history],
            "seconds": sum(epoch.seconds for epoch in fitted.history),
        }


def _accuracy(model: Model, examples: Examples) -> float:
    return float((model.predict(examples.images) == examples.labels).mean())


# A job is so short that it can be repeated after a kill. Its name is unique within a comparison. Its settings, as JSON,
# decide the result together with the images, the source code and the versions.
Job = FoldRun | TrainingRun
