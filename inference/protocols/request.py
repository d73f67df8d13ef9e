"""A decoded request: its images, and how it wants to be answered."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, Self

import numpy as np

from inference.cost import Charge, free, limited
from inference.errors import ServiceError, TooLarge
from inference.messages import Answer
from inference.protocols.batch import Batch
from model.pixels import Images, Treatment, looks_like_mnist, standardise

_HINT = "send at most 600 such images a request, or images of light ink on black, which need no normalising"
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

    def standardised(self, charge: Charge = free) -> Self:
        """Return the same request with every image as MNIST has them, and the steps that took in its treatments.

        ``charge`` is called with the estimated CPU seconds if there is something to normalise; what it raises is
        passed on. Raises TooLarge if that would take over 0.5 s.
        """
        images, treatments = standardise(self.images, self.treatments, limited(charge, self._normalised, _HINT))
        return replace(self, images=images, treatments=treatments)

    def _normalised(self) -> str:
        count = int((~looks_like_mnist(self.images)).sum())
        return f"{count:,} images to normalise in one request"


class ListRequest(Request):
    """Answers with ``{"predictions": [...]}`` however many images there are."""

    def answer(self, batch: Batch, first: int) -> Answer:
        return Answer(batch.listed(first, self.treatments))


class Stack(NamedTuple):
    """The images (n, 28, 28) of the requests that were standardised, and each request or what refused it."""

    images: Images
    outcomes: Sequence[Request | ServiceError]


def stack(requests: Sequence[Request], charges: Sequence[Charge]) -> Stack:
    """Standardise one or more requests, each at the expense of its charge. One that this refuses fails alone.

    Most batches have nothing to normalise, and one look at all their images is cheaper than one at each.
    """
    images = np.concatenate([request.images for request in requests])
    if looks_like_mnist(images).all():
        return Stack(images, requests)
    outcomes = [_outcome(request, charge) for request, charge in zip(requests, charges, strict=True)]
    parts = [outcome.images for outcome in outcomes if isinstance(outcome, Request)]
    return Stack(np.concatenate(parts) if parts else images[:0], outcomes)


def stacked(requests: Sequence[Request]) -> tuple[Images, Sequence[Request]]:
    """Standardise one or more requests as ``stack`` does. Raises the ServiceError of the first that is refused."""
    images, outcomes = stack(requests, [free] * len(requests))
    if outcomes is requests:
        return images, requests
    for outcome in outcomes:
        if isinstance(outcome, ServiceError):
            raise outcome
    return images, [outcome for outcome in outcomes if isinstance(outcome, Request)]


def _outcome(request: Request, charge: Charge) -> Request | ServiceError:
    try:
        return request.standardised(charge)
    except ServiceError as error:
        return error


def check_count(count: int) -> None:
    """Raises TooLarge if one request holds more images than are allowed."""
    if count > MAX_IMAGES:
        raise TooLarge(f"{count} images in one request", f"send at most {MAX_IMAGES} images a request")
