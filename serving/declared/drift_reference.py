"""Reference of a declared model: statistics of training data, which a worker compares with requests."""

import math
from collections.abc import Sequence
from pathlib import Path

import orjson

from inference import drift
from inference.classifier import Predictions
from inference.declared.network import Network
from inference.declared.statistics import MOST_COLUMNS, Columns, Images
from inference.drift import Reference, Shares
from inference.inputs.named import NamedInput
from inference.spec import InputSpec, ModelSpec, Rows
from serving.declared import training_data
from serving.declared.checks import CheckFigures

_ABSTAINED = "abstained"
_LABEL = "label"  # names that the metrics use for other shares


def make(path: Path, spec: ModelSpec, network: Network, figures: CheckFigures) -> tuple[bytes, Rows]:
    """Return the content of a reference file, and the training data that it is made from.

    Sets the number of examples in ``figures``. Raises DeclarationError if ``path`` has no examples for the model.
    """
    rows, treatments = training_data.read(path, spec)
    if spec.preprocessing.read_file:
        measured: Columns | Images = Images(sized=path.is_dir())
    else:
        own = named(spec.inputs) if spec.inputs else names(spec.input)
        measured = Columns.of(rows, own[:MOST_COLUMNS], [input_spec.name for input_spec in spec.inputs])
        if len(own) > MOST_COLUMNS:
            figures.warnings.append(f"drift is measured of the first {MOST_COLUMNS} of {len(own)} columns")
    figures.reference = len(rows)
    values, results = drift.statistics(measured.drift, rows, treatments), network.predict(rows)
    predicted: Shares = {}  # stays empty for values and tensors
    if isinstance(results, Predictions):
        predicted = drift.predicted(results.classes, results.accepted, spec)
    reference = Reference.measured(values, measured.drift, predicted)
    content = orjson.loads(reference.content()) | measured.described()
    return orjson.dumps(content, option=orjson.OPT_SORT_KEYS), rows


def names(input_spec: InputSpec) -> list[str]:
    """Return the names of a table's columns as statistics, distinct from the other names in the metrics."""
    own = input_spec.columns or [f"column {index}" for index in range(input_spec.size)]
    return [f"column {name}" if name in (_LABEL, _ABSTAINED) else name for name in own]


def named(inputs: Sequence[NamedInput]) -> list[str]:
    """Return the names of the statistics of named inputs: one for each number, or the size for variable inputs."""
    columns = []
    for input_spec in inputs:
        count = math.prod(input_spec.shape) if input_spec.is_fixed else 1
        columns += (
            [f"input {input_spec.name} {index}" for index in range(count)]
            if count > 1
            else [f"input {input_spec.name}" if input_spec.is_fixed else f"size of {input_spec.name}"]
        )
    return columns
