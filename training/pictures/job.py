"""From a preset and folders of pictures to a measured model and its papers."""

import dataclasses
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from inference import bundle, drift, samples
from inference.classifier import Predictions, decide, softmax
from inference.spec import Floats, Rows
from training.data import folder
from training.data.parts import DataParts
from training.evaluation import calibration, measurement
from training.evaluation.measurement import AccuracyFigures
from training.fit import course, job, names
from training.fit.course import FitPlan, Resume
from training.fit.job import Figures
from training.fit.loop import Fitted, Watch
from training.fit.names import Names
from training.fit.presets import Preset
from training.pictures import declared
from training.pictures.declared import TrainedModel
from training.pictures.network import to_input
from training.pictures.picture_format import Pictures

_LEAST_STEPS = 16  # in an epoch: small sets are cut into smaller batches than the preset's
_LEAST_BATCH = 16
_CHUNK = 512  # pictures at a time
Export = Callable[[nn.Module, tuple[int, ...]], bytes]  # a network, and the shape of its float32 input, to ONNX


def run(  # noqa: PLR0913 - each is one thing that a training is told
    preset: Preset,
    named: Names,
    out: Path,
    data: Path,
    pictures: Pictures,
    *,
    export: Export,
    seed: int = 0,
    watch: Watch | None = None,
    resume: Resume = Resume.AUTO,
) -> AccuracyFigures | None:
    """Train a network on the folders of pictures in ``data``, and fill the folder ``out`` for packaging.

    named  preset and model; it is served under the name of the folder ``out`` if it has none
    Other parameters, processes and errors are those of ``course.run``. Returns figures of the test set.
    """
    name = names.check(named.model or out.resolve().name)

    def plan(parts: DataParts) -> FitPlan:
        return FitPlan(_sized(preset, len(parts.train)), f"{pictures} ", {"form": pictures.form})

    def write(preset: Preset, parts: DataParts, fitted: Fitted) -> AccuracyFigures:
        return _write(name, fitted, preset, parts, pictures, export, out)

    load = partial(folder.load, data, pictures.reading)
    return course.run(out, load, plan, write, seed=seed, watch=watch, resume=resume)


def _sized(preset: Preset, count: int) -> Preset:
    """The preset with a batch that a small set is cut into often enough."""
    return dataclasses.replace(preset, batch=min(preset.batch, max(_LEAST_BATCH, count // _LEAST_STEPS)))


def _write(  # noqa: PLR0913, PLR0917
    name: str, fitted: Fitted, preset: Preset, parts: DataParts, pictures: Pictures, export: Export, out: Path
) -> AccuracyFigures:
    network = fitted.network.requires_grad_(requires_grad=False)
    logits = _logits(network, parts.validation.images)
    labels = torch.from_numpy(parts.validation.labels.astype(np.int64))
    temperature = calibration.temperature(torch.from_numpy(logits), labels)
    confidences = softmax(logits, temperature)
    sure = decide(confidences, 0.0)
    threshold = calibration.threshold(sure.confidences, sure.classes == parts.validation.labels)

    def measured(logits: Floats, labels: npt.NDArray[np.unsignedinteger]) -> tuple[AccuracyFigures, Predictions]:
        predictions = decide(softmax(logits, temperature), threshold)
        return measurement.figures(predictions, decide(softmax(logits, 1.0), threshold), labels), predictions

    validation, _ = measured(logits, parts.validation.labels)
    test, decided = measured(_logits(network, parts.test.images), parts.test.labels)
    figures = Figures(validation, test)
    for stale in (bundle.WEIGHTS, drift.FILE, samples.FILE):
        (out / stale).unlink(missing_ok=True)
    head = {
        "model": {"name": name, "labels": list(parts.classes), "preset": preset.as_dict(), "data": parts.checksums},
        "input": dataclasses.asdict(pictures),
        "metrics": job.metrics(parts, figures),
    }
    job.report(out, head, figures, fitted, parts.classes)
    graph = export(network, pictures.input_shape)
    trained = TrainedModel(name, graph, parts.classes, temperature, threshold)
    declared.write(out, trained, pictures, parts.test, decided.probabilities)
    return test


@torch.inference_mode()
def _logits(network: nn.Module, images: Rows) -> Floats:
    """Pictures (n, *shape) to logits (n, classes)."""
    parts = [network(to_input(images[start : start + _CHUNK])).numpy() for start in range(0, len(images), _CHUNK)]
    logits: Floats = np.concatenate(parts)
    return logits
