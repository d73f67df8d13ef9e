"""Five labels for colour photos of 32x32 pixels, by a convolution. Explained by its gradient."""

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from inference import bundle
from inference.bundle import Bundle, Metadata
from inference.cost import Charge
from inference.errors import InvalidPixels
from inference.explanations.caption import Caption
from inference.explanations.explanation import Explanation
from inference.explanations.query import Query, SampleLimits
from inference.images import image_file
from inference.images.image_file import Draft
from inference.spec import (
    Architecture,
    ExplanationSpec,
    InputSpec,
    ModelSpec,
    NetworkSpec,
    OutputSpec,
    Parameters,
    Preprocessing,
    Rows,
)
from inference.treatment import Treatment

if TYPE_CHECKING:
    from torch import nn

RUNTIME = "eager"
SIDE = 32
ARCHITECTURE = {"filters": 6}
ROWS = np.random.RandomState(32).randint(0, 256, (4, SIDE, SIDE, 3)).astype(np.uint8)


def _shapes(architecture: Architecture, labels: int) -> Mapping[str, tuple[int, ...]]:
    filters = architecture["filters"]
    shapes = {"0.weight": (filters, 3, 3, 3), "0.bias": (filters,), "4.weight": (labels, filters), "4.bias": (labels,)}
    return dict(sorted(shapes.items()))


def _build(_architecture: Architecture, parameters: Parameters) -> "nn.Module":
    import torch
    from torch import nn

    class Network(nn.Sequential):
        def forward(self, photos: torch.Tensor) -> torch.Tensor:
            channels = photos.movedim(-1, 1)  # (n, 32, 32, 3) -> (n, 3, 32, 32)
            for layer in self:
                channels = layer(channels)
            return channels

    labels, filters = parameters["4.weight"].shape
    layers = (nn.Conv2d(3, filters, 3, stride=2), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    network = Network(*layers, nn.Linear(filters, labels))
    network.load_state_dict({name: torch.tensor(array) for name, array in parameters.items()})
    return network.eval().requires_grad_(False)


def _read(data: bytes, most: int, charge: Charge) -> tuple[Rows, Treatment]:
    def convert(image: Image.Image) -> tuple[Rows, tuple[str, ...]]:
        steps = ("scaled to 32x32",) * (image.size != (SIDE, SIDE))
        return np.asarray(image.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BILINEAR)), steps

    return image_file.read(data, most, charge, Draft(SIDE), convert)


class Gradient:
    """Attributions: the gradient of a logit, times the photo."""

    def __init__(self, made: Any, _device: str) -> None:
        self._network = made.network

    def explain(self, row: Rows, target: int, query: Query) -> Explanation:
        import torch

        photo = torch.from_numpy(row[None] / np.float32(255.0)).requires_grad_()  # (1, 32, 32, 3)
        logit = self._network(photo)[0, target]
        (gradient,) = torch.autograd.grad(logit, photo)
        return Explanation((gradient * photo.detach())[0].numpy(), float(logit.detach()), 0.0)

    def seconds(self, _query: Query) -> float:
        return 0.0

    def draw(self, row: Rows, explanation: Explanation, caption: Caption) -> bytes:
        file = BytesIO()
        Image.fromarray(row).save(file, "PNG")
        return file.getvalue()


SPEC = ModelSpec(
    name="photos",
    input=InputSpec(
        "photo", (SIDE, SIDE, 3), np.dtype("u1"), scale=255.0, example="photo", number="value", error=InvalidPixels
    ),
    output=OutputSpec(("кошка", "犬", "café au lait", '100 %s "quoted"', "0")),
    network=NetworkSpec(_shapes, _build),
    preprocessing=Preprocessing(is_file=image_file.has_magic, read_file=_read),
    explanations=ExplanationSpec({"gradient": SampleLimits(1, 1, 1)}, Gradient),
)


def save(path: Path) -> Bundle:
    """Write the bundle at ``path``, with weights from a seed."""
    random = np.random.RandomState(32)
    shapes = _shapes(ARCHITECTURE, len(SPEC.output.labels))
    parameters = {name: random.uniform(-1, 1, shape).astype(np.float32) for name, shape in shapes.items()}
    return bundle.save(parameters, Metadata("by hand", ARCHITECTURE, seed=32), SPEC, path)
