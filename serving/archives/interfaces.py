"""The interface of a model that is packaged, with an example that its network answered."""

from dataclasses import replace

import numpy as np
import orjson

from inference.http_message import Identity
from inference.inputs.named import objects_of
from inference.protocols import Request, Template
from inference.spec import Predictor, Rows
from serving.openapi.interface import Example, Interface

_MOST_NUMBERS = 1024  # of an example that is shown
_MOST_BYTES = 64 << 10  # of the answer to it


def of(model: Predictor, rows: Rows, name: str, version: str, platform: str) -> Interface:
    """Return the interface of a loaded model.

    rows      (n, *shape), n >= 1 examples as preprocessing makes them; the first is shown unless it is too long
    name      that the archive registers as, with its version
    platform  that runs the network
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
    """The numbers of an example; it may have inputs by name."""
    return sum(np.size(row[name]) for name in row.dtype.names) if row.dtype.names else row.size
