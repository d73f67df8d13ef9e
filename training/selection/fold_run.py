"""One candidate on one fold."""

import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from training.selection import folds, stopwatch
from training.selection.candidate import Candidate
from training.selection.job import Result
from training.selection.training_images import TrainingImages


@dataclass(frozen=True)
class FoldRun:
    """A candidate trained on all folds but number ``fold`` (0..folds-1), which it then predicts."""

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

    @property
    def code(self) -> tuple[str, ...]:
        """Not training/selection/candidates.py: it lists recipes, and each of these is in its own settings."""
        return (__name__, type(self.candidate).__module__)

    def run(self, material: TrainingImages) -> Result:
        """``wrong`` are places in ``material.whole``; times are seconds on one thread."""
        examples = material.whole
        fold = folds.stratified(examples.labels, self.folds, self.seed)[self.fold]
        start = time.perf_counter()
        model = self.candidate.fit(examples[fold.train], self.seed)
        trained = time.perf_counter() - start
        held_out = examples[fold.held_out]
        wrong = fold.held_out[model.predict(held_out.images) != held_out.labels]
        return {
            "accuracy": 1.0 - len(wrong) / len(held_out),
            "images": len(held_out),
            "wrong": np.sort(wrong).tolist(),
            "size": model.size,
            "unit": model.unit,
            "training_seconds": trained,
            "seconds_for_one": stopwatch.seconds_for_one(model.predict, held_out.images),
            "seconds_in_batch": stopwatch.seconds_in_batch(model.predict, held_out.images),
        }


def of(candidates: list[Candidate], number: int, seed: int) -> list[FoldRun]:
    """Every candidate on every fold; fold by fold, so that an early look at the record sees all of them."""
    return [FoldRun(candidate, fold, number, seed) for fold in range(number) for candidate in candidates]
