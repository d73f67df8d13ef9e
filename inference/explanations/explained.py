"""Requests for explanations, which are batched like other requests."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from inference.bundle import Bundle
from inference.cost import Charge, free
from inference.errors import TooLarge
from inference.explanations.explanation import Explanation
from inference.explanations.query import Query, QueryReader
from inference.explanations.reading import Reading, ValueReading
from inference.explanations.shown import shown
from inference.http_message import Answer
from inference.protocols.batch import Answers, Batch
from inference.protocols.request import Request
from inference.spec import Explainer, ExplanationSpec, ModelSpec, Predictor

PNG = "image/png"
COMPLETE = "integrated_gradients"  # method whose attributions should sum to score - base; answers state the error
MOST = 5.0  # CPU seconds: on a busy core a worker with low priority takes many times as long; TorchServe allows 60 s


@dataclass(frozen=True)
class Explained(Request):
    """Request to explain one example. The explanation follows the prediction of the batch.

    The format of the answer does not depend on the protocol of the request.
    """

    query: Query
    explainer: Explainer
    spec: ModelSpec
    about: ExplanationSpec

    def answer(self, batch: Answers, first: int) -> Answer:
        """Return JSON or a PNG for prediction ``first`` of the batch. Raises NotSupported if packages are missing."""
        output = self.spec.output
        reading = self._reading(batch, first)
        explanation = self.explainer.explain(self.rows[0], reading.target, self.query)
        if self.query.picture:
            caption = reading.caption(self.query, output, explanation)
            return Answer(self.explainer.draw(self.rows[0], explanation, caption), PNG)
        content = {
            **reading.members(output),
            **self._explanation(explanation),
            "model": orjson.Fragment(batch.identity.json),
            "input": orjson.Fragment(self.treatments[0].json),
        }
        return Answer(orjson.dumps(content, option=orjson.OPT_SERIALIZE_NUMPY))

    def _reading(self, batch: Answers, first: int) -> Reading | ValueReading:
        output = self.spec.output
        if isinstance(batch, Batch):
            return Reading.of(batch.results.probabilities[first], self.query, output.labels)
        return ValueReading.of(self.query, output.names)

    def _explanation(self, explanation: Explanation) -> Mapping[str, Any]:
        query = self.query
        content: dict[str, Any] = {"method": query.method, "samples": query.samples, "seed": query.seed}
        content |= {self.about.score: explanation.score, "base": explanation.base}
        if query.method == COMPLETE:
            content["completeness_error"] = explanation.completeness_error
        return {**content, **shown(self.spec.input, explanation.attributions, self.rows[0])}


class Explanations:
    """Explanations of one bundle, or of a model without a bundle. Raises ValueError if its specification has none."""

    def __init__(self, source: Bundle | Predictor, device: str = "cpu") -> None:
        spec = source.spec
        if spec.explanations is None:
            raise ValueError(f"the model {spec.name} has no explanations")
        self._spec, self._about = spec, spec.explanations
        self._explainer = spec.explanations.make(source, device)
        self.read = QueryReader(self._about.methods, spec.output.labels, self._about.values).read

    def of(self, request: Request, query: Query, charge: Charge = free) -> Explained:
        """Return the explanation request for a decoded request.

        charge  called with the estimated CPU seconds, unless they are negligible; it may raise a ServiceError
        Raises TooLarge for more than one example, or if the explanation would take too long.
        """
        if len(request.rows) > 1:
            noun = self._spec.input.example
            raise TooLarge(f"{len(request.rows)} {noun}s in one explanation", f"send one {noun} per request")
        if seconds := self._explainer.seconds(query):
            self._check(query, seconds)
            charge(seconds)
        return Explained(request.rows, request.treatments, query, self._explainer, self._spec, self._about)

    def _check(self, query: Query, seconds: float) -> None:
        """Raise TooLarge if an explanation would take over 5 CPU seconds."""
        if seconds <= MOST:
            return
        fewer, least = int(query.samples * MOST / seconds), self._about.methods[query.method].least
        hint = f"send samples={fewer} or fewer" if fewer >= least else "send another method"
        took = f"the estimated time for {query.samples} samples of {query.method} is {seconds:.1f} s"
        raise TooLarge(f"{took}, over {MOST:.0f} s", hint)
