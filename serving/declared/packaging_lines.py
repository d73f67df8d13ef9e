"""Lines that packaging prints about a declared model: inputs, outputs, checks, file and an example request."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import orjson

from inference.declared.declaration import Declaration
from inference.inputs.named import FREE, Tensor
from serving.archives.record import Archive
from serving.declared.checks import sizes
from serving.declared.resolution import Resolved

_MOST_CURL = 12  # most numbers of a row in a command
_MOST_SHOWN = 8  # most labels or columns


def lines(resolved: Resolved, archive: Archive, shown: str) -> Iterator[str]:
    """Yield the lines about the archive, whose path is printed as ``shown``."""
    declaration, figures = resolved.declaration, resolved.figures
    for tensor in declaration.inputs or (declaration.input,):
        yield f"input    {_tensor(tensor)}{_of_input(declaration, tensor)}"
    for output in declaration.outputs:
        yield f"output   {_tensor(output)}, {declaration.kind}{_of_output(declaration)}"
    yield f"samples  {figures.samples} from the folder, {figures.generated} generated, {figures.expected} with outputs"
    batches = ", ".join(map(str, sizes(declaration.batched)))
    if declaration.batched:
        yield f"batches  of {batches} give the same outputs within {figures.batch:.1e}"
    else:
        yield "batches  of 1: examples are run one at a time"
    if figures.original is not None:
        yield f"parity   with PyTorch at batch sizes {batches} within {figures.original:.1e}"
    yield f"archive  answers in a process of its own within {figures.archive:.1e}"
    if figures.reference:
        yield f"drift    is held against {figures.reference:,} examples of the training data"
    for warning in figures.warnings:
        yield f"warning  {warning}"
    yield f"size     {archive.path.stat().st_size:,} bytes"
    yield f"{archive.sha256}  {shown}"
    yield curl(resolved)


def curl(resolved: Resolved) -> str:
    """Return a command that sends a request with one example."""
    declaration = resolved.declaration
    start = 'curl -H "Authorization: Bearer $INFERENCE_KEY"'
    url = f"http://127.0.0.1:8080/predictions/{declaration.name}"
    if declaration.image:
        return f"{start} -T IMAGE {url}"
    row = resolved.samples.rows[0]
    if declaration.inputs:
        return f"{_made(declaration, row)} | {start} -H 'Content-Type: application/json' -d @- {url}"
    if row.size > _MOST_CURL:
        return f"head -c {row.nbytes} /dev/zero | {start} -H 'Content-Type: application/octet-stream' -T - {url}"
    numbers = _rounded(row).tolist()
    content = dict(zip(declaration.columns, numbers, strict=True)) if declaration.columns else numbers
    text = _json({"instances": [content]}).replace("'", "'\\''")
    return f"{start} -H 'Content-Type: application/json' -d '{text}' {url}"


def _made(declaration: Declaration, row: Any) -> str:
    """Return a command that prints a request with named inputs, without those that have a default."""
    wanted = [tensor for tensor in declaration.inputs if tensor.name not in declaration.defaults]
    members = ", ".join(f"{_json(tensor.name)}: {_expression(np.asarray(row[tensor.name]))}" for tensor in wanted)
    text = f'import json; print(json.dumps({{"instances": [{{{members}}}]}}))'.replace("'", "'\\''")
    return f"python3 -c '{text}'"


def _expression(array: Any) -> str:
    """Return a Python expression for a value: the value itself if it is short, or else zeros of its shape."""
    if array.size <= _MOST_CURL:
        return repr(_rounded(array).tolist())
    text = '"text"' if array.dtype == object else "False" if array.dtype == np.bool_ else "0"
    for side in reversed(array.shape):
        text = f"[{text}] * {side}"
    return text


def _rounded(array: Any) -> Any:
    return np.round(array.astype(np.float64), 3) if array.dtype.kind == "f" else array


def _tensor(tensor: Tensor) -> str:
    sides = ["any" if side == FREE else str(side) for side in tensor.layout("N")]
    return f"{tensor.name} {tensor.datatype} [{', '.join(sides)}]"


def _of_input(declaration: Declaration, tensor: Tensor) -> str:
    if image := declaration.image:
        crop = f", cropped to {image.crop_size}" if image.crop_size else ""
        return f", {image.color} images resized to {image.size or image.shortest_edge} ({image.resample}){crop}"
    if tensor.name in declaration.defaults:
        return f", {declaration.defaults[tensor.name]!s:.40} if left out"
    return f", columns {_few(declaration.columns)}" if declaration.columns else ""


def _of_output(declaration: Declaration) -> str:
    names = declaration.labels or declaration.names
    return f" of {_few(names)}" if names else ""


def _json(content: Any) -> str:
    return orjson.dumps(content).decode()


def _few(names: tuple[str, ...]) -> str:
    rest = len(names) - _MOST_SHOWN
    return ", ".join(names[:_MOST_SHOWN]) + (f" and {rest} more" if rest > 0 else "")
