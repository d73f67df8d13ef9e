"""Objective of a study: the mean accuracy in cross-validation."""

from dataclasses import dataclass
from statistics import mean
from typing import Any

from optuna import Trial, TrialPruned

from training.data.dataset import Examples
from training.fit import loop
from training.fit.checkpoint import Epoch
from training.fit.loop import Outliers
from training.selection import folds
from training.tuning.settings import StudySettings
from training.tuning.study import ACCURACIES


@dataclass(frozen=True)
class Objective:
    """Objective of the trials of a study.

    examples  training images of the study; each fold of them is held out once
    threads   threads of this process
    outliers  outliers for the training loop
    """

    settings: StudySettings
    examples: Examples
    threads: int
    outliers: Outliers | None = None

    def __call__(self, trial: Trial) -> float:
        """Return the mean accuracy on the held-out folds, 0..1.

        It reports the accuracy after each epoch of the first fold, and then the mean accuracy after each further fold.
        The pruner compares these values between trials. Epochs of later folds are not reported: each fold starts again
        with a low accuracy. Raises TrialPruned if the pruner stops the trial.
        """
        settings = self.settings
        preset = settings.space.preset(settings.preset, settings.space.suggest(trial))
        accuracies: list[float] = []

        def watch(number: int, epoch: Epoch) -> None:
            if not accuracies:
                _report(trial, epoch.validation_accuracy, number)

        for number, fold in enumerate(folds.stratified(self.examples.labels, settings.folds, settings.seed)):
            train, held_out = (self.examples[places] for places in fold)
            options: dict[str, Any] = {"threads": self.threads, "progress": False, "outliers": self.outliers}
            fitted = loop.fit(preset, train, held_out, settings.seed, watch=watch, **options)
            accuracies.append(fitted.history[-1].validation_accuracy)
            trial.set_user_attr(ACCURACIES, accuracies)
            if number:
                _report(trial, mean(accuracies), preset.epochs + number, last=number == settings.folds - 1)
        return mean(accuracies)


def place(step: int, epochs: int, number: int) -> str:
    """Return the finished part of a trial at a step, in words. ``number`` is the number of folds."""
    return f"epoch {step} of {epochs} of the first fold" if step <= epochs else f"{step - epochs + 1} of {number} folds"


def _report(trial: Trial, accuracy: float, step: int, *, last: bool = False) -> None:
    trial.report(accuracy, step)
    if not last and trial.should_prune():
        raise TrialPruned
