"""Output of a declared model: its folder's declaration, checked against its graph."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

import numpy as np
import numpy.typing as npt

from inference.declared.declaration import LOGITS, PROBABILITIES, TENSORS, VALUES, Tensor
from inference.inputs.named import FREE
from serving.declared.errors import DeclarationError
from serving.declared.folder import FILE, Declared
from serving.declared.graph import OnnxGraph
from serving.declared.inputs import Given

Arrays = Mapping[str, npt.NDArray[Any]]
_PLACE = f"{FILE} [output]"
_MOST_VALUES = 4096
_MOST_SHOWN = 10  # labels
_NEAR_ONE = 1e-3


@dataclass(frozen=True)
class ResolvedOutput:
    """The resolved output: its kind, and the tensors that are computed, with the shape of one example."""

    kind: str
    tensors: tuple[Tensor, ...]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class GraphResults:
    """Outputs of the graph for n >= 2 examples.

    arrays  by output name: (n, ...), or (n,) arrays
    count   n
    axes    of the batch in the graph's outputs
    """

    arrays: Arrays
    count: int
    axes: Mapping[str, int]


def resolve(declared: Declared, graph: OnnxGraph, given: Given, results: GraphResults) -> ResolvedOutput:
    """Choose and check the outputs.

    Raises DeclarationError if labels or names do not match what the graph gives, or no output can be served.
    """
    _refuse(declared, declared.temperature != 1.0 and declared.kind not in (None, LOGITS), "temperature is for logits")
    _refuse(declared, declared.threshold > 0.0 and not declared.labels, "threshold is for labels")
    candidates = [replace(tensor, axis=results.axes[tensor.name]) for tensor in _candidates(declared, graph)]
    kind = declared.kind or (LOGITS if declared.labels else "")
    if kind == TENSORS or (not kind and (len(candidates) > 1 or _is_deep(candidates[0], results))):
        _refuse(declared, bool(declared.labels), "labels are for kind = logits or probabilities")
        named = bool(declared.names) and not declared.function  # the export has named those of a network from Python
        _refuse(declared, named, "names are for kind = values: an ONNX file names its own outputs")
        measured = [_measured(tensor, results) for tensor in candidates]
        varies = any(FREE in tensor.shape for tensor in given.inputs)
        return ResolvedOutput(TENSORS, tuple(map(_unbound, candidates, measured) if varies else measured))
    if kind in (LOGITS, PROBABILITIES):
        _check_order(declared.labels, graph.labels)
        return _classes(declared, candidates, results)
    _refuse(declared, bool(declared.labels), "labels are for kind = logits or probabilities")
    tensor = _measured(_single(candidates), results)
    _refuse_free(tensor)
    if len(tensor.shape) > 1:
        raise DeclarationError(f"{_PLACE}: {tensor.name!r} has {_shape(tensor)} an example: state kind = 'tensors'")
    size = tensor.shape[0] if tensor.shape else 1
    if declared.names and len(declared.names) != size:
        raise DeclarationError(
            f"{_PLACE}: there are {len(declared.names)} names, and {tensor.name!r} has {size} values"
        )
    if size > _MOST_VALUES:
        raise DeclarationError(f"{_PLACE}: {tensor.name!r} has {size} values; at most {_MOST_VALUES} are allowed")
    return ResolvedOutput(VALUES, (tensor,))


def _is_deep(tensor: Tensor, results: GraphResults) -> bool:
    """Return True for an output of several dimensions an example, or of shapes that depend on the example."""
    shape = _measured(tensor, results).shape
    return len(shape) > 1 or FREE in shape


def _check_order(labels: Sequence[str], own: Sequence[str]) -> None:
    """Raises DeclarationError for the labels that the graph has itself, in another order."""
    if sorted(labels) == sorted(own) and tuple(labels) != tuple(own):
        order = ", ".join(map(repr, own[:_MOST_SHOWN])) + (", ..." if len(own) > _MOST_SHOWN else "")
        raise DeclarationError(f"{_PLACE}: labels has another order than the network, which has {order}")


def _one_for_two(labels: int, measured: Sequence[Tensor]) -> str:
    """Advice on a network that gives the second label's probability alone."""
    if labels != 2 or [tensor.shape for tensor in measured] not in ([()], [(1,)]):
        return ""
    return ': export one output for each label, or state kind = "values" without labels'


def _classes(declared: Declared, candidates: Sequence[Tensor], results: GraphResults) -> ResolvedOutput:
    labels = declared.labels
    if not labels:
        raise DeclarationError(f"{_PLACE}: kind = {declared.kind!r} needs labels")
    _refuse(declared, bool(declared.names), "names are for kind = values")
    measured = [_measured(tensor, results) for tensor in candidates]
    if len(measured) == 1:
        _refuse_free(measured[0])
    fitting = [tensor for tensor in measured if tensor.shape == (len(labels),) and tensor.datatype.startswith("FP")]
    if len(fitting) != 1:
        widths = ", ".join(f"{tensor.name!r} {tensor.datatype} {_shape(tensor)}" for tensor in measured)
        raise DeclarationError(
            f"{_PLACE}: there are {len(labels)} labels, and the network's output"
            + (f"s are {widths}, an example each" if len(measured) != 1 else f" {widths} an example")
            + (": state tensor" if len(fitting) > 1 else _one_for_two(len(labels), measured))
        )
    values = np.array([*results.arrays[fitting[0].name]], np.float64)
    sums = bool((values >= 0).all() and (np.abs(values.sum(axis=1) - 1.0) < _NEAR_ONE).all())
    if declared.kind == PROBABILITIES and not sums:
        worst = float(np.abs(values.sum(axis=1) - 1.0).max())
        fractions = bool((values >= 0).all() and (values <= 1).all())
        advice = 'several labels at once? kind = "values" answers each by its name' if fractions else "logits?"
        raise DeclarationError(
            f"{_PLACE}: kind = 'probabilities', and on a sample {fitting[0].name!r} does not add up to 1 (by "
            f"{worst:.2g}; least {values.min():.2g}): {advice}"
        )
    kind = declared.kind or (PROBABILITIES if sums else LOGITS)
    warnings = [f"{fitting[0].name!r} adds up to 1 on every sample: kind = 'probabilities'?"]
    warnings = (warnings if sums and kind == LOGITS else []) + _other_labels(fitting[0].name, values, results)
    return ResolvedOutput(kind, (fitting[0],), tuple(warnings))


def _other_labels(name: str, scores: npt.NDArray[np.float64], results: GraphResults) -> list[str]:
    """A warning if the network's own output of labels has other classes: distances are no scores, for one."""
    classes = set(range(scores.shape[1]))
    for other, labels in results.arrays.items():
        if labels.dtype.kind not in "iu" or labels.shape != (results.count,) or not set(labels) <= classes:
            continue
        if count := int((labels != scores.argmax(axis=1)).sum()):
            return [
                f"{other!r} has another class than the largest of {name!r} on {count} of {results.count} samples: "
                "kind = 'values'?"
            ]
    return []


def _candidates(declared: Declared, graph: OnnxGraph) -> list[Tensor]:
    """The outputs to choose of: those that can be served, or the one that is named."""
    names = [value.tensor.name for value in graph.outputs]
    if declared.tensor is not None and declared.tensor not in names:
        close = get_close_matches(declared.tensor, names, 1) or names
        raise DeclarationError(
            f"{_PLACE}: the network has no output {declared.tensor!r:.60}; did you mean {close[0]!r}?"
        )
    chosen = [value for value in graph.outputs if declared.tensor in (None, value.tensor.name)]
    usable = [value.tensor for value in chosen if not value.refusal]
    if not usable or (declared.labels and not any(tensor.datatype.startswith("FP") for tensor in usable)):
        refusals = [f"{value.tensor.name!r} {value.refusal}" for value in chosen if value.refusal]
        raise DeclarationError(f"the network's output {'; '.join(refusals) or 'has no numbers'}")
    return usable


def _single(candidates: Sequence[Tensor]) -> Tensor:
    if len(candidates) > 1:
        names = ", ".join(repr(tensor.name) for tensor in candidates)
        raise DeclarationError(f"{_PLACE}: the network has the outputs {names}: state tensor, or kind = 'tensors'")
    return candidates[0]


def _measured(tensor: Tensor, results: GraphResults) -> Tensor:
    """The output with the shape of one example."""
    found = results.arrays[tensor.name]
    if found.dtype == object:
        return replace(tensor, shape=_common(tensor.name, [np.shape(example) for example in found]))
    if found.shape[:1] != (results.count,):
        raise without_batch(tensor.name, {results.count: found.shape})
    return replace(tensor, shape=found.shape[1:])


def without_batch(name: str, shapes: Mapping[int, tuple[int, ...]]) -> DeclarationError:
    """Return the error of an output without a batch, by its shapes for numbers of examples."""
    text = " and ".join(f"{list(shape)} for a batch of {count}" for count, shape in shapes.items())
    return DeclarationError(
        f"the network's output {name!r} has the shape {text}, so it has no value for each example: export it with a "
        f"batch dimension, or state another output as tensor in {_PLACE}"
    )


def _common(name: str, shapes: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    """The shape of examples, FREE where they differ."""
    if len({len(shape) for shape in shapes}) > 1:
        raise DeclarationError(
            f"the network's output {name!r} has {min(map(len, shapes))} dimensions or more an example"
        )
    return tuple(sides[0] if len(set(sides)) == 1 else FREE for sides in zip(*shapes, strict=True))


def _unbound(stated: Tensor, measured: Tensor) -> Tensor:
    """An output of a graph whose inputs vary in shape: its sides vary, too, unless the graph knows them."""
    sides = list(stated.shape)
    if len(sides) != len(measured.shape) + 1:  # the graph does not tell its shape
        return replace(measured, shape=(FREE,) * len(measured.shape))
    del sides[stated.axis or 0]
    return replace(measured, shape=tuple(sides))


def _refuse_free(tensor: Tensor) -> None:
    """Raises DeclarationError for an output whose shape depends on the example's: values and classes have one width."""
    if FREE in tensor.shape:
        raise DeclarationError(
            f"{_PLACE}: {tensor.name!r} has {_shape(tensor)} an example, which depends on its input: state kind = "
            "'tensors'"
        )


def _shape(tensor: Tensor) -> str:
    return f"[{', '.join('?' if side == FREE else str(side) for side in tensor.shape)}]"


def _refuse(declared: Declared, wrong: bool, text: str) -> None:
    if wrong:
        raise DeclarationError(
            f"{_PLACE}: {text}" + ("" if declared.kind is None else f", and kind is {declared.kind!r}")
        )
