"""The template of a model's answers, by the kind of its output."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from inference.messages import Identity
from inference.protocols.batch import Answers, Template
from inference.protocols.tensors_batch import TensorsTemplate
from inference.protocols.values_batch import ValuesTemplate
from inference.spec import CLASSES, TENSORS, VALUES, OutputSpec


class AnswerTemplate(Protocol):
    """Makes answers of a forward pass."""

    def batch(self, results: Any, /) -> Answers:
        """Return the answers for the results of the output's kind."""


_TEMPLATES: Mapping[str, Callable[[OutputSpec, Identity], AnswerTemplate]] = {
    CLASSES: Template,
    VALUES: ValuesTemplate,
    TENSORS: TensorsTemplate,
}


def of_output(output: OutputSpec, identity: Identity) -> AnswerTemplate:
    """Return the template for a kind of output."""
    return _TEMPLATES[output.kind](output, identity)
