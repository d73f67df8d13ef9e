"""Training of a bundle: fit a network, calibrate and measure it, and write its reports."""

import dataclasses
import platform
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from inference import bundle, files, samples
from inference.bundle import Bundle, Metadata
from inference.samples import Samples
from model import SPEC
from model.network import MLP, to_input
from training.data.dataset import Dataset
from training.data.parts import DataParts, prepare
from training.evaluation import calibration, measurement, reference
from training.evaluation.measurement import AccuracyFigures
from training.fit import course, names
from training.fit.loop import Fitted, Outliers
from training.fit.presets import Preset
from training.reports import plots


class Figures(NamedTuple):
    """Figures of a model on the validation set and on the test set."""

    validation: AccuracyFigures
    test: AccuracyFigures


def run(  # noqa: PLR0913 - one argument per setting
    preset: Preset,
    name: str,
    out: Path,
    load: Callable[[], Dataset],
    *,
    model: str = "",
    seed: int = 0,
    outliers: Outliers | None = None,
    prove: bool = False,
    **options: Any,
) -> Bundle | None:
    """Train a network and fill the folder ``out``. The bundle is written last: it marks the training as complete.

    name      name of the preset
    load      reads the data set; only its cleaned parts stay in memory
    model     name of the model; for the user's own classes, the default is the name of the folder
    outliers  outliers for the training loop; not used with the user's own classes
    prove     also write the test set, and the reference of the training set, for the archive
    ``course.fit`` describes the other parameters and the errors.
    """
    parts = prepare(load())
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
        (out / samples.FILE).unlink(missing_ok=True)  # left by an earlier training
        (out / names.DECLARATION).unlink(missing_ok=True)
        if prove:
            samples.save(Samples(parts.test.images, parts.test.labels), out / samples.FILE)
            reference.write(sealed, parts.train, parts.test, out)
    (out / course.CHECKPOINT).unlink(missing_ok=True)
    return sealed


def _seal(network: MLP, metadata: Metadata, parts: DataParts, path: Path) -> tuple[Bundle, Figures]:
    """Calibrate the network on the validation set, save it, measure the saved bundle, and save it with the figures."""
    with torch.no_grad():
        logits = network(to_input(parts.validation.images)).numpy()  # (n, classes)
    temperature, threshold = calibration.calibrate(logits, parts.validation.labels)
    calibrated = dataclasses.replace(
        metadata,
        temperature=temperature,
        threshold=threshold,
        data=parts.checksums,
        versions={"torch": torch.__version__, "numpy": np.__version__, "python": platform.python_version()},
    )
    saved = bundle.save(network.arrays(), calibrated, SPEC, path)
    figures = Figures(measurement.measure(saved, parts.validation), measurement.measure(saved, parts.test))
    measured = dataclasses.replace(calibrated, metrics=metrics(parts, figures))
    return bundle.save(network.arrays(), measured, SPEC, path), figures


def metrics(parts: DataParts, figures: Figures) -> dict[str, float]:
    """Return the figures for the metadata of a bundle."""
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
    """Write all figures of a training after those in ``head``. Plot its learning curves and its confusion matrix.

    noun  word for one label
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
