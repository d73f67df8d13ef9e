"""From a preset and a data set to a measured bundle and its papers."""

import dataclasses
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from inference import bundle, files, samples
from inference.bundle import Bundle, Metadata
from inference.classifier import Classifier
from inference.samples import Samples
from model import SPEC
from model.network import MLP, to_input
from training.data.dataset import Dataset, Examples
from training.data.parts import DataParts, prepare
from training.evaluation import calibration, measurement, reference
from training.evaluation.measurement import AccuracyFigures
from training.fit import course, names
from training.fit.loop import Fitted, Outliers
from training.fit.presets import Preset
from training.reports import plots


class Figures(NamedTuple):
    """Figures of a model by the set that they were measured on."""

    validation: AccuracyFigures
    test: AccuracyFigures


def run(  # noqa: PLR0913 - each is one thing that a training is told
    preset: Preset,
    name: str,
    out: Path,
    data: Dataset,
    *,
    model: str = "",
    seed: int = 0,
    outliers: Outliers | None = None,
    prove: bool = False,
    **options: Any,
) -> Bundle | None:
    """Train a network and fill the folder ``out``; the bundle is written last, as a mark of completion.

    name      of the preset
    model     name to serve it under; for classes of one's own, that of the folder if there is none
    outliers  as the training loop takes them; only for the classes of the specification
    prove     write the test set, and the reference of the training set, for the archive beside the bundle
    options   ``watch`` and ``resume`` of ``course.fit``, whose are processes and errors, too
    Raises DataError if too little is left of the data.
    """
    parts = prepare(data)
    is_own = parts.classes != SPEC.output.labels
    model = model or (out.resolve().name if is_own else "")
    if model:
        names.check(model)
    fitted = course.fit(preset, parts, out, seed=seed, outliers=None if is_own else outliers, **options)
    if fitted is None:
        return None
    with files.replacing(out / bundle.WEIGHTS) as draft:
        network = fitted.mlp.folded()
        known = Metadata(name, network.architecture, seed, labels=tuple(parts.classes), name=model)
        sealed, figures = _seal(network, known, parts, draft)
        head = {"bundle": sealed.metadata.as_dict() | {"sha256": sealed.sha256}, "preset": preset}
        report(out, head, figures, fitted, sealed.labels, "class" if is_own else SPEC.output.key)
        (out / samples.FILE).unlink(missing_ok=True)  # of another training
        (out / names.DECLARATION).unlink(missing_ok=True)
        if prove:
            samples.save(Samples(parts.test.images, parts.test.labels), out / samples.FILE)
            reference.write(sealed, parts.train, parts.test, out)
    (out / course.CHECKPOINT).unlink(missing_ok=True)
    return sealed


def _seal(network: MLP, metadata: Metadata, parts: DataParts, path: Path) -> tuple[Bundle, Figures]:
    """Calibrate on the validation set, measure what was saved, and save it again with these figures."""
    versions = {"torch": torch.__version__, "numpy": np.__version__, "python": platform.python_version()}
    known = dataclasses.replace(metadata, data=parts.checksums, versions=versions)
    calibrated = _calibrated(network, known, parts.validation)
    saved = bundle.save(network.arrays(), calibrated, SPEC, path)
    figures = Figures(measurement.measure(saved, parts.validation), measurement.measure(saved, parts.test))
    measured = dataclasses.replace(calibrated, metrics=metrics(parts, figures))
    return bundle.save(network.arrays(), measured, SPEC, path), figures


def _calibrated(network: MLP, metadata: Metadata, validation: Examples) -> Metadata:
    """Temperature first, then the threshold on the confidences that it gives."""
    with torch.no_grad():
        logits = network(to_input(validation.images))  # (n, classes)
    temperature = calibration.temperature(logits, torch.from_numpy(validation.labels.astype(np.int64)))
    tempered = dataclasses.replace(metadata, temperature=temperature)
    spec = SPEC.labelled(metadata.labels)
    predictions = Classifier(Bundle(network.arrays(), tempered, "", spec)).predict(validation.images)
    threshold = calibration.threshold(predictions.confidences, predictions.classes == validation.labels)
    return dataclasses.replace(tempered, threshold=threshold)


def metrics(parts: DataParts, figures: Figures) -> dict[str, float]:
    """Return the figures of a model's metadata."""
    return {
        "train_images": len(parts.train),
        "validation_images": figures.validation.examples,
        "validation_accuracy": figures.validation.accuracy,
        "test_images": figures.test.examples,
        "test_accuracy": figures.test.accuracy,
        "test_calibration_error": figures.test.calibration_error,
        "test_accepted": figures.test.accepted,
        "test_accepted_accuracy": figures.test.accepted_accuracy,
    }


def report(  # noqa: PLR0913, PLR0917
    out: Path, head: dict[str, Any], figures: Figures, fitted: Fitted, labels: Sequence[str], noun: str = "class"
) -> None:
    """Write all figures of a training after ``head``, and draw its course and the confusions of its test set.

    noun  for one of the labels
    """
    seconds = sum(epoch.seconds for epoch in fitted.history)
    timing = {
        "seconds": seconds,
        "images_per_second": fitted.images * len(fitted.history) / seconds,
        "threads": torch.get_num_threads(),
        "history": fitted.history,
    }
    files.replace_json(out / "metrics.json", {**head, **figures._asdict(), "training": timing})
    losses, accuracies = zip(*((epoch.loss, epoch.validation_accuracy) for epoch in fitted.history), strict=True)
    plots.curves(losses, accuracies, out / "curves.png")
    plots.confusion(figures.test.confusion, labels, out / "confusion.png", noun)
