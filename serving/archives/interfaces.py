"""Interface of a model for its archive, with an example and the answer of its network."""

from dataclasses import replace

import numpy as np
import orjson

from inference.http_message import Identity
from inference.inputs.named import objects_of
from inference.protocols import Request, Template
from inference.spec import Predictor, Rows
from serving.openapi.interface import Example, Interface

_MOST_NUMBERS = 1024  # most numbers of the example
_MOST_BYTES = 64 << 10  # most bytes of its answer


def of(model: Predictor, rows: Rows, name: str, version: str, platform: str) -> Interface:
    """Return the interface of a loaded model.

    rows      (n, *shape), n >= 1 preprocessed examples; the first is shown unless it is too long
    name      registered name of the archive, with its version
    platform  name of the runtime
    """
    spec = model.spec
    example = _example(model, rows[:1], name, version) if _numbers(rows[0]) <= _MOST_NUMBERS else None
    return replace(Interface.of(spec, example), name=name, platform=platform)


def _example(model: Predictor, rows: Rows, name: str, version: str) -> Example | None:
    spec = model.spec
    batch = Template(spec.output, Identity(name, version, model.sha256)).batch(model.predict(rows))
    answer = Request(rows, [spec.input.treatment("numbers")]).answer(batch, 0)
    if len(answer.body) > _MOST_BYTES:
        return None
    x = objects_of(rows)[0] if rows.dtype.names else rows[0].tolist()
    return Example({"x": x}, orjson.loads(answer.body))


def _numbers(row: Rows) -> int:
    """Return the number of numbers in an example, which may have named inputs."""
    return sum(np.size(row[name]) for name in row.dtype.names) if row.dtype.names else row.size
