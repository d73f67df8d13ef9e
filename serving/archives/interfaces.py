"""The interface of a model that is packaged, with an example that its network answered."""

import orjson

from inference.classifier import Classifier
from inference.messages import Identity
from inference.protocols import Batch, Request, Template
from inference.spec import Rows
from serving.openapi.interface import Example, Interface

_MOST_NUMBERS = 1024  # of an example that is shown


def of(classifier: Classifier, rows: Rows, version: str) -> Interface:
    """Return the interface of a classifier's model.

    rows     (n, *shape), n >= 1 examples as preprocessing makes them; the first is shown unless it is too long
    version  that the archive registers as
    """
    spec = classifier.bundle.spec
    example = _example(classifier, rows[:1], version) if spec.input.size <= _MOST_NUMBERS else None
    return Interface.of(spec, example)


def _example(classifier: Classifier, rows: Rows, version: str) -> Example:
    spec = classifier.bundle.spec
    identity = Identity(spec.name, version, classifier.bundle.sha256)
    batch = Batch(classifier.predict(rows), Template(spec.output, identity))
    answer = Request(rows, [spec.input.treatment("numbers")]).answer(batch, 0)
    return Example({"x": rows[0].tolist()}, orjson.loads(answer.body))
