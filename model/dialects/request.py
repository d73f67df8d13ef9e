"""A decoded request: its images, and how it wants to be answered."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from model.dialects.batch import Batch
from model.errors import TooLarge
from model.messages import Answer
from model.pixels import Images, Treatment, looks_like_mnist, standardise

MAX_IMAGES = 4096  # in one request: 3.2 MB of raw pixels


@dataclass(frozen=True)
class Request:
    """uint8 images (k, 28, 28), k >= 1, with the treatment of each.

    Answers with one prediction if k is 1, else with ``{"predictions": [...]}``.
    """

    images: Images
    treatments: Sequence[Treatment]

    def answer(self, batch: Batch, first: int) -> Answer:
        """The answer from a batch whose images ``first`` to ``first + k - 1`` are this request's."""
        if len(self.images) == 1:
            return Answer(batch.described(first, self.treatments[0]))
        return Answer(batch.listed(first, self.treatments))

    def standardised(self) -> Self:
        """The same request with every image as MNIST has them, and what that took told."""
        images, treatments = standardise(self.images, self.treatments)
        return replace(self, images=images, treatments=treatments)


class ListRequest(Request):
    """Answers with ``{"predictions": [...]}`` however many images there are."""

    def answer(self, batch: Batch, first: int) -> Answer:
        return Answer(batch.listed(first, self.treatments))


def stacked(requests: Sequence[Request]) -> tuple[Images, Sequence[Request]]:
    """The images of one or more requests in one array (n, 28, 28), and the requests, all standardised.

    Most batches have nothing to normalise, and one look at all their images is cheaper than one at each.
    """
    images = np.concatenate([request.images for request in requests])
    if looks_like_mnist(images).all():
        return images, requests
    requests = [request.standardised() for request in requests]
    return np.concatenate([request.images for request in requests]), requests


def check_count(count: int) -> None:
    """Raises TooLarge if one request holds more images than are allowed."""
    if count > MAX_IMAGES:
        raise TooLarge(f"{count} images in one request", f"send at most {MAX_IMAGES} images a request")
