"""A decoded request: its examples, and the format of its answer."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, Self

import numpy as np

from inference.cost import Charge, free
from inference.errors import ServiceError, TooLarge
from inference.http_message import Answer
from inference.protocols.batch import Answers
from inference.spec import InputSpec, Preprocessing, Rows
from inference.treatment import Treatment


@dataclass(frozen=True)
class Request:
    """Request with k >= 1 examples (k, *shape) in the dtype of the input, and their treatments.

    The answer is one prediction if k is 1, else ``{"predictions": [...]}``.
    """

    rows: Rows
    treatments: Sequence[Treatment]

    def answer(self, batch: Answers, first: int) -> Answer:
        """Return the answer to this request, whose examples are ``first`` to ``first + k - 1`` of the batch."""
        if len(self.rows) == 1:
            return Answer(batch.described(first, self.treatments[0]))
        return Answer(batch.listed(first, self.treatments))

    def normalised(self, preprocessing: Preprocessing, charge: Charge = free) -> Self:
        """Return this request with normalised examples. Their treatments list the steps.

        charge  called with the estimated CPU seconds before examples are normalised; it may raise a ServiceError
        Raises TooLarge if the normalisation would take too long for one request.
        """
        if preprocessing.normalise is None:
            return self
        rows, treatments = preprocessing.normalise(self.rows, self.treatments, charge)
        return replace(self, rows=rows, treatments=treatments)


class ListRequest(Request):
    """Request whose answer is ``{"predictions": [...]}``, also for one example."""

    def answer(self, batch: Answers, first: int) -> Answer:
        return Answer(batch.listed(first, self.treatments))


class Stack(NamedTuple):
    """The normalised examples (n, *shape), and each request or its error."""

    rows: Rows
    outcomes: Sequence[Request | ServiceError]


def stack(preprocessing: Preprocessing, requests: Sequence[Request], charges: Iterable[Charge]) -> Stack:
    """Normalise one or more requests. A request over its limit fails alone.

    Most batches need no normalisation, and one check of all their examples is cheaper than a check of each request.
    """
    rows = requests[0].rows if len(requests) == 1 else np.concatenate([request.rows for request in requests])
    if preprocessing.are_normal is None or preprocessing.are_normal(rows):
        return Stack(rows, requests)
    outcomes = [_outcome(preprocessing, *pair) for pair in zip(requests, charges, strict=True)]
    parts = [outcome.rows for outcome in outcomes if isinstance(outcome, Request)]
    return Stack(np.concatenate(parts) if parts else rows[:0], outcomes)


def _outcome(preprocessing: Preprocessing, request: Request, charge: Charge) -> Request | ServiceError:
    try:
        return request.normalised(preprocessing, charge)
    except ServiceError as error:
        return error


def check_count(count: int, spec: InputSpec) -> None:
    """Raise TooLarge if one request has more examples than allowed."""
    if count > spec.most:
        noun = spec.example
        raise TooLarge(
            f"{count:,} {noun}s in one request, more than {spec.most:,}",
            f"send at most {spec.most:,} {noun}s per request",
        )
