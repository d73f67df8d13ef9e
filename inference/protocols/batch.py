"""A batch's predictions, with the JSON that its answers are put together from.

Formatting the probabilities is most of an answer's cost, so all examples of a batch are formatted in one go.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import orjson

from inference.classifier import Predictions
from inference.messages import Identity
from inference.spec import PROBABILITIES, OutputSpec
from inference.treatment import Treatment

Tensor = tuple[dict[str, Any], bytes]  # of a v2 answer: its JSON, and its binary data


class Answers(Protocol):
    """A model's results for all the examples of one forward pass, ready to be answered."""

    @property
    def identity(self) -> Identity: ...

    def described(self, index: int, treatment: Treatment) -> bytes:
        """Return the JSON of one example's result."""

    def listed(self, first: int, treatments: Sequence[Treatment]) -> bytes:
        """Return the JSON of the results of as many examples as there are treatments, from ``first`` on."""

    def tensor(self, name: str, part: slice, *, binary: bool) -> Tensor:
        """Return an output tensor of a part of the examples."""


class Template:
    """Parts that all predictions of one model have in common; made once per process.

    head  of a prediction, up to what was done to the example: takes the label, the confidence, whether it is accepted
          and the probabilities
    """

    def __init__(self, output: OutputSpec, identity: Identity) -> None:
        self.identity = identity
        self.output = output
        self.labels = output.json
        key, model = (text.replace(b"%", b"%%") for text in (orjson.dumps(output.key), identity.json))
        self.head = b'{%b:%%b,"confidence":%%b,"accepted":%%b,"probabilities":[%%b],"model":%b,"input":' % (key, model)

    def batch(self, predictions: Predictions) -> "Batch":
        return Batch(predictions, self)


def comma_separated(numbers: npt.NDArray[Any]) -> list[bytes]:
    """Return the JSON of each row of numbers (n, m) without brackets. NaN and infinite numbers become null."""
    return orjson.dumps(np.ascontiguousarray(numbers), option=orjson.OPT_SERIALIZE_NUMPY)[2:-2].split(b"],[")


class HeadedBatch(ABC):
    """Answers that begin with a head, made of an example's results, and end with what was done to the example."""

    @cached_property
    @abstractmethod
    def _heads(self) -> list[bytes]:
        """Each example's answer up to what was done to the example."""

    def described(self, index: int, treatment: Treatment) -> bytes:
        """Return the answer for one example, as docs/api.md shows it."""
        return b"%b%b}" % (self._heads[index], treatment.json)

    def listed(self, first: int, treatments: Sequence[Treatment]) -> bytes:
        """Return the answers for as many examples as there are treatments, from ``first`` on."""
        heads = self._heads[first : first + len(treatments)]
        objects = [b"%b%b}" % (head, treatment.json) for head, treatment in zip(heads, treatments, strict=True)]
        return b'{"predictions":[%b]}' % b",".join(objects)


@dataclass(frozen=True)
class Batch(HeadedBatch):
    """Answers of the model for all the examples of one forward pass."""

    predictions: Predictions
    template: Template

    @property
    def identity(self) -> Identity:
        return self.template.identity

    @cached_property
    def rows(self) -> list[bytes]:
        """Each example's probabilities, separated by commas."""
        return comma_separated(self.predictions.probabilities)

    def tensor(self, name: str, part: slice, *, binary: bool) -> Tensor:
        return self._probabilities(part, binary) if name == PROBABILITIES else self._labels(part, binary)

    def _labels(self, part: slice, binary: bool) -> Tensor:
        classes, output = self.predictions.classes[part].tolist(), self.template.output
        head = {"name": output.key, "shape": [len(classes)], "datatype": output.datatype}
        data = [(output.binary if binary else output.json)[index] for index in classes]
        return joined(head, data, binary)

    def _probabilities(self, part: slice, binary: bool) -> Tensor:
        probabilities = self.predictions.probabilities[part]
        head = {"name": PROBABILITIES, "shape": probabilities.shape, "datatype": "FP32"}
        return joined(head, [probabilities.astype("<f4").tobytes()] if binary else self.rows[part], binary)

    @cached_property
    def _heads(self) -> list[bytes]:
        """Each example's prediction up to what was done to the example."""
        predictions, labels, head = self.predictions, self.template.labels, self.template.head
        confidences = orjson.dumps(predictions.confidences, option=orjson.OPT_SERIALIZE_NUMPY)[1:-1].split(b",")
        accepted = [b"true" if flag else b"false" for flag in predictions.accepted.tolist()]
        return [
            head % (labels[index], confidence, flag, row)
            for index, confidence, flag, row in zip(
                predictions.classes.tolist(), confidences, accepted, self.rows, strict=True
            )
        ]


def joined(head: dict[str, Any], parts: list[bytes], binary: bool) -> Tensor:
    """Return a tensor of its head and its elements: JSON texts, or bytes."""
    if binary:
        data = b"".join(parts)
        return head | {"parameters": {"binary_data_size": len(data)}}, data
    return head | {"data": orjson.Fragment(b"[%b]" % b",".join(parts))}, b""
