"""The explained part of a prediction: a class or a value."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt
import orjson

from inference.explanations.caption import Caption, percent, short
from inference.explanations.explanation import Explanation
from inference.explanations.query import PREDICTED, SECOND, Query

if TYPE_CHECKING:
    from inference.spec import OutputSpec


class Reading(NamedTuple):
    """Predicted class with its confidence, and explained class (``target``) with its probability, both 0..1."""

    predicted: int
    confidence: float
    target: int
    probability: float

    @classmethod
    def of(cls, probabilities: npt.NDArray[np.float32], query: Query, labels: Sequence[str]) -> "Reading":
        """Return the reading for probabilities, float32 (labels,)."""
        order = np.argsort(-probabilities, kind="stable").tolist()
        target = _target(order, query.target, labels)
        return cls(order[0], float(probabilities[order[0]]), target, float(probabilities[target]))

    def members(self, output: "OutputSpec") -> Mapping[str, Any]:
        """Return the members of the answer for the prediction and the target."""
        return {
            output.key: orjson.Fragment(output.json[self.predicted]),
            "confidence": self.confidence,
            "target": orjson.Fragment(output.json[self.target]),
            "probability": self.probability,
        }

    def caption(self, query: Query, output: "OutputSpec", _explanation: Explanation) -> Caption:
        """Return the texts of the picture."""
        predicted, target = short(output.labels[self.predicted]), short(output.labels[self.target])
        side = short(target, 16)  # the legend has the name twice in one line
        why = f"Why {target}?" if self.target == self.predicted else f"Why not {target}?"
        return Caption(
            f"Read as {predicted} ({percent(self.confidence)}). {why}",
            f"{_method(query)}; probability of {target}: {percent(self.probability)}",
            f"against {side}",
            f"for {side}",
        )


class ValueReading(NamedTuple):
    """Index of the explained value, and its name if it has one."""

    target: int
    name: str = ""

    @classmethod
    def of(cls, query: Query, names: Sequence[str]) -> "ValueReading":
        """Return the reading for the target of a query, which is a name or, if values have no names, an index."""
        return cls(names.index(query.target), query.target) if names else cls(int(query.target))

    def members(self, _output: "OutputSpec") -> Mapping[str, Any]:
        """Return the member of the answer that names the target."""
        return {"target": self.name or self.target}

    def caption(self, query: Query, _output: "OutputSpec", explanation: Explanation) -> Caption:
        """Return the texts of the picture."""
        name = short(self.name) or f"value {self.target}"
        about = f"{_method(query)}; {explanation.base:.4g} for the baseline"
        return Caption(f"Why is {name} {explanation.score:.4g}?", about, "lower", "higher")


def _method(query: Query) -> str:
    return f"{query.method.replace('_', ' ')}, {query.samples} samples"


def _target(order: Sequence[int], target: str, labels: Sequence[str]) -> int:
    if target == PREDICTED:
        return order[0]
    return order[1] if target == SECOND else labels.index(target)
