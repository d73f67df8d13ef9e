"""Outputs of a declared model: the declaration in its folder, checked against its graph and the computed outputs."""

from collections.abc import Sequence
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

import numpy as np
import numpy.typing as npt

from inference.declared.declaration import LOGITS, PROBABILITIES, TENSORS, VALUES, Declaration
from inference.declared.runner import Runner
from inference.inputs.named import FREE, Tensor
from inference.results import Arrays
from inference.runtimes.graph import Graph
from inference.spec import Rows
from serving.declared.errors import DeclarationError
from serving.declared.folder import FILE, Declared
from serving.declared.graph import OnnxGraph, refused, shown_shape

_PLACE = f"{FILE} [output]"
_MOST_VALUES = 4096
_MOST_SHOWN = 10  # most labels in a message
_NEAR_ONE = 1e-3


def servable(declared: Declared, graph: OnnxGraph, draft: Declaration) -> tuple[Tensor, ...]:
    """Return the outputs that can be served, before the shape of an example is known.

    Raises DeclarationError if no output can be served, or not the one that the folder names.
    """
    names = [value.tensor.name for value in graph.outputs]
    if declared.tensor not in (None, *names):
        close = get_close_matches(str(declared.tensor), names, 1) or names
        raise DeclarationError(
            f"{_PLACE}: the network has no output {declared.tensor!r:.60}; did you mean {close[0]!r}?"
        )
    others = [value for value in graph.outputs if not value.is_tensor]
    if others and not declared.tensor and declared.kind != TENSORS:
        raise DeclarationError(f"{refused('output', others)}; or state another output as tensor in {FILE}")
    chosen = [value for value in graph.outputs if _is_chosen(declared, value.tensor)]
    usable = [value for value in chosen if not value.refusal]
    if not usable or (declared.labels and not any(value.tensor.datatype.startswith("FP") for value in usable)):
        raise DeclarationError(refused("output", chosen) or "the network's output has no numbers")
    varies = any(FREE in given.shape or given.axis is None for given in draft.inputs)
    return tuple(replace(value.tensor, shape=(FREE,) if varies else ()) for value in graph.outputs if not value.refusal)


def with_axes(declared: Declared, draft: Declaration, content: bytes, row: Rows, counts: Sequence[int]) -> Declaration:
    """Return the draft with the outputs that have a batch dimension, which is found by running the graph.

    row     one example (1, *shape)
    counts  numbers of examples for the runs

    Raises DeclarationError if an output that the folder chooses has no batch dimension.
    """
    session = Graph(content, [output.name for output in draft.outputs])
    feeds = Runner(draft, session.run).feeds
    runs = [map(np.shape, session.run(feeds(np.repeat(row, count, axis=0)))) for count in counts]
    outputs = []
    for output, *shapes in zip(draft.outputs, *runs, strict=True):
        axis = _batch(shapes, tuple(counts))
        if axis is not None:
            outputs.append(replace(output, axis=axis))
        elif _is_chosen(declared, output):
            given = zip(shapes, counts, strict=True)
            text = " and ".join(f"{list(shape)} for a batch of {count}" for shape, count in given)
            raise DeclarationError(
                f"the network's output {output.name!r} has the shape {text}, so it has no value for each example: "
                f"export it with a batch dimension, or state another output as tensor in {_PLACE}"
            )
    return replace(draft, outputs=tuple(outputs))


def _batch(shapes: Sequence[tuple[int, ...]], counts: tuple[int, ...]) -> int | None:
    """Return the only axis whose side is the number of examples in each run; after one run, the first such axis."""
    if len(set(map(len, shapes))) > 1:
        return None
    sides = list(zip(*shapes, strict=True))
    batch = [axis for axis, lengths in enumerate(sides) if lengths == counts]
    differ = [axis for axis, lengths in enumerate(sides) if len(set(lengths)) > 1]
    return batch[0] if batch and differ in ([], batch) else None


def _is_chosen(declared: Declared, tensor: Tensor) -> bool:
    return declared.tensor in (None, tensor.name)


def resolve(declared: Declared, graph: OnnxGraph, draft: Declaration, results: Arrays) -> tuple[Declaration, list[str]]:
    """Choose and check the outputs. Return the complete declaration, and warnings.

    results  output name -> array (n, ...), or (n,) arrays

    Raises DeclarationError if labels or names do not match the outputs of the graph.
    """
    _refuse(declared, declared.temperature != 1.0 and declared.kind not in (None, LOGITS), "temperature is for logits")
    _refuse(declared, declared.threshold > 0.0 and not declared.labels, "threshold is for labels")
    chosen = [
        replace(tensor, shape=_shape(tensor.name, results[tensor.name]))
        for tensor in draft.outputs
        if _is_chosen(declared, tensor)
    ]
    kind = declared.kind or (LOGITS if declared.labels else None)
    warnings: list[str] = []
    if kind is None:
        deep = len(chosen[0].shape) > 1 or FREE in chosen[0].shape
        kind = TENSORS if deep or len(chosen) > 1 else VALUES
    if kind in (LOGITS, PROBABILITIES):
        _check_order(declared.labels, graph.labels)
        chosen = [_of_classes(declared, chosen)]
        kind, warnings = _kind_of_classes(declared, chosen[0].name, results)
    else:
        _refuse(declared, bool(declared.labels), "labels are for kind = logits or probabilities")
    if kind == TENSORS:
        named = bool(declared.names) and not declared.function  # the export has named those of a network from Python
        _refuse(declared, named, "names are for kind = values: an ONNX file names its own outputs")
        if any(FREE in given.shape for given in draft.inputs):
            stated = {value.tensor.name: value.tensor for value in graph.outputs}
            chosen = [_unbound(stated[tensor.name], tensor) for tensor in chosen]
    if kind == VALUES:
        _check_values(declared, chosen)
    return replace(
        draft, outputs=tuple(chosen), kind=kind, labels=declared.labels, temperature=declared.temperature,
        names=() if kind == TENSORS else declared.names, threshold=declared.threshold,
    ), warnings  # fmt: skip


def _check_values(declared: Declared, chosen: Sequence[Tensor]) -> None:
    if len(chosen) > 1:
        names = ", ".join(repr(tensor.name) for tensor in chosen)
        raise DeclarationError(f"{_PLACE}: the network has the outputs {names}: state tensor, or kind = 'tensors'")
    (tensor,) = chosen
    _refuse_free(tensor)
    if len(tensor.shape) > 1:
        raise DeclarationError(f"{_PLACE}: {_described(tensor)} an example: state kind = 'tensors'")
    size = tensor.shape[0] if tensor.shape else 1
    if declared.names and len(declared.names) != size:
        raise DeclarationError(
            f"{_PLACE}: there are {len(declared.names)} names, and {tensor.name!r} has {size} values"
        )
    if size > _MOST_VALUES:
        raise DeclarationError(f"{_PLACE}: {tensor.name!r} has {size} values; at most {_MOST_VALUES} are allowed")


def _check_order(labels: Sequence[str], own: Sequence[str]) -> None:
    """Check that labels that equal those in the graph have the same order. Raises DeclarationError."""
    if sorted(labels) == sorted(own) and tuple(labels) != tuple(own):
        order = ", ".join(map(repr, own[:_MOST_SHOWN])) + (", ..." if len(own) > _MOST_SHOWN else "")
        raise DeclarationError(f"{_PLACE}: labels has another order than the network, which has {order}")


def _of_classes(declared: Declared, chosen: Sequence[Tensor]) -> Tensor:
    """Return the only output with a number for each label. Raises DeclarationError."""
    labels = declared.labels
    if not labels:
        raise DeclarationError(f"{_PLACE}: kind = {declared.kind!r} needs labels")
    _refuse(declared, bool(declared.names), "names are for kind = values")
    if len(chosen) == 1:
        _refuse_free(chosen[0])
    fitting = [tensor for tensor in chosen if tensor.shape == (len(labels),) and tensor.datatype.startswith("FP")]
    if len(fitting) == 1:
        return fitting[0]
    widths = ", ".join(f"{tensor.name!r} {tensor.datatype} {shown_shape(tensor)}" for tensor in chosen)
    advice = ": state tensor" if fitting else ""
    if len(labels) == 2 and [tensor.shape for tensor in chosen] in ([()], [(1,)]):  # only the second label's
        advice = ': export one output for each label, or state kind = "values" without labels'
    raise DeclarationError(
        f"{_PLACE}: there are {len(labels)} labels, and the network's output"
        + (f"s are {widths}, an example each" if len(chosen) != 1 else f" {widths} an example")
        + advice
    )


def _kind_of_classes(declared: Declared, name: str, results: Arrays) -> tuple[str, list[str]]:
    """Return LOGITS or PROBABILITIES, and warnings if the numbers look like something else."""
    values = np.array([*results[name]], np.float64)
    off = np.abs(values.sum(axis=1) - 1.0).max()
    sums = bool((values >= 0).all() and off < _NEAR_ONE)
    if declared.kind == PROBABILITIES and not sums:
        fractions = bool((values >= 0).all() and (values <= 1).all())
        advice = 'several labels at once? kind = "values" answers each by its name' if fractions else "logits?"
        raise DeclarationError(
            f"{_PLACE}: kind = 'probabilities', and on a sample {name!r} does not add up to 1 (by {off:.2g}; least "
            f"{values.min():.2g}): {advice}"
        )
    kind = declared.kind or (PROBABILITIES if sums else LOGITS)
    warnings = _other_labels(name, values, results)
    if sums and kind == LOGITS:
        warnings = [f"{name!r} adds up to 1 on every sample: kind = 'probabilities'?", *warnings]
    return kind, warnings


def _other_labels(name: str, scores: npt.NDArray[np.float64], results: Arrays) -> list[str]:
    """Return a warning if the network's own label output has other classes, for example if scores are distances."""
    count, classes = scores.shape
    for other, labels in results.items():
        if labels.dtype.kind not in "iu" or labels.shape != (count,) or not set(labels) <= set(range(classes)):
            continue
        if differ := int((labels != scores.argmax(axis=1)).sum()):
            return [
                f"{other!r} has another class than the largest of {name!r} on {differ} of {count} samples: kind = "
                "'values'?"
            ]
    return []


def _shape(name: str, result: npt.NDArray[Any]) -> tuple[int, ...]:
    """Return the shape of one example, with FREE for sides that differ between examples."""
    if result.dtype != object:
        return result.shape[1:]
    shapes = [np.shape(example) for example in result]
    if len(set(map(len, shapes))) > 1:
        raise DeclarationError(
            f"the network's output {name!r} has {min(map(len, shapes))} dimensions or more an example"
        )
    return tuple(sides[0] if len(set(sides)) == 1 else FREE for sides in zip(*shapes, strict=True))


def _unbound(stated: Tensor, measured: Tensor) -> Tensor:
    """Return an output of a graph with variable inputs: its sides are free, too, unless the graph states them."""
    sides = list(stated.shape)
    if len(sides) != len(measured.shape) + 1:  # the graph does not state its shape
        return replace(measured, shape=(FREE,) * len(measured.shape))
    del sides[measured.axis or 0]
    return replace(measured, shape=tuple(sides))


def _refuse_free(tensor: Tensor) -> None:
    """Check that the shape of an output is fixed, as values and classes require. Raises DeclarationError."""
    if FREE in tensor.shape:
        raise DeclarationError(
            f"{_PLACE}: {_described(tensor)} an example, which depends on its input: state kind = 'tensors'"
        )


def _described(tensor: Tensor) -> str:
    return f"{tensor.name!r} has {shown_shape(tensor)}"


def _refuse(declared: Declared, wrong: bool, text: str) -> None:
    if wrong:
        raise DeclarationError(
            f"{_PLACE}: {text}" + ("" if declared.kind is None else f", and kind is {declared.kind!r}")
        )
