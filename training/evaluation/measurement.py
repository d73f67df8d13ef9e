"""Accuracy of a bundle on labelled images, measured with the code that serves it."""

import dataclasses
from dataclasses import dataclass

import numpy as np

from inference import runtimes
from inference.bundle import Bundle
from inference.classifier import Classifier, Predictions
from training.data.dataset import Examples, Labels
from training.evaluation import calibration

RUNTIME = "numpy"  # default runtime of archives; a test compares it with serving.archives.formats.DEFAULT


@dataclass(frozen=True)
class AccuracyFigures:
    """Figures of a model on one set of examples. Shares are 0..1.

    accuracy           share of right predictions
    nll                mean negative log likelihood, in nats
    calibration_error  expected calibration error with the temperature of the bundle
    uncalibrated_error expected calibration error at temperature 1
    accepted           share of predictions whose confidence reaches the threshold
    accepted_accuracy  share of right predictions among the accepted; 1 if there are none
    confusion          rows: the label; columns: the prediction; (classes, classes) counts
    """

    examples: int
    accuracy: float
    nll: float
    calibration_error: float
    uncalibrated_error: float
    accepted: float
    accepted_accuracy: float
    confusion: list[list[int]]

    @property
    def errors(self) -> int:
        return round(self.examples * (1.0 - self.accuracy))


@dataclass(frozen=True)
class PerClass:
    """Figures of one class. Precision and recall are 0..1, and 0 if there is no prediction or no example of it."""

    index: int
    examples: int
    precision: float
    recall: float

    @property
    def f1(self) -> float:
        total = self.precision + self.recall
        return 2.0 * self.precision * self.recall / total if total else 0.0


def served(bundle: Bundle) -> Classifier:
    """Return the classifier of a bundle as the service runs it."""
    return Classifier(bundle, runtime=runtimes.in_memory(RUNTIME, bundle))


def uncalibrated(bundle: Bundle) -> Bundle:
    """Return the bundle with temperature 1."""
    return dataclasses.replace(bundle, metadata=dataclasses.replace(bundle.metadata, temperature=1.0))


def measure(bundle: Bundle, examples: Examples) -> AccuracyFigures:
    """Return the figures of a bundle on n >= 1 examples."""
    predictions = served(bundle).predict(examples.images)
    return figures(predictions, served(uncalibrated(bundle)).predict(examples.images), examples.labels)


def figures(predictions: Predictions, uncalibrated: Predictions, correct: Labels) -> AccuracyFigures:
    """Return the figures of n >= 1 predictions.

    predictions   of the bundle
    uncalibrated  predictions of the same network at temperature 1
    correct       classes (n,)
    """
    labels = correct.astype(np.int64)
    classes = predictions.probabilities.shape[1]
    confusion = np.bincount(labels * classes + predictions.classes, minlength=classes * classes)
    right = predictions.classes == labels
    likelihood = predictions.probabilities[np.arange(len(labels)), labels].astype(np.float64)
    return AccuracyFigures(
        examples=len(labels),
        accuracy=float(right.mean()),
        nll=float(-np.log(np.maximum(likelihood, np.finfo(np.float32).tiny)).mean()),
        calibration_error=calibration.expected_error(predictions.confidences, right),
        uncalibrated_error=calibration.expected_error(uncalibrated.confidences, uncalibrated.classes == labels),
        accepted=float(predictions.accepted.mean()),
        accepted_accuracy=float(right[predictions.accepted].mean()) if predictions.accepted.any() else 1.0,
        confusion=confusion.reshape(classes, classes).tolist(),
    )


def per_class(figures: AccuracyFigures) -> list[PerClass]:
    """Return the figures of each class, in order."""
    confusion = np.array(figures.confusion)
    hits, predicted, were = confusion.diagonal(), confusion.sum(axis=0), confusion.sum(axis=1)
    precision, recall = hits / np.maximum(predicted, 1), hits / np.maximum(were, 1)
    return [PerClass(k, int(were[k]), float(precision[k]), float(recall[k])) for k in range(len(confusion))]
