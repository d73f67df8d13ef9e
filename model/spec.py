"""Specification of the multilayer perceptron on MNIST."""

import numpy as np

from inference.errors import InvalidPixels
from inference.images.image_file import has_magic
from inference.spec import (
    INTEGER,
    DriftSpec,
    ExplanationSpec,
    InputSpec,
    ModelSpec,
    NetworkSpec,
    OutputSpec,
    Preprocessing,
)
from model import architecture, explanations, image_file, pixels, statistics
from model.pixels import SIDE

CLASSES = 10

SPEC = ModelSpec(
    name="digits",
    input=InputSpec(
        name="pixels",
        shape=(SIDE, SIDE),
        dtype=np.dtype("u1"),
        scale=255.0,
        list_shapes=((SIDE, SIDE, 1),),
        tensor_shapes=((1, SIDE, SIDE),),
        example="image",
        number="pixel",
        meaning=", white ink on black",
        error=InvalidPixels,
    ),
    output=OutputSpec(labels=tuple(map(str, range(CLASSES))), key="digit", datatype=INTEGER),
    network=NetworkSpec(shapes=architecture.shapes, build=architecture.build),
    preprocessing=Preprocessing(
        is_file=has_magic,
        read_file=image_file.decode,
        are_normal=pixels.are_normal,
        normalise=pixels.standardise,
        is_acceptable=pixels.has_ink,
    ),
    drift=DriftSpec(statistics.STATISTICS, statistics.measure),
    explanations=ExplanationSpec(explanations.METHODS, explanations.DigitsExplainer),
)
