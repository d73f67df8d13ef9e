"""Assessment of a bundle: all figures of it, measured with the code that serves it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import orjson

from inference import bundle
from inference.bundle import Bundle, Metadata
from inference.classifier import Predictions
from model import SPEC
from model.pixels import Images
from training.data.dataset import Examples
from training.digits import robustness
from training.digits.challenges import Challenge
from training.digits.foreign_sheet import PredictedChallenge
from training.digits.robustness import ChallengeOutcome
from training.evaluation import measurement
from training.evaluation.measurement import AccuracyFigures
from training.fit.augmentation import Augmentation
from training.fit.names import DECLARATION
from training.reports.reliability import ConfidenceSample


@dataclass(frozen=True)
class Assessment:
    """Bundle with its predictions for the test set and the challenges.

    name             name of its folder
    metrics          content of metrics.json; empty if there is no such file
    raw_predictions  predictions for the test set at temperature 1
    """

    name: str
    bundle: Bundle
    metrics: dict[str, Any]
    test: Examples
    predictions: Predictions
    raw_predictions: Predictions
    answered: Sequence[PredictedChallenge]

    @property
    def metadata(self) -> Metadata:
        return self.bundle.metadata

    @cached_property
    def figures(self) -> AccuracyFigures:
        return measurement.figures(self.predictions, self.raw_predictions, self.test.labels)

    @property
    def training(self) -> Any:
        """Return the duration and speed of the training, or None if they are not known."""
        return self.metrics.get("training")

    @property
    def augmentation(self) -> Augmentation:
        """Return the augmentation of the training; no augmentation if it is not known."""
        return Augmentation(**self.metrics.get("preset", {}).get("augmentation", {}))

    @property
    def parameters(self) -> int:
        return sum(array.size for array in self.bundle.parameters.values())

    @property
    def accepted_errors(self) -> int:
        """Return the number of wrong predictions among the accepted."""
        return int((self.predictions.accepted & ~self.calibrated.right).sum())

    @property
    def calibrated(self) -> ConfidenceSample:
        return ConfidenceSample(self.predictions.confidences, self.predictions.classes == self.test.labels)

    @property
    def uncalibrated(self) -> ConfidenceSample:
        return ConfidenceSample(self.raw_predictions.confidences, self.raw_predictions.classes == self.test.labels)

    @cached_property
    def outcomes(self) -> list[ChallengeOutcome]:
        return [robustness.outcome(answered.challenge, answered.predictions) for answered in self.answered]

    @property
    def foreign(self) -> list[ChallengeOutcome]:
        """Return the outcomes of the challenges that show digits."""
        return [outcome for outcome in self.outcomes if outcome.right is not None]

    @property
    def no_digits(self) -> list[ChallengeOutcome]:
        """Return the outcomes of the challenges that show no digits."""
        return [outcome for outcome in self.outcomes if outcome.right is None and outcome.counts]

    @property
    def look_alikes(self) -> list[ChallengeOutcome]:
        """Return the outcomes of the challenges that people, too, read as digits: a letter O, a bar."""
        return [outcome for outcome in self.outcomes if outcome.right is None and not outcome.counts]


def assess(folder: Path, made: Bundle, test: Examples, challenges: Sequence[tuple[Challenge, Images]]) -> Assessment:
    """Predict the test set and the challenges with the bundle ``made`` that was loaded from ``folder``.

    challenges  each with its images as the network receives them, uint8 (n, 28, 28)
    """
    classifier = measurement.served(made)
    raw_predictions = measurement.served(measurement.uncalibrated(made)).predict(test.images)
    answered = [PredictedChallenge(challenge, seen, classifier.predict(seen)) for challenge, seen in challenges]
    predictions = classifier.predict(test.images)
    path = folder / "metrics.json"
    metrics = orjson.loads(path.read_bytes()) if path.is_file() else {}
    return Assessment(folder.resolve().name, made, metrics, test, predictions, raw_predictions, answered)


def load(folders: Sequence[Path]) -> list[Bundle]:
    """Return the bundles in folders that a training has filled.

    Raises ValueError if a folder has no bundle or a bundle with other classes, or if two folders have the same name.
    """
    names = [folder.resolve().name for folder in folders]
    for folder, name in zip(folders, names, strict=True):
        if (folder / DECLARATION).is_file():
            raise ValueError(f"{folder} was trained on its own pictures: {folder / 'metrics.json'} has its figures")
        if not (folder / bundle.WEIGHTS).is_file():
            raise ValueError(f"{folder} contains no bundle: create one with scripts/train")
        if names.count(name) > 1:
            raise ValueError(f"two of the folders are named {name}, and so would be their pictures: rename one")
    loaded = [bundle.load(folder / bundle.WEIGHTS, SPEC) for folder in folders]
    for folder, made in zip(folders, loaded, strict=True):
        if made.labels != SPEC.output.labels:
            raise ValueError(f"{folder} was trained on its own classes: {folder / 'metrics.json'} has its figures")
    return loaded


def grouped(assessments: Sequence[Assessment]) -> list[list[Assessment]]:
    """Return the bundles grouped by preset and sorted by seed. Presets keep their order."""
    groups: dict[str, list[Assessment]] = {}
    for assessment in assessments:
        groups.setdefault(assessment.metadata.preset, []).append(assessment)
    return [sorted(group, key=lambda assessment: assessment.metadata.seed) for group in groups.values()]
