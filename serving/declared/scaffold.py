"""First ``model.toml`` of a folder, written from its network."""

from collections.abc import Sequence
from pathlib import Path

import orjson

from inference import files
from inference.inputs.named import FREE, Tensor
from inference.spec import MOST_LABELS
from serving.declared import graph
from serving.declared.errors import DeclarationError
from serving.declared.folder import FILE, PREPROCESSOR, REFUSED, WEIGHTS
from serving.declared.graph import OnnxGraph, Value, refused, shown_shape
from serving.declared.inputs import NEVER_ROWS, batch_axis
from serving.declared.labels import CONFIG, INDEX

_PYTHON = "network.py"
_LABELS = "labels.txt"
_MOST_WRITTEN = 20  # most labels or columns to write
_CHANNELS = (1, 3)


def write(folder: Path) -> str:
    """Write ``model.toml`` and return its text.

    Raises DeclarationError if it exists, or if the folder has no network that can be served.
    """
    path = folder / FILE
    if not folder.is_dir():
        raise DeclarationError(f"{folder} is not a folder: make one that holds the network")
    if path.exists():
        raise DeclarationError(f"{path} exists: edit it, or remove it first")
    text = _text(folder)
    files.replace(path, text.encode())
    return text


def _text(folder: Path) -> str:
    graphs = sorted(folder.glob("*.onnx"))
    name = "".join(c if c.isascii() and (c.isalnum() or c in "_-") else "-" for c in folder.resolve().name).strip("-_")
    lines = [f"name = {_json(name or 'model')}"]
    if len(graphs) == 1:
        made = graph.read(graphs[0])
        lines += [f"network = {_json(graphs[0].name)}", "", "[input]", *_input(folder, made), "", "[output]"]
        lines += _output(folder, made)
    elif not graphs and (folder / _PYTHON).is_file():
        weights = sorted(path for path in folder.iterdir() if path.suffix.lower() in WEIGHTS)
        lines.append(f'network = "{_PYTHON}:make"  # a function or class without arguments that gives the module')
        lines += [f"weights = {_json(weights[0].name)}"] if weights else ['# weights = "weights.safetensors"']
        lines += ["", "[input]", '# columns = ["..."]  # of a table, or for images', f"# {_image((3, 224, 224))}"]
        lines += ["", "[output]", '# kind = "logits"', '# labels = ["..."]']
    else:
        raise DeclarationError(_without_network(folder, graphs))
    return "\n".join(lines) + "\n"


def _without_network(folder: Path, graphs: Sequence[Path]) -> str:
    unsafe = [path.name for path in sorted(folder.iterdir()) if path.suffix.lower() in REFUSED]
    if unsafe and not graphs:
        return f"{unsafe[0]} is not accepted: {REFUSED[Path(unsafe[0]).suffix.lower()]}"
    return f"{folder} has {len(graphs)} .onnx files and no {_PYTHON}: put one network there"


def _input(folder: Path, made: OnnxGraph) -> list[str]:
    if refusals := refused("input", made.inputs):
        raise DeclarationError(refusals)
    lines = [f"# the network takes {_described(value)}" for value in made.inputs]
    sides = made.inputs[0].tensor.shape[1:] if made.inputs else ()
    by_name = len(made.inputs) != 1 or made.inputs[0].tensor.datatype in NEVER_ROWS
    if by_name or (FREE in sides and len(sides) != 3):
        return [*lines, *(line for value in made.inputs for line in _by_name(value.tensor))]
    if len(sides) == 1 and sides[0] != FREE:
        names = _list([f"column {index}" for index in range(1, sides[0] + 1)])
        return [*lines, f"columns = {names}" if sides[0] <= _MOST_WRITTEN else "# columns = [...]"]
    if len(sides) == 3 and (sides[0] in _CHANNELS or sides[2] in _CHANNELS):
        if (folder / PREPROCESSOR).is_file():
            return [*lines, f"# {PREPROCESSOR} describes the preprocessing of images"]
        return [*lines, _image(sides, scaled=made.inputs[0].tensor.datatype != "UINT8")]
    return lines


def _by_name(tensor: Tensor) -> list[str]:
    """Return suggestions for a named input: its value if it has no batch, or else its free sides."""
    place = f"[inputs.{_json(tensor.name)}]"
    axis = batch_axis(tensor)
    if axis is None:
        return ["", f"# {place}  # it has no batch: requests state its value, unless one is stated here", "# value = 0"]
    sides = [side for index, side in enumerate(tensor.shape) if index != axis]
    if FREE not in sides:
        return []
    text = ", ".join("?" if side == FREE else str(side) for side in sides)
    return ["", f"# {place}  # examples of any shape; those of one shape are faster", f"# shape = [{text}]"]


def _image(sides: tuple[int, ...], *, scaled: bool = True) -> str:
    """Return the declaration of images, without a scale if the network takes bytes."""
    first = sides[0] in _CHANNELS
    channels = sides[0] if first else sides[2]
    height, width = (side if side != FREE else 224 for side in (sides[1:] if first else sides[:2]))
    keys = f'color = "{"L" if channels == 1 else "RGB"}", size = [{height}, {width}], resample = "bilinear"'
    if scaled:
        keys += f", rescale_factor = {1 / 255}, image_mean = {[0.0] * channels}, image_std = {[1.0] * channels}"
    return f"image = {{ {keys} }}"


def _output(folder: Path, made: OnnxGraph) -> list[str]:
    lines = [f"# the network gives {_described(value)}" for value in made.outputs]
    usable = [value.tensor for value in made.outputs if not value.refusal]
    if not usable:
        raise DeclarationError(refused("output", made.outputs))
    classes = [tensor for tensor in usable if tensor.datatype.startswith("FP") and len(tensor.shape) == 2]
    width = classes[0].shape[1] if len(classes) == 1 and not made.regressor else FREE
    if any((folder / name).is_file() for name in (CONFIG, INDEX)):
        return [*lines, f"# the labels are those of {CONFIG} or {INDEX}"]
    if 1 < width <= MOST_LABELS:
        labels = [*made.labels] if len(made.labels) == width else [f"class {index}" for index in range(width)]
        return [
            *lines,
            "# kind is logits, or probabilities where they add up to 1; without labels it is values",
            f"labels = {_labels(folder, labels)}",
        ]
    if len(usable) > 1:
        return [*lines, 'kind = "tensors"  # or state the tensor that has the logits, probabilities or values']
    if len(usable[0].shape) > 2:
        return [*lines, 'kind = "tensors"']
    return [*lines, 'kind = "values"', '# names = ["..."]']


def _labels(folder: Path, labels: list[str]) -> str:
    """Return a list of labels, or the name of their file. Write the file if it is missing and there are many labels."""
    path = folder / _LABELS
    if len(labels) > _MOST_WRITTEN and not path.is_file():
        files.replace(path, "\n".join([*labels, ""]).encode())
    return f"{_json(_LABELS)}  # one a line" if path.is_file() else _list(labels)


def _described(value: Value) -> str:
    tensor = value.tensor
    if value.refusal:
        return f"{_json(tensor.name)}, which {value.refusal}"
    return f"{_json(tensor.name)}: {tensor.datatype} {shown_shape(tensor)}"


def _list(texts: list[str]) -> str:
    return f"[{', '.join(map(_json, texts))}]"


def _json(text: str) -> str:
    """Return a text as a basic string of TOML, which a JSON string is, too."""
    return orjson.dumps(text).decode()
