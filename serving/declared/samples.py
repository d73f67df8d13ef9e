"""Samples of a declared model: the files in its folder ``samples/``, and examples drawn at random."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from inference import files
from inference.declared import specification
from inference.declared.declaration import Declaration
from inference.errors import ServiceError
from inference.http_message import JSON, Message
from inference.inputs.named import FREE, TEXT, Array, NamedInput, joined
from inference.protocols import Decoder
from inference.spec import InputSpec, ModelSpec, Rows
from serving.declared.errors import DeclarationError
from serving.declared.section import read_json

EXPECTED = ".expected.json"
COUNT = 64  # least number of examples for the checks: the largest batch
_MOST_FILES = 1000
_MOST_BYTES = 64 << 20
_SEED = 20
_SIDES = (16, 24)  # lengths of free sides, in turn
_TEXTS = ("a", "some words", "Grüße", "2 + 2 = 4", "")


@dataclass(frozen=True)
class FolderSamples:
    """Examples for the checks of a declared model.

    folder     folder of the sample files
    rows       (n, *shape) of the input's dtype, n >= 64; structured (n,) for named inputs
    names      names of the files of the first rows; generated rows have none
    expected   file name -> content of ``NAME.expected.json``, the outputs that the author expects
    """

    folder: Path
    rows: Rows
    names: tuple[str, ...]
    expected: dict[str, Any]

    def name(self, index: int) -> str:
        """Return the name of an example for messages."""
        return f"sample {self.names[index]}" if index < len(self.names) else f"generated example {index}"


def read(folder: Path, declaration: Declaration) -> FolderSamples:
    """Read a folder of samples, and add generated examples.

    A sample is an image file, a .npy file of one example, or a .json file: a row, an object by column or input, or the
    body of a request for one example. Raises DeclarationError for any other file.
    """
    spec = specification.of(declaration)
    decoder = Decoder(spec)
    paths = sorted(path for path in folder.iterdir() if path.is_file()) if folder.is_dir() else []
    paths = [path for path in paths if not path.name.startswith(".")]
    if len(paths) > _MOST_FILES:
        raise DeclarationError(f"{folder.name}/ has {len(paths)} files; at most {_MOST_FILES} are read")
    inputs = [path for path in paths if not path.name.endswith(EXPECTED)]
    own = [_row(path, decoder, spec) for path in inputs]
    others = generated(spec, np.concatenate(own) if own else None, max(2, COUNT - len(own)))
    names = tuple(path.name for path in inputs)
    return FolderSamples(folder, np.concatenate([*own, others]), names, _expected(paths, inputs))


def generated(spec: ModelSpec, own: Rows | None, count: int) -> Rows:
    """Return examples (count, *shape) drawn with a fixed seed.

    own  the folder's examples: generated examples with named inputs get their shapes, texts and shared values
    """
    random = np.random.default_rng(_SEED)
    if spec.inputs:
        return joined(
            spec.inputs, {input_spec.name: _column(input_spec, own, count, random) for input_spec in spec.inputs}, count
        )
    shape = (count, *spec.input.shape)
    if spec.input.scale is not None:  # bytes of an image
        return random.integers(0, 256, shape).astype(spec.input.dtype)
    return _drawn(spec.input.dtype, shape, random)


def _column(input_spec: NamedInput, own: Rows | None, count: int, random: np.random.Generator) -> list[Array]:
    """Return ``count`` values of one input."""
    if own is not None:
        values = [np.asarray(own[input_spec.name][index % len(own)], input_spec.dtype) for index in range(count)]
        shares = input_spec.axis is None or input_spec.datatype == TEXT
        return values if shares else [_drawn(input_spec.dtype, value.shape, random) for value in values]
    if input_spec.axis is None:
        return [
            _drawn(input_spec.dtype, input_spec.shape, random) if input_spec.default is None else input_spec.default
        ] * count
    return [_drawn(input_spec.dtype, input_spec.shape, random, _SIDES[index % 2]) for index in range(count)]


def _drawn(dtype: np.dtype[Any], shape: Sequence[int], random: np.random.Generator, free: int = _SIDES[0]) -> Array:
    """Return normal floats, small whole numbers, booleans or texts.

    free  length of free sides
    """
    sides = [free if side == FREE else side for side in shape]
    if dtype.kind == "O":
        return random.choice(np.array(_TEXTS, object), sides)
    if dtype.kind == "f":
        return random.normal(size=sides).astype(dtype)
    return random.integers(0, 2, sides).astype(dtype)  # 0 and 1 are also valid indices of embeddings


def _row(path: Path, decoder: Decoder, spec: ModelSpec) -> Rows:
    """Return one example (1, *shape), read by the code that reads requests."""
    if path.suffix == ".npy" and not spec.inputs:
        return _array(path, spec.input)
    if spec.inputs and path.suffix != ".json":
        raise DeclarationError(f"sample {path.name}: inputs by name come in .json files: objects like a request's")
    if path.suffix != ".json" and spec.preprocessing.read_file is None:
        raise DeclarationError(f"sample {path.name}: one example comes in a .json or .npy file")
    try:
        body = files.read(path, _MOST_BYTES)
        message = Message(_request(body, path, spec), JSON) if path.suffix == ".json" else Message(body, "image/png")
        rows = decoder.decode(message).rows
    except OSError as error:
        raise DeclarationError(f"sample {path.name} cannot be read: {error}") from error
    except ServiceError as error:
        raise DeclarationError(f"sample {path.name} is no example: {error.message}; {error.hint}") from error
    if len(rows) != 1:
        raise DeclarationError(f"sample {path.name} has {len(rows)} examples; a file holds one")
    return rows


def _request(body: bytes, path: Path, spec: ModelSpec) -> bytes:
    """Return the body of a request. A row, or an object by column or input, becomes its only instance."""
    content = read_json(path)
    is_example = isinstance(content, dict) and set(content) <= {input_spec.name for input_spec in spec.inputs}
    if isinstance(content, dict) and not is_example and {"x", "instances", "inputs"} & set(content):
        return body
    return orjson.dumps({"instances": [content]})


def _array(path: Path, input_spec: InputSpec) -> Rows:
    try:
        array = np.load(path, allow_pickle=False)
    except (OSError, ValueError) as error:
        raise DeclarationError(f"sample {path.name} is not an array: {error}") from error
    if array.shape == input_spec.shape:
        array = array[None]
    if array.shape != (1, *input_spec.shape) or not np.can_cast(array.dtype, input_spec.dtype, "same_kind"):
        raise DeclarationError(
            f"sample {path.name} is {array.dtype} {list(array.shape)}; one example is {input_spec.dtype} "
            f"{list(input_spec.shape)}"
        )
    row: Rows = array.astype(input_spec.dtype)
    return row


def _expected(paths: list[Path], inputs: list[Path]) -> dict[str, Any]:
    """Return the expected outputs of samples, by the name of the sample's file."""
    named = {path.stem: path.name for path in inputs} | {path.name: path.name for path in inputs}
    expected = {}
    for path in paths:
        if path.name.endswith(EXPECTED):
            name = path.name.removesuffix(EXPECTED)
            if name not in named:
                raise DeclarationError(f"{path.name} belongs to no sample: there is no file {name} beside it")
            expected[named[name]] = read_json(path)
    return expected
