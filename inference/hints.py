"""Hints of error answers, made from a model's specification. They say what to send instead."""

from collections.abc import Sequence

import orjson

from inference.inputs.named import BOOLEAN, FREE, TEXT, NamedInput
from inference.spec import ModelSpec

_MOST_NAMED = 16  # columns or inputs in a hint
_NOUNS = {TEXT: "text", BOOLEAN: "boolean"}


class Hints:
    """Hints of error messages.

    body       the body as a whole
    content    the field of a form
    numbers    the numbers of an example
    file       a text or an object in place of numbers
    instances  an entry of ``instances``
    fewer      JSON that is too large
    request    an Open Inference Protocol request
    tensor     the input tensor of such a request
    outputs    the outputs that such a request lists
    """

    def __init__(self, spec: ModelSpec) -> None:
        names = ", ".join(f'{{"name": {_text(name)}}}' for name in spec.output.tensor_names)
        self.outputs = f'send {{"outputs": [{names}]}}, or leave outputs out'
        if spec.inputs:
            self._name(spec.inputs)
        else:
            self._describe(spec)

    def _name(self, inputs: Sequence[NamedInput]) -> None:
        """Describe inputs that have names."""
        some = inputs[:_MOST_NAMED]
        members = ", ".join(f"{_text(entry.name)}: {_value(entry)}" for entry in some)
        tensors = ", ".join(
            f'{{"name": {_text(entry.name)}, "shape": {_layout(entry)}, "datatype": "{entry.datatype}", "data": [...]}}'
            for entry in some
        )
        self.body = 'send JSON: {"x": ...}, {"instances": [...]} or an Open Inference Protocol request'
        self.content = "JSON"
        self.numbers = self.file = self.instances = self.fewer = f"send objects like {{{members}}}"
        self.request = self.tensor = f'send {{"inputs": [{tensors}]}}'

    def _describe(self, spec: ModelSpec) -> None:
        """Describe the only input."""
        input_spec, reads_files = spec.input, spec.preprocessing.read_file is not None
        noun = input_spec.example
        file, files = ("an image file (PNG, JPEG, GIF, BMP, WebP or TIFF), ", f"{noun}, ") if reads_files else ("", "")
        size = f"{input_spec.size} numbers"
        rows = _nested(input_spec.shape)
        limits = " from {:g} to {:g}".format(*input_spec.limits) if input_spec.limits else ""
        self.body = (
            f"send {file}raw {input_spec.number}s ({input_spec.row_bytes} bytes per {noun}) as "
            'application/octet-stream, or JSON: {"x": ...}, {"instances": [...]} or an Open Inference Protocol request'
        )
        self.content = f"{files}{input_spec.number}s or JSON"
        self.numbers = f"send {size}{limits}{rows}{input_spec.meaning}"
        as_instance = ', or {"instances": [{"b64": "<base64 of an image file>"}]}'
        self.file = self.numbers + (as_instance if reads_files else "")
        self.instances = self.numbers + (', or {"b64": "<base64 of an image file>"}' if reads_files else "")
        if input_spec.columns:
            self.file = f'{self.numbers}, or {{"instances": [{{{_members(input_spec.columns)}}}]}}'
            self.instances = f"send rows of {size}, or objects like {{{_members(input_spec.columns)}}}"
        self.fewer = f"send fewer {noun}s per request, each as {size}{rows and rows.replace(' or ', ' or as ', 1)}"
        self.request = (
            f'send {{"inputs": [{{"name": "{input_spec.name}", "shape": [1, {input_spec.size}], '
            f'"datatype": "{input_spec.datatype}", "data": [...]}}]}}'
        )
        shapes = _choice([f"[N,{','.join(map(str, shape))}]" for shape in _shapes(spec)])
        self.tensor = f"send datatype {_datatypes(spec)} with shape {shapes}"
        self.tensor += ", or BYTES with shape [N]" if reads_files else ""


def _value(input_spec: NamedInput) -> str:
    """Return a description of an input's value."""
    noun = _NOUNS.get(input_spec.datatype, "number" if input_spec.dtype.kind == "f" else "whole number")
    sides = ", ".join("any" if side == FREE else str(side) for side in input_spec.shape)
    text = f"[{noun}s of shape [{sides}]]" if input_spec.shape else f"a {noun}"
    return text if input_spec.default is None else f"{text} (optional)"


def _layout(input_spec: NamedInput) -> str:
    return f"[{', '.join('any' if side == FREE else str(side) for side in input_spec.layout('N'))}]"


def _members(columns: Sequence[str]) -> str:
    """Return the first members of an object by column, as JSON."""
    members = ", ".join(f"{_text(name)}: ..." for name in columns[:_MOST_NAMED])
    return members if len(columns) <= _MOST_NAMED else f"{members}, ... {len(columns)} columns in all"


def _text(name: str) -> str:
    return orjson.dumps(name).decode()


def _nested(shape: Sequence[int]) -> str:
    if len(shape) < 2:
        return ""
    deeper = "".join(f", each of {side}" for side in shape[2:])
    return f" or {shape[0]} rows of {shape[1]}{deeper}"


def _shapes(spec: ModelSpec) -> list[tuple[int, ...]]:
    input_spec = spec.input
    flat = [(input_spec.size,)] if input_spec.shape != (input_spec.size,) else []
    return [*flat, input_spec.shape, *input_spec.tensor_shapes]


def _datatypes(spec: ModelSpec) -> str:
    input_spec = spec.input
    own = (
        "{} ({:g}..{:g})".format(input_spec.datatype, *input_spec.limits) if input_spec.limits else input_spec.datatype
    )
    return own if input_spec.scale is None or input_spec.datatype == "FP32" else f"{own}, FP32 (0..1)"


def _choice(texts: Sequence[str]) -> str:
    return " or ".join(filter(None, (", ".join(texts[:-1]), texts[-1])))
