"""A decoded request: its images, and how it wants to be answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from model.classifier import Predictions
from model.errors import TooLarge
from model.messages import Answer, Identity
from model.pixels import Images, Treatment

MAX_IMAGES = 4096  # in one request: 3.2 MB of raw pixels


@dataclass(frozen=True)
class Request:
    """uint8 images (k, 28, 28), k >= 1, with the treatment of each.

    Answers with one prediction if k is 1, else with ``{"predictions": [...]}``.
    """

    images: Images
    treatments: Sequence[Treatment]

    def answer(self, predictions: Predictions, identity: Identity) -> Answer:
        found = described(predictions, self.treatments, identity)
        return Answer(dumped(found[0] if len(found) == 1 else {"predictions": found}))


class ListRequest(Request):
    """Answers with ``{"predictions": [...]}`` however many images there are."""

    def answer(self, predictions: Predictions, identity: Identity) -> Answer:
        return Answer(dumped({"predictions": described(predictions, self.treatments, identity)}))


def check_count(count: int) -> None:
    """Raises TooLarge if one request holds more images than are allowed."""
    if count > MAX_IMAGES:
        raise TooLarge(f"{count} images in one request", f"send at most {MAX_IMAGES} images a request")


def described(predictions: Predictions, treatments: Sequence[Treatment], identity: Identity) -> list[dict[str, Any]]:
    """One prediction object an image, as docs/api.md shows it."""
    model = orjson.Fragment(
        orjson.dumps({"name": identity.name, "version": identity.version, "weights": identity.weights})
    )
    return [
        {
            "digit": digit,
            "confidence": confidence,
            "accepted": accepted,
            "probabilities": row,
            "model": model,
            "input": orjson.Fragment(treatment.json),
        }
        for digit, confidence, accepted, row, treatment in zip(
            predictions.digits.tolist(),
            predictions.confidences,
            predictions.accepted.tolist(),
            predictions.probabilities,
            treatments,
            strict=True,
        )
    ]


def dumped(content: object) -> bytes:
    return orjson.dumps(content, option=orjson.OPT_SERIALIZE_NUMPY)
