"""Networks whose weights are forgotten, layer by layer from the output (Adebayo et al., 2018)."""

from dataclasses import replace

import numpy as np

from inference.bundle import Bundle


def randomised(bundle: Bundle, layers: int, seed: int = 0) -> Bundle:
    """Return the bundle with random weights in its last ``layers`` layers, from a normal distribution around 0.

    As wide as the old weights were from 0: with their mean, too, every digit would still be spoken against by all ink.

    An explanation that stays as it was has not looked at these layers.
    """
    random = np.random.default_rng(seed)
    parameters = dict(bundle.parameters)
    for name in list(parameters)[len(parameters) - 2 * layers :]:
        old = parameters[name]
        parameters[name] = random.normal(0.0, np.sqrt(np.square(old).mean()), old.shape).astype(np.float32)
    return replace(bundle, parameters=parameters)


def depth(bundle: Bundle) -> int:
    """Return the number of layers to randomise."""
    return len(bundle.parameters) // 2
