"""TensorFlow Serving's and KServe v1's request: ``{"instances": [...]}``."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from inference.cost import Charge, free
from inference.errors import InvalidPixels
from inference.images import image_file
from inference.protocols import lists
from inference.protocols.request import ListRequest, check_count
from model.pixels import Images, Treatment

_HINT = f'{lists.HINT}, or {{"b64": "<base64 of an image file>"}}'


def decode(content: dict[str, Any], *, booleans: bool, charge: Charge = free) -> ListRequest:
    """Each instance is 784 numbers, 28x28, 28x28x1, or ``{"b64": "<image file>"}``; both kinds may be mixed."""
    values = content["instances"]
    if not isinstance(values, list) or not values:
        raise InvalidPixels(f"instances must be a list of images, not {lists.shown(values)}", _HINT)
    check_count(len(values))
    files = [index for index, value in enumerate(values) if isinstance(value, dict)]
    if not files:
        return ListRequest(*lists.images(values, _names(range(len(values))), booleans=booleans))
    return _decode_mixed(values, files, booleans, charge)


def _decode_mixed(values: list[Any], files: list[int], booleans: bool, charge: Charge) -> ListRequest:
    rest = sorted(set(range(len(values))) - set(files))
    groups: list[tuple[list[int], tuple[Images, Sequence[Treatment]]]] = [
        (files, image_file.read_all({_name(index): _base64(values[index], index) for index in files}, charge))
    ]
    if rest:
        groups.append((rest, lists.images([values[index] for index in rest], _names(rest), booleans=booleans)))
    order = np.argsort([index for indices, _ in groups for index in indices])
    images = np.concatenate([images for _, (images, _) in groups])[order]
    treatments = [treatment for _, (_, treatments) in groups for treatment in treatments]
    return ListRequest(images, [treatments[position] for position in order])


def _base64(value: dict[str, Any], index: int) -> object:
    if "b64" not in value:
        raise InvalidPixels(f"{_name(index)} is an object without the key b64", _HINT)
    return value["b64"]


def _names(indices: Iterable[int]) -> list[str]:
    return [_name(index) for index in indices]


def _name(index: int) -> str:
    return f"instances[{index}]"
