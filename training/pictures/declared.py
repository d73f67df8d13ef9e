"""Folder of a trained network for packaging: an ONNX file, a declaration and samples."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from inference import files
from inference.spec import Floats
from training.data.dataset import Examples
from training.fit.names import DECLARATION
from training.pictures.picture_format import Pictures

_GRAPH, _SAMPLES = "network.onnx", "samples"
_MOST_SAMPLES = 32


@dataclass(frozen=True)
class TrainedModel:
    """A trained model to write.

    graph        ONNX graph that computes logits
    temperature  divisor of the logits
    threshold    least confidence of an accepted prediction
    """

    name: str
    graph: bytes
    labels: Sequence[str]
    temperature: float
    threshold: float


def write(folder: Path, trained: TrainedModel, pictures: Pictures, test: Examples, probabilities: Floats) -> None:
    """Write the folder. The declaration is written last: it marks the folder as complete.

    test           test pictures; up to 32 become samples
    probabilities  expected probabilities of the test pictures, (n, labels)
    """
    (folder / DECLARATION).unlink(missing_ok=True)
    files.replace(folder / _GRAPH, trained.graph)
    _write_samples(folder / _SAMPLES, test, probabilities)
    files.replace(folder / DECLARATION, _declaration(trained, pictures).encode())


def _declaration(trained: TrainedModel, pictures: Pictures) -> str:
    labels = json.dumps(list(trained.labels), ensure_ascii=False)  # strings have the same escapes in TOML and JSON
    size = f"[{pictures.side}, {pictures.side}]"
    return f"""name = "{trained.name}"
network = "{_GRAPH}"

[input]
image = {{ color = "{pictures.color}", size = {size} }}

[output]
kind = "logits"
labels = {labels}
temperature = {trained.temperature!r}
threshold = {trained.threshold!r}
"""


def _write_samples(folder: Path, test: Examples, probabilities: Floats) -> None:
    folder.mkdir(exist_ok=True)
    for path in folder.iterdir():  # left by an earlier training
        if path.suffix in (".png", ".json"):
            path.unlink()
    for index in np.unique(np.linspace(0, len(test) - 1, _MOST_SAMPLES).astype(int)):
        picture = BytesIO()
        Image.fromarray(test.images[index]).save(picture, "PNG")
        files.replace(folder / f"{index:05}.png", picture.getvalue())
        expected = {"probabilities": probabilities[index].astype(float).round(6).tolist()}
        files.replace(folder / f"{index:05}.expected.json", json.dumps(expected).encode())
