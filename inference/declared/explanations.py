"""Explanations of a declared model. They need only its predictions."""

import math
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from inference.declared.declaration import LOGITS, PROBABILITIES, VALUES, Declaration
from inference.explanations import perturbed
from inference.explanations.perturbed import PerturbationExplainer, Score
from inference.spec import ExplanationSpec, InputSpec, Rows

FILE = "baseline.npy"
_SCORES = {LOGITS: "logit", PROBABILITIES: "log_probability", VALUES: "value"}
_MOST_NUMBERS = 1 << 18  # in an example that is no image: more numbers would make the answer too large


def of(declaration: Declaration, input_spec: InputSpec) -> ExplanationSpec | None:
    """Return the explanations of a declared model; None if results are tensors, or inputs are named or too large."""
    if (
        declaration.inputs
        or declaration.kind not in _SCORES
        or not (input_spec.is_image or input_spec.size <= _MOST_NUMBERS)
    ):
        return None
    values: tuple[str, ...] = ()
    if declaration.kind == VALUES:
        values = declaration.names or tuple(map(str, range(math.prod(declaration.outputs[0].shape))))
    return ExplanationSpec(perturbed.methods(input_spec), _of_model, _SCORES[declaration.kind], values)


def baseline(input_spec: InputSpec, rows: Rows) -> Rows:
    """Return what an example is like of which nothing is known, from n >= 1 examples (n, *shape).

    It is the mean colour of images and the mean of each float. For integers and booleans it is the lower median, a
    number that occurs in the examples.
    """
    start: Rows
    if input_spec.is_image:
        start = np.rint(rows.reshape(-1, *input_spec.shape[2:]).mean(axis=0, dtype=np.float64))
    elif input_spec.dtype.kind == "f":
        start = rows.mean(axis=0, dtype=np.float64)
    else:
        start = np.sort(rows, axis=0)[(len(rows) - 1) // 2]
    return np.asarray(start, input_spec.dtype)


def content(row: Rows) -> bytes:
    """Return the bytes of the file of a baseline."""
    file = BytesIO()
    np.save(file, np.ascontiguousarray(row), allow_pickle=False)
    return file.getvalue()


def load(spec: InputSpec, score: Score, directory: Path) -> PerturbationExplainer:
    """Return the explainer with the baseline in the folder of an archive. Raises FileNotFoundError or ValueError."""
    row: Any = np.load(directory / FILE, allow_pickle=False)
    if row.dtype != spec.dtype:
        raise ValueError(f"{FILE} is {row.dtype}, an example {spec.dtype}")
    return PerturbationExplainer(spec, score, np.broadcast_to(row, spec.shape))


def _of_model(model: Any, _device: str) -> PerturbationExplainer:
    explainer: PerturbationExplainer = model.explainer
    return explainer
