"""Occlusion: the change of a logit while a window covers a part of the image."""

import numpy as np

from inference.explanations import windows
from inference.explanations.query import Query
from inference.spec import Floats
from model.explanations.ink import Ink
from model.pixels import PIXELS, SIDE


def occlusion(ink: Ink, target: int, _query: Query) -> Floats:
    """Return the mean drop of the logit over the black 4x4 windows that cover a pixel, (784,)."""
    places = windows.places(SIDE, SIDE)
    shown = np.ones((len(places), SIDE, SIDE), bool)
    for image, window in zip(shown, places, strict=True):
        image[window] = False
    covered = shown.reshape(-1, PIXELS)[:, ink.columns] * ink.values
    expand, *rest = ink.network.logits(np.concatenate([ink.values[None], covered]))[:, target]
    return windows.mean_drop((SIDE, SIDE), places, expand - np.array(rest)).reshape(PIXELS)
