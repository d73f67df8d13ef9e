"""Duration of a prediction."""

import time
from collections.abc import Callable
from statistics import median

from model.pixels import Images
from training.selection.candidate import Classes

BATCH = 1000
_SINGLES = 200
_BATCHES = 5

Predict = Callable[[Images], Classes]


def seconds_for_one(predict: Predict, images: Images) -> float:
    """Median of 200 predictions of one image, each another one as far as there are so many."""
    singles = [images[i % len(images)][None] for i in range(_SINGLES)]
    return _median(predict, singles)


def seconds_in_batch(predict: Predict, images: Images) -> float:
    """Seconds an image in a batch of 1,000, or of all images if they are fewer: median of five batches."""
    batch = images[:BATCH]
    return _median(predict, [batch] * _BATCHES) / len(batch)


def _median(predict: Predict, inputs: list[Images]) -> float:
    predict(inputs[0])  # the first call of all makes what later ones find ready
    return median(_seconds(predict, images) for images in inputs)


def _seconds(predict: Predict, images: Images) -> float:
    start = time.perf_counter()
    predict(images)
    return time.perf_counter() - start
