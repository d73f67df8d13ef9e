"""Hints in error answers, made once from the specification of a model. They say what to send instead."""

from collections.abc import Sequence

import orjson

from inference.inputs.named import BOOLEAN, FREE, TEXT, NamedInput
from inference.spec import ModelSpec

_MOST_NAMED = 16  # columns or inputs in a hint
_NOUNS = {TEXT: "text", BOOLEAN: "boolean"}


class Hints:
    """Hints by the part of the request that is wrong.

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
        self.outputs = f'ask for {{"outputs": [{names}]}}, or leave outputs out'
        if spec.inputs:
            self._name(spec.inputs)
        else:
            self._describe(spec)

    def _name(self, inputs: Sequence[NamedInput]) -> None:
        """Describe inputs that have names."""
        some = inputs[:_MOST_NAMED]
        members = ", ".join(f"{_text(given.name)}: {_value(given)}" for given in some)
        tensors = ", ".join(
            f'{{"name": {_text(given.name)}, "shape": {_layout(given)}, "datatype": "{given.datatype}", "data": [...]}}'
            for given in some
        )
        self.body = 'send JSON: {"x": ...}, {"instances": [...]} or an Open Inference Protocol request'
        self.content = "JSON"
        self.numbers = self.file = self.instances = self.fewer = f"send objects like {{{members}}}"
        self.request = self.tensor = f'send {{"inputs": [{tensors}]}}'

    def _describe(self, spec: ModelSpec) -> None:
        """Describe the only input."""
        given, reads_files = spec.input, spec.preprocessing.read_file is not None
        noun = given.example
        example = f"{_article(noun)} {noun}"
        file, files = ("an image file (PNG, JPEG, GIF, BMP, WebP or TIFF), ", f"{noun}, ") if reads_files else ("", "")
        size = f"{given.size} numbers"
        rows = _nested(given.shape)
        limits = " from {:g} to {:g}".format(*given.limits) if given.limits else ""
        self.body = (
            f"send {file}raw {given.number}s ({given.row_bytes} bytes {example}) as application/octet-stream, or JSON: "
            '{"x": ...}, {"instances": [...]} or an Open Inference Protocol request'
        )
        self.content = f"{files}{given.number}s or JSON"
        self.numbers = f"send {size}{limits}{rows}{given.meaning}"
        as_instance = ', or {"instances": [{"b64": "<base64 of an image file>"}]}'
        self.file = self.numbers + (as_instance if reads_files else "")
        self.instances = self.numbers + (', or {"b64": "<base64 of an image file>"}' if reads_files else "")
        if given.columns:
            self.file = f'{self.numbers}, or {{"instances": [{{{_members(given.columns)}}}]}}'
            self.instances = f"send rows of {size}, or objects like {{{_members(given.columns)}}}"
        self.fewer = f"send fewer {noun}s a request, each as {size}{rows and rows.replace(' or ', ' or as ', 1)}"
        self.request = (
            f'send {{"inputs": [{{"name": "{given.name}", "shape": [1, {given.size}], "datatype": "{given.datatype}", '
            '"data": [...]}]}'
        )
        shapes = _choice([f"[N,{','.join(map(str, shape))}]" for shape in _shapes(spec)])
        self.tensor = f"datatype {_datatypes(spec)} with shape {shapes}"
        self.tensor += ", or BYTES with shape [N]" if reads_files else ""


def _value(given: NamedInput) -> str:
    noun = _NOUNS.get(given.datatype, "number" if given.dtype.kind == "f" else "whole number")
    sides = ", ".join("any" if side == FREE else str(side) for side in given.shape)
    text = f"[{noun}s of the shape [{sides}]]" if given.shape else f"a {noun}"
    return text if given.default is None else f"{text} (or left out)"


def _layout(given: NamedInput) -> str:
    return f"[{', '.join('any' if side == FREE else str(side) for side in given.layout('N'))}]"


def _members(columns: Sequence[str]) -> str:
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
    given = spec.input
    flat = [(given.size,)] if given.shape != (given.size,) else []
    return [*flat, given.shape, *given.tensor_shapes]


def _datatypes(spec: ModelSpec) -> str:
    given = spec.input
    own = "{} ({:g}..{:g})".format(given.datatype, *given.limits) if given.limits else given.datatype
    return own if given.scale is None or given.datatype == "FP32" else f"{own}, FP32 (0..1)"


def _choice(texts: Sequence[str]) -> str:
    return " or ".join(filter(None, (", ".join(texts[:-1]), texts[-1])))


def _article(noun: str) -> str:
    return "an" if noun[0] in "aeiou" else "a"
