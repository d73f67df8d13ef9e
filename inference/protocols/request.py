"""A decoded request: its examples, and how it wants to be answered."""

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
    """k >= 1 examples (k, *shape) of the input's dtype, with the treatment of each.

    Answers with one prediction if k is 1, else with ``{"predictions": [...]}``.
    """

    rows: Rows
    treatments: Sequence[Treatment]

    def answer(self, batch: Answers, first: int) -> Answer:
        """The answer from a batch whose examples ``first`` to ``first + k - 1`` are this request's."""
        if len(self.rows) == 1:
            return Answer(batch.described(first, self.treatments[0]))
        return Answer(batch.listed(first, self.treatments))

    def normalised(self, preprocessing: Preprocessing, charge: Charge = free) -> Self:
        """Return the same request with every example normalised, and the steps that took in its treatments.

        ``charge`` is called with the estimated CPU seconds if there is something to normalise; what it raises is
        passed on. Raises TooLarge if that would take too long for one request.
        """
        if preprocessing.normalise is None:
            return self
        rows, treatments = preprocessing.normalise(self.rows, self.treatments, charge)
        return replace(self, rows=rows, treatments=treatments)


class ListRequest(Request):
    """Answers with ``{"predictions": [...]}`` however many examples there are."""

    def answer(self, batch: Answers, first: int) -> Answer:
        return Answer(batch.listed(first, self.treatments))


class Stack(NamedTuple):
    """The examples (n, *shape) of the requests that were normalised, and each request or what refused it."""

    rows: Rows
    outcomes: Sequence[Request | ServiceError]


def stack(preprocessing: Preprocessing, requests: Sequence[Request], charges: Iterable[Charge]) -> Stack:
    """Normalise one or more requests, each at the expense of its charge. One that this refuses fails alone.

    Most batches have nothing to normalise, and one look at all their examples is cheaper than one at each.
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


def check_count(count: int, given: InputSpec) -> None:
    """Raises TooLarge if one request holds more examples than are allowed."""
    if count > given.most:
        noun = given.example
        raise TooLarge(f"{count} {noun}s in one request", f"send at most {given.most} {noun}s a request")
