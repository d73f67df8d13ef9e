"""Fixtures: the small network, and a linear one whose attributions have a closed form."""

import numpy as np
import pytest

from inference import bundle
from inference.bundle import Bundle, Metadata
from model import SPEC
from model.explanations import DigitsExplainer
from model.network import MLP
from tests import recipe


@pytest.fixture
def linear(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """Return one layer: logits = W x + b."""
    random = np.random.RandomState(7)
    shapes = {"layers.0.weight": (10, 784), "layers.0.bias": (10,)}
    parameters = {name: random.uniform(-1.0, 1.0, shape).astype(np.float32) for name, shape in shapes.items()}
    network = MLP.of_parameters((784, 10), parameters)
    path = tmp_path_factory.mktemp("linear") / bundle.WEIGHTS
    return bundle.save(network.arrays(), Metadata("linear", {"sizes": [784, 10]}, seed=7), SPEC, path)


@pytest.fixture
def shares(linear: Bundle) -> np.ndarray:
    """Return w (x - x') of each pixel of a drawn seven for the digit 3, float64 (28, 28); x' is black."""
    weights = linear.parameters["layers.0.weight"][3].astype(np.float64).reshape(28, 28)
    products: np.ndarray = weights * recipe.drawn(7)[0] / 255.0
    return products


@pytest.fixture
def explainer(small: Bundle) -> DigitsExplainer:
    return DigitsExplainer(small)
