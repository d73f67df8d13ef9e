"""Training of a network on folders of pictures: fit, measure and write it for packaging."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from inference import bundle, drift, samples
from inference.classifier import Predictions, decide, softmax
from inference.spec import Floats, Rows
from training.data import folder
from training.data.dataset import Labels
from training.data.parts import prepare
from training.evaluation import calibration, measurement
from training.evaluation.measurement import AccuracyFigures
from training.fit import course, job, names
from training.fit.job import Figures
from training.fit.presets import Preset
from training.pictures import declared
from training.pictures.declared import TrainedModel
from training.pictures.network import to_input
from training.pictures.picture_format import Pictures

_LEAST_STEPS = 16  # least steps of an epoch
_LEAST_BATCH = 16
_CHUNK = 512  # pictures in one call of the network
Export = Callable[[nn.Module, tuple[int, ...]], bytes]  # converts a network with a float32 input of that shape to ONNX


def run(  # noqa: PLR0913 - one argument per setting
    preset: Preset, out: Path, data: Path, pictures: Pictures, *, export: Export, model: str = "", **options: Any
) -> AccuracyFigures | None:
    """Train a network on the folders of pictures in ``data``, and fill the folder ``out`` for packaging.

    named  names of the preset and the model; the default of the model is the name of the folder ``out``
    ``course.run`` describes the other parameters and the errors. Returns the figures of the test set.
    """
    name = names.check(model or out.resolve().name)
    parts = prepare(folder.load(data, pictures.reading))
    most = max(_LEAST_BATCH, len(parts.train) // _LEAST_STEPS)  # gives a small set enough steps in an epoch
    preset = dataclasses.replace(preset, batch=min(preset.batch, most))
    fitted = course.fit(preset, parts, out, note=f"{pictures} ", form=pictures.form, **options)
    if fitted is None:
        return None
    network = fitted.network.requires_grad_(requires_grad=False)
    logits = _logits(network, parts.validation.images)
    temperature, threshold = calibration.calibrate(logits, parts.validation.labels)

    def measured(logits: Floats, labels: Labels) -> tuple[AccuracyFigures, Predictions]:
        predictions = decide(softmax(logits, temperature), threshold)
        return measurement.figures(predictions, decide(softmax(logits, 1.0), threshold), labels), predictions

    validation, _ = measured(logits, parts.validation.labels)
    test, decided = measured(_logits(network, parts.test.images), parts.test.labels)
    figures = Figures(validation, test)
    for stale in (bundle.WEIGHTS, drift.FILE, samples.FILE):
        (out / stale).unlink(missing_ok=True)
    head = {
        "model": {"name": name, "labels": parts.classes, "preset": preset, "data": parts.checksums},
        "input": pictures,
        "metrics": job.metrics(parts, figures),
    }
    job.report(out, head, figures, fitted, parts.classes)
    trained = TrainedModel(name, export(network, pictures.input_shape), parts.classes, temperature, threshold)
    declared.write(out, trained, pictures, parts.test, decided.probabilities)
    (out / course.CHECKPOINT).unlink(missing_ok=True)
    return test


@torch.inference_mode()
def _logits(network: nn.Module, images: Rows) -> Floats:
    """Return the logits (n, classes) of pictures (n, *shape)."""
    parts = [network(to_input(images[start : start + _CHUNK])).numpy() for start in range(0, len(images), _CHUNK)]
    return np.concatenate(parts)
