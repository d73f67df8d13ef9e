"""A request for an explanation, in a batch like any other."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson

from inference.errors import TooLarge
from inference.explanations.query import Query
from inference.explanations.reading import Reading
from inference.messages import Answer
from inference.protocols import Batch, Request
from model.explanations import picture
from model.explanations.explainer import Explainer, Explanation

PNG = "image/png"
COMPLETE = "integrated_gradients"  # the method whose attributions must add up, and are told by how much they do not


@dataclass(frozen=True)
class Explained(Request):
    """One image, to be explained as the query asks once its batch is predicted.

    The answer has one form, whatever the dialect of the request.
    """

    query: Query
    explainer: Explainer

    @classmethod
    def of(cls, request: Request, query: Query, explainer: Explainer) -> "Explained":
        """From a decoded request. Raises TooLarge if it has more than one image."""
        if len(request.images) > 1:
            raise TooLarge(f"{len(request.images)} images in one explanation", "send one image a request")
        return cls(request.images, request.treatments, query, explainer)

    def answer(self, batch: Batch, first: int) -> Answer:
        """JSON or a PNG, by the prediction ``first`` of the batch. Raises NotSupported if Captum is not installed."""
        reading = Reading.of(batch.predictions.probabilities[first], self.query)
        found = self.explainer.explain(self.images[0], reading.target, self.query)
        if self.query.picture:
            return Answer(picture.draw(self.images[0], found, reading, self.query), PNG)
        content = {**reading._asdict(), **self._explanation(found)}
        content |= {"model": orjson.Fragment(batch.identity.json), "input": orjson.Fragment(self.treatments[0].json)}
        return Answer(orjson.dumps(content, option=orjson.OPT_SERIALIZE_NUMPY))

    def _explanation(self, found: Explanation) -> dict[str, Any]:
        query = self.query
        content = {"method": query.method, "samples": query.samples, "seed": query.seed}
        content |= {"logit": found.logit, "base": found.base}
        if query.method == COMPLETE:
            content["completeness_error"] = found.completeness_error
        return content | {"attributions": found.attributions, "image": np.ascontiguousarray(self.images[0])}
