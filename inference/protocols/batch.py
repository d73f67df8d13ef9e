"""A batch's predictions, with the JSON that its answers are put together from.

Formatting ten probabilities is most of an answer's cost, so all images of a batch are formatted in one go.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import orjson

from inference.classifier import Predictions
from inference.messages import Identity
from model.pixels import Treatment


@dataclass(frozen=True)
class Batch:
    """What the model that ``identity`` names says of all the images that one forward pass answered."""

    predictions: Predictions
    identity: Identity

    @cached_property
    def rows(self) -> list[bytes]:
        """Each image's ten probabilities, separated by commas."""
        probabilities = np.ascontiguousarray(self.predictions.probabilities)
        return orjson.dumps(probabilities, option=orjson.OPT_SERIALIZE_NUMPY)[2:-2].split(b"],[")

    def described(self, index: int, treatment: Treatment) -> bytes:
        """The prediction of one image, as docs/api.md shows it."""
        return b"%b%b}" % (self._heads[index], treatment.json)

    def listed(self, first: int, treatments: Sequence[Treatment]) -> bytes:
        """The predictions of as many images as there are treatments, from ``first`` on."""
        heads = self._heads[first : first + len(treatments)]
        objects = [b"%b%b}" % (head, treatment.json) for head, treatment in zip(heads, treatments, strict=True)]
        return b'{"predictions":[%b]}' % b",".join(objects)

    @cached_property
    def _heads(self) -> list[bytes]:
        """Each image's prediction up to what was done to the image."""
        found = self.predictions
        confidences = orjson.dumps(found.confidences, option=orjson.OPT_SERIALIZE_NUMPY)[1:-1].split(b",")
        accepted = [b"true" if flag else b"false" for flag in found.accepted.tolist()]
        end = b',"model":%b,"input":' % self.identity.json
        return [
            b'{"digit":%d,"confidence":%b,"accepted":%b,"probabilities":[%b]%b' % (*prediction, end)
            for prediction in zip(found.digits.tolist(), confidences, accepted, self.rows, strict=True)
        ]
