"""Samples of a declared model: the files of its folder ``samples/``, or examples drawn at random."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from inference import files
from inference.declared import specification
from inference.declared.declaration import Declaration
from inference.errors import ServiceError
from inference.messages import JSON, Message
from inference.protocols import Decoder
from inference.spec import InputSpec, ModelSpec, Rows
from serving.declared import generated_named
from serving.declared.errors import DeclarationError
from serving.declared.json_file import read_json_value

EXPECTED = ".expected.json"
COUNT = 64  # examples that the checks need at least: the largest batch
_MOST_FILES = 1000
_MOST_BYTES = 64 << 20
_SEED = 20


@dataclass(frozen=True)
class FolderSamples:
    """Examples.

    rows       (n, *shape) of the input's dtype, n >= 64; structured (n,) for inputs by name
    names      of the files that the first of them came from
    expected   what the author expects, by name: the content of ``NAME.expected.json``
    """

    rows: Rows
    names: tuple[str, ...]
    expected: dict[str, Any]

    def name(self, index: int) -> str:
        """Return what an example is called in messages."""
        return f"sample {self.names[index]}" if index < len(self.names) else f"generated example {index}"


def read(folder: Path, declaration: Declaration) -> FolderSamples:
    """Read a folder of samples, and add generated examples.

    A sample is an image file, a .npy file of one example, or a .json file: a row, an object by column or input, or
    the body of a request for one example. Raises DeclarationError for a file that is none.
    """
    spec = specification.of(declaration)
    decoder = Decoder(spec)
    paths = sorted(path for path in folder.iterdir() if path.is_file()) if folder.is_dir() else []
    paths = [path for path in paths if not path.name.startswith(".")]
    if len(paths) > _MOST_FILES:
        raise DeclarationError(f"{folder.name}/ has {len(paths)} files; at most {_MOST_FILES} are read")
    inputs = [path for path in paths if not path.name.endswith(EXPECTED)]
    own = [_row(path, decoder, spec) for path in inputs]
    rows = [np.concatenate(own)] if own else []
    count = max(2, COUNT - len(own))
    rows.append(generated_named.rows(spec.inputs, rows, count) if spec.inputs else generated(spec.input, count))
    names = tuple(path.name for path in inputs)
    return FolderSamples(np.concatenate(rows), names, _expected(paths, inputs))


def generated(given: InputSpec, count: int) -> Rows:
    """Return examples (count, *shape) drawn from a seed: bytes of any value, small whole numbers, or normal floats."""
    random = np.random.default_rng(_SEED)
    shape = (count, *given.shape)
    if given.dtype.kind == "f":
        return random.normal(size=shape).astype(given.dtype)
    if given.scale is not None:
        return random.integers(0, 256, shape).astype(given.dtype)
    return random.integers(0, 2, shape).astype(given.dtype)  # an index that a network looks up exists


def _row(path: Path, decoder: Decoder, spec: ModelSpec) -> Rows:
    """One example (1, *shape), by the code that reads requests."""
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
    """The body of a request: a row, or an object by column or input, becomes its only instance."""
    content = read_json_value(path)
    is_example = isinstance(content, dict) and set(content) <= {given.name for given in spec.inputs}
    if isinstance(content, dict) and not is_example and {"x", "instances", "inputs"} & set(content):
        return body
    return orjson.dumps({"instances": [content]})


def _array(path: Path, given: InputSpec) -> Rows:
    try:
        array = np.load(path, allow_pickle=False)
    except (OSError, ValueError) as error:
        raise DeclarationError(f"sample {path.name} is no array: {error}") from error
    if array.shape == given.shape:
        array = array[None]
    if array.shape != (1, *given.shape) or not np.can_cast(array.dtype, given.dtype, "same_kind"):
        raise DeclarationError(
            f"sample {path.name} is {array.dtype} {list(array.shape)}; one example is {given.dtype} {list(given.shape)}"
        )
    row: Rows = array.astype(given.dtype)
    return row


def _expected(paths: list[Path], inputs: list[Path]) -> dict[str, Any]:
    """The expected outputs of samples, by the name of the sample's file."""
    named = {path.stem: path.name for path in inputs} | {path.name: path.name for path in inputs}
    expected = {}
    for path in paths:
        if path.name.endswith(EXPECTED):
            name = path.name.removesuffix(EXPECTED)
            if name not in named:
                raise DeclarationError(f"{path.name} belongs to no sample: there is no file {name} beside it")
            expected[named[name]] = read_json_value(path)
    return expected
