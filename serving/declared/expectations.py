"""Outputs that a model's author expects for samples, and the likely cause of a difference."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from inference.declared.declaration import RESAMPLES, Declaration, ImageInput
from inference.declared.network import Network
from inference.results import Arrays, Tensors, Values, distance
from inference.spec import Rows
from serving.declared.errors import DeclarationError
from serving.declared.samples import FolderSamples

TOLERANCE = 1e-3  # authors round their numbers
_KEYS = ("label", "probabilities", "logits", "values")
# From a declaration, the index of a sample and True for reversed channels to its outputs by expected key.
Answer = Callable[[Declaration, int, bool], Arrays]


def check(declaration: Declaration, network: Network, samples: FolderSamples, variant: Answer) -> int:
    """Compare outputs with those that the author expects, and return the number of compared samples.

    variant  predicts a sample with another declaration, to find preprocessing that would match

    Raises DeclarationError, which names the sample, the difference and the likely cause.
    """
    for index, name in enumerate(samples.names):
        if name in samples.expected:
            expected = read(samples.expected[name], declaration, name)
            actual = outputs(network, samples.rows[index : index + 1])
            difference = _distance(actual, expected)
            if difference > TOLERANCE:
                cause = _cause(declaration, expected, index, variant)
                raise DeclarationError(
                    f"sample {name}: {_difference(declaration, actual, expected, difference)}; {TOLERANCE:.0e} is "
                    f"allowed{cause}"
                )
    return len(samples.expected)


def read(content: Any, declaration: Declaration, name: str) -> Arrays:
    """Return expected arrays by key. Raises DeclarationError.

    content  of the JSON file: a label, a list of numbers, or an object by key (label, probabilities, logits, values, or
             output names for the kind tensors)
    """
    if isinstance(content, str):
        content = {"label": content}
    if isinstance(content, int | float | list):
        content = {"probabilities" if declaration.has_classes else "values": content}
    if not isinstance(content, Mapping) or not content:
        raise DeclarationError(f"{name}: the expected value must be a label, a list of numbers, or an object")
    known = _KEYS if declaration.kind != "tensors" else tuple(output.name for output in declaration.outputs)
    expected = {}
    for key, value in content.items():
        if key not in known:
            raise DeclarationError(f"{name}: {key!r:.60} is not a known key; known keys are {', '.join(known)}")
        expected[key] = _array(key, value, declaration, name)
    return expected


def _array(key: str, value: Any, declaration: Declaration, name: str) -> Any:
    if key == "label":
        if value not in declaration.labels:
            raise DeclarationError(f"{name}: the label {value!r:.60} is expected, but it is not one of the labels")
        return np.array(declaration.labels.index(value))
    if key == "values" and isinstance(value, Mapping):
        value = [value.get(column) for column in declaration.names]
    try:
        return np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DeclarationError(f"{name}: {key} must be numbers: {error}") from error


def outputs(network: Network, row: Rows) -> Arrays:
    """Return the outputs for an example by the keys that may be expected."""
    results = network.predict(row)
    if isinstance(results, Tensors):
        return {name: array[0] for name, array in results.arrays.items()}
    if isinstance(results, Values):
        return {"values": results.values[0]}
    (logits,) = network.arrays(row).values()
    return {"label": results.classes[0], "probabilities": results.probabilities[0], "logits": logits[0]}


def _distance(actual: Arrays, expected: Arrays) -> float:
    chosen = {key: np.asarray(actual[key]).reshape(-1) for key in expected if key in actual}
    return distance(chosen, {key: np.asarray(array).reshape(-1) for key, array in expected.items()})


def _difference(declaration: Declaration, actual: Arrays, expected: Arrays, largest: float) -> str:
    if "label" in expected and "label" in actual and int(actual["label"]) != int(expected["label"]):
        labels = declaration.labels
        return f"{labels[int(actual['label'])]!r} is predicted, {labels[int(expected['label'])]!r} is expected"
    return f"{', '.join(expected)} differs by {largest:.2g} from what is expected"


def _cause(declaration: Declaration, expected: Arrays, index: int, variant: Answer) -> str:
    """Return a hint about the preprocessing with which the sample would match, or an empty text without images."""
    if declaration.image is None:
        return ""
    for text, image in _variants(declaration.image):
        if _distance(variant(replace(declaration, image=image), index, False), expected) <= TOLERANCE:
            return f": likely cause: {text} would match"
    if declaration.image.channels == 3 and _distance(variant(declaration, index, True), expected) <= TOLERANCE:
        return ": likely cause: the order of the channels, the network takes BGR"
    return ": no other resampling, scale, normalisation or order of channels matches"


def _variants(image: ImageInput) -> Iterator[tuple[str, ImageInput]]:
    scale = 1.0 if image.rescale_factor != 1.0 else 1 / 255
    plain = {"image_mean": (0.0,), "image_std": (1.0,)}
    variants: dict[str, dict[str, Any]] = {
        f"resample = {resample!r}": {"resample": resample} for resample in RESAMPLES if resample != image.resample
    }
    variants |= {
        f"rescale_factor = {scale:g}": {"rescale_factor": scale},
        "no image_mean and image_std": plain,
        f"rescale_factor = {scale:g} and no image_mean": {"rescale_factor": scale, **plain},
        "image_mean = 0.5 and image_std = 0.5": {"image_mean": (0.5,), "image_std": (0.5,)},
    }
    if image.channels == 3:
        imagenet = {"image_mean": (0.485, 0.456, 0.406), "image_std": (0.229, 0.224, 0.225)}
        variants["ImageNet's image_mean and image_std"] = imagenet
    for text, changes in variants.items():
        yield text, replace(image, **changes)
