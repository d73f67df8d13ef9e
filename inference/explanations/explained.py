"""A request for an explanation, in a batch like any other."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson

from inference.bundle import Bundle
from inference.errors import TooLarge
from inference.explanations.explanation import Explanation
from inference.explanations.query import Query, QueryReader
from inference.explanations.reading import Reading
from inference.messages import Answer
from inference.protocols.batch import Answers, Batch
from inference.protocols.request import Request
from inference.spec import Explainer, ModelSpec

PNG = "image/png"
COMPLETE = "integrated_gradients"  # its attributions must add up, and answers say by how much they do not


@dataclass(frozen=True)
class Explained(Request):
    """One example, to be explained as the query asks once its batch is predicted.

    The answer has one form, whatever the protocol of the request.
    """

    query: Query
    explainer: Explainer
    spec: ModelSpec

    def answer(self, batch: Answers, first: int) -> Answer:
        """JSON or a PNG, by the prediction ``first`` of the batch. Raises NotSupported without its packages."""
        assert isinstance(batch, Batch)  # only classes are explained
        output = self.spec.output
        reading = Reading.of(batch.predictions.probabilities[first], self.query, output.labels)
        explanation = self.explainer.explain(self.rows[0], reading.target, self.query)
        if self.query.picture:
            return Answer(self.explainer.draw(self.rows[0], explanation, reading, self.query), PNG)
        content = {
            output.key: orjson.Fragment(output.json[reading.predicted]),
            "confidence": reading.confidence,
            "target": orjson.Fragment(output.json[reading.target]),
            "probability": reading.probability,
            **self._explanation(explanation),
            "model": orjson.Fragment(batch.template.identity.json),
            "input": orjson.Fragment(self.treatments[0].json),
        }
        return Answer(orjson.dumps(content, option=orjson.OPT_SERIALIZE_NUMPY))

    def _explanation(self, explanation: Explanation) -> dict[str, Any]:
        query = self.query
        content: dict[str, Any] = {"method": query.method, "samples": query.samples, "seed": query.seed}
        content |= {"logit": explanation.logit, "base": explanation.base}
        if query.method == COMPLETE:
            content["completeness_error"] = explanation.completeness_error
        row = np.ascontiguousarray(self.rows[0])
        return content | {"attributions": explanation.attributions, self.spec.input.example: row}


class Explanations:
    """The explanations of one bundle. Raises ValueError if its model has none."""

    def __init__(self, bundle: Bundle, device: str = "cpu") -> None:
        spec = bundle.spec
        if spec.explanations is None:
            raise ValueError(f"the model {spec.name} has no explanations")
        self._spec = spec
        self._explainer = spec.explanations.make(bundle, device)
        self.read = QueryReader(spec.explanations.methods, spec.output.labels).read

    def of(self, request: Request, query: Query) -> Explained:
        """Make it of a decoded request. Raises TooLarge if that has more than one example."""
        if len(request.rows) > 1:
            noun = self._spec.input.example
            raise TooLarge(f"{len(request.rows)} {noun}s in one explanation", f"send one {noun} a request")
        return Explained(request.rows, request.treatments, query, self._explainer, self._spec)
