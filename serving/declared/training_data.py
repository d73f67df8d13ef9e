"""Training data, read from a file or folder that the author names: an array, a table or images."""

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import orjson

from inference import files
from inference.errors import ServiceError
from inference.images.image_file import has_magic
from inference.protocols.files import FileReader
from inference.protocols.named_objects import ObjectsReader
from inference.spec import InputSpec, ModelSpec, Rows
from inference.treatment import Treatment
from serving.declared.errors import DeclarationError
from serving.declared.section import read_text

LEAST = 100  # examples
_MOST = 100_000  # most examples to keep, evenly spread
_MOST_IMAGES = 10_000
_MOST_BYTES = 256 << 20  # most bytes of images to keep
_MOST_TEXT = 64 << 20  # most bytes of a text file
_DELIMITERS = ",;\t"
_ADVICE = "name a .npy file, a .csv file, or a folder of images"

Examples = tuple[Rows, Sequence[Treatment]]


def read(path: Path, spec: ModelSpec) -> Examples:
    """Read examples (n, *shape) of the input's dtype and their treatments, n from 100 to 100,000.

    Raises DeclarationError, which names the file and the place of the error.
    """
    input_spec = spec.input
    treatments: Sequence[Treatment] = ()
    if spec.inputs:
        rows = _named(path, spec)
    elif spec.preprocessing.read_file is None and (len(input_spec.shape) != 1 or input_spec.dtype.kind not in "fiub"):
        raise DeclarationError(
            f"--reference is for tables and images; one example is {input_spec.datatype} {list(input_spec.shape)}"
        )
    elif path.is_dir():
        rows, treatments = _images(path, spec)
    elif path.suffix in (".npy", ".csv"):
        rows = _array(path, input_spec) if path.suffix == ".npy" else _table(path, input_spec)
    else:
        raise DeclarationError(f"--reference {path} cannot be read: {_ADVICE}")
    if len(rows) < LEAST:
        raise DeclarationError(f"{path.name} has {len(rows)} examples; --reference needs at least {LEAST}")
    step = _step(len(rows), _MOST)
    return rows[::step], (treatments or [input_spec.treatment("numbers")] * len(rows))[::step]


def _named(path: Path, spec: ModelSpec) -> Rows:
    """Return the examples of a .jsonl file: one object by input name per line, as in requests."""
    if path.suffix != ".jsonl":
        raise DeclarationError(
            f"--reference {path} cannot be read: inputs by name need a .jsonl file with one object per line"
        )
    try:
        lines = [line for line in files.read(path, _MOST_TEXT).splitlines() if line.strip()]
        values = [orjson.loads(line) for line in lines]
        names = [f"example {index}" for index in range(len(values))]
        return ObjectsReader(spec, "write one object by input name per line").read(values, names)
    except (OSError, ValueError) as error:
        raise DeclarationError(f"{path.name} cannot be read: {error}") from error
    except ServiceError as error:
        raise DeclarationError(f"{path.name}: {error.message}; {error.hint}") from error


def _array(path: Path, input_spec: InputSpec) -> Rows:
    try:
        array = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise DeclarationError(f"{path.name} is not an array: {error}") from error
    if not isinstance(array, np.ndarray) or array.ndim < 1 or array.shape[1:] != input_spec.shape:
        raise DeclarationError(
            f"{path.name} has the shape {list(np.shape(array))}; [N, {_sides(input_spec)}] is needed"
        )
    if array.dtype.kind not in "fiub":
        raise DeclarationError(f"{path.name} has {array.dtype}; {input_spec.dtype} is needed")
    return _finite(array, path, input_spec, 0)


def _table(path: Path, input_spec: InputSpec) -> Rows:
    """Return the input's columns: by name from a file with a header, or all columns from a file without one."""
    if input_spec.columns and len(input_spec.shape) != 1:
        raise DeclarationError(f"{path.name} is a table; one example is {input_spec.datatype} {list(input_spec.shape)}")
    lines = _lines(path)
    if not lines:
        raise DeclarationError(f"{path.name} is empty")
    has_header = any(_number(cell) is None for cell in lines[0])
    order = _order(lines[0], path, input_spec) if has_header else _as_they_are(lines[0], path, input_spec)
    first = 1 + has_header
    rows = [_row(line, order, path, first + index) for index, line in enumerate(lines[has_header:])]
    numbers = np.array(rows, dtype=np.float64).reshape(-1, len(order))
    return _finite(numbers, path, input_spec, first)


def _lines(path: Path) -> list[list[str]]:
    text = read_text(path, _MOST_TEXT)
    head = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=head.count)
    return [line for line in csv.reader(text.splitlines(), delimiter=delimiter) if any(line)]


def _order(header: list[str], path: Path, input_spec: InputSpec) -> list[int]:
    names = [name.strip() for name in header]
    if not input_spec.columns:
        return _as_they_are(header, path, input_spec)
    if missing := [name for name in input_spec.columns if name not in names]:
        more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
        own = ", ".join(map(repr, names[:3])) + (", ..." if len(names) > 3 else "")
        raise DeclarationError(
            f"{path.name} lacks the columns {', '.join(map(repr, missing[:3]))}{more}: it has {own}; rename them "
            "there, or in model.toml under [input] columns"
        )
    return [names.index(name) for name in input_spec.columns]


def _as_they_are(line: list[str], path: Path, input_spec: InputSpec) -> list[int]:
    if len(line) != input_spec.size:
        remedy = "" if input_spec.columns else "; columns in model.toml choose among them by name"
        raise DeclarationError(f"{path.name} has {len(line)} columns; the model accepts {input_spec.size}{remedy}")
    return list(range(input_spec.size))


def _row(line: list[str], order: list[int], path: Path, place: int) -> list[float]:
    row = [_number(line[index]) if index < len(line) else None for index in order]
    if None in row:
        wrong = order[row.index(None)]
        cell = repr(line[wrong])[:40] if wrong < len(line) else "missing"
        raise DeclarationError(f"{path.name} line {place}: column {wrong + 1} is {cell}, not a number")
    return [number for number in row if number is not None]


def _number(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None


def _finite(array: npt.NDArray[np.generic], path: Path, input_spec: InputSpec, first: int) -> Rows:
    """Return the array in the input's dtype. Raises DeclarationError for a number that is infinite or does not fit."""
    with np.errstate(invalid="ignore", over="ignore"):
        rows: Rows = array.astype(input_spec.dtype)
        bad = ~np.isfinite(rows) if input_spec.dtype.kind == "f" else rows != array
    if len(wrong := np.argwhere(bad)):
        index, *place = wrong[0].tolist()
        where = input_spec.place(int(np.ravel_multi_index(place, input_spec.shape)))
        value = array[tuple(wrong[0])]
        raise DeclarationError(f"{path.name} {'line' if first else 'example'} {first + index}: {where} is {value}")
    return rows


def _images(folder: Path, spec: ModelSpec) -> Examples:
    """Return the image files below a folder; skip other files."""
    read_file = spec.preprocessing.read_file
    if read_file is None:
        raise DeclarationError(f"{folder} is a folder, but the model does not accept images: {_ADVICE}")
    reader = FileReader(read_file)
    rows: list[Rows] = []
    treatments: list[Treatment] = []
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    for path in paths[:: _step(len(paths), min(_MOST_IMAGES, _MOST_BYTES // spec.input.row_bytes))]:
        try:
            content = files.read(path, _MOST_TEXT)
            if not has_magic(content):
                continue
            read_ = reader.decode(content)
        except (OSError, ServiceError) as error:
            raise DeclarationError(f"{path} cannot be read: {error}") from error
        rows.append(read_.rows)
        treatments += read_.treatments
    if not rows:
        raise DeclarationError(f"{folder} has no image files")
    return np.concatenate(rows), treatments


def _step(count: int, most: int) -> int:
    """Return the step between kept examples, so that at most ``most`` of ``count`` are kept."""
    return max(1, -(-count // max(1, most)))


def _sides(input_spec: InputSpec) -> str:
    return ", ".join(map(str, input_spec.shape))
