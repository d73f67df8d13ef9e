"""Folder of a declared model: the statements of its author, before the network is read."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inference.declared.declaration import KINDS, ImageInput
from inference.inputs.named import DTYPES, FREE
from inference.names import RULE, is_name
from serving.declared import image, labels
from serving.declared.errors import DeclarationError
from serving.declared.section import Section, read_object, read_text
from serving.torchserve import registrations

FILE = "model.toml"
PREPROCESSOR = "preprocessor_config.json"
SAMPLES = "samples"
MOST_COLUMNS = 4096
_KEYS = ("name", "network", "weights", "batching", "input", "inputs", "output")
_INPUT = ("columns", "image")
_OUTPUT = ("kind", "labels", "tensor", "names", "temperature", "threshold")
_NAMED = ("shape", "datatype", "axis", "value")
_FUNCTION = re.compile(r"([A-Za-z_]\w*\.py):([A-Za-z_]\w*)", re.ASCII)
_MOST_BYTES = 1 << 20
_MOST_DIMENSIONS = 8
_MOST_SIDE = 1 << 22
_ADVICE = "export it to ONNX, or name network.py:make and give its weights as safetensors"
REFUSED = {
    ".pt2": f"torch.export.load unpickles and evaluates file contents: {_ADVICE}",
    ".pkl": f"unpickling runs code from the file: {_ADVICE}; skl2onnx converts scikit-learn models",
    ".joblib": f"unpickling runs code from the file: {_ADVICE}; skl2onnx converts scikit-learn models",
    ".pt": f"a whole model in such a file is a pickle, which runs code: {_ADVICE}",
    ".mar": "it is packaged already: register it as it is",
    ".safetensors": f"it has weights without a network: {_ADVICE}",
    ".h5": "tf2onnx converts Keras's and TensorFlow's models to ONNX",
}
REFUSED |= dict.fromkeys((".keras", ".tflite", ".pb"), REFUSED[".h5"])
REFUSED |= {".pickle": REFUSED[".pkl"], ".pth": REFUSED[".pt"], ".bin": REFUSED[".pt"], ".ckpt": REFUSED[".pt"]}
WEIGHTS = (".safetensors", ".pt", ".pth", ".bin", ".ckpt")


@dataclass(frozen=True)
class Stated:
    """Declared input. None means not declared.

    shape     shape of one example, with FREE for a variable side
    datatype  datatype of an input of a network from Python
    axis      batch axis of the network's tensor
    value     default for requests without the input
    """

    shape: tuple[int, ...] | None = None
    datatype: str | None = None
    axis: int | None = None
    value: Any = None


@dataclass(frozen=True)
class Declared:
    """Content of a model's folder.

    network   ONNX file, or Python file with ``function``
    function  name of a function without arguments that makes the network; empty for an ONNX file
    weights   weights of a network from Python; None if the function loads them or needs none
    batching  False to run examples one at a time
    inputs    input name -> statements
    kind      kind of output; None if it is derived
    tensor    output for answers; None for the only one, or for all
    names     names of values, or of the tensors of a network from Python
    """

    folder: Path
    name: str
    network: Path
    function: str
    weights: Path | None
    batching: bool
    columns: tuple[str, ...]
    inputs: Mapping[str, Stated]
    image: ImageInput | None
    kind: str | None
    labels: tuple[str, ...]
    tensor: str | None
    names: tuple[str, ...]
    temperature: float
    threshold: float

    @property
    def samples(self) -> Path:
        return self.folder / SAMPLES


def read(folder: Path, name: str = "") -> Declared:
    """Read a folder's ``model.toml`` and the files that complete it. Raises DeclarationError for the first error.

    name  replaces the stated name unless it is empty
    """
    top = Section(_toml(folder / FILE), FILE, _KEYS, {"[input]": _INPUT, "[output]": _OUTPUT})
    section, output = top.section("input", _INPUT), top.section("output", _OUTPUT)
    network, function = _network(top, folder)
    return Declared(
        folder=folder,
        name=_name(top, folder, name),
        network=network,
        function=function,
        weights=_weights(top, folder, function),
        batching=top.flag("batching", default=True),
        columns=_columns(section),
        inputs={name: _stated(inputs) for name, inputs in top.sections("inputs", _NAMED).items()},
        image=_image(section, folder),
        kind=output.choice("kind", KINDS),
        labels=labels.read(output, folder),
        tensor=output.text("tensor"),
        names=output.texts("names") or (),
        temperature=output.number("temperature", 1e-3, 1e3) or 1.0,
        threshold=output.number("threshold", 0.0, 1.0) or 0.0,
    )


def _toml(path: Path) -> object:
    if not path.exists():
        raise DeclarationError(f"{path.parent} has no {FILE}: scripts/package --init {path.parent} writes a first one")
    try:
        return tomllib.loads(read_text(path, _MOST_BYTES))
    except tomllib.TOMLDecodeError as error:
        raise DeclarationError(f"{path.name} cannot be read: {error}") from error


def _name(top: Section, folder: Path, option: str) -> str:
    name, place = top.text("name") or folder.resolve().name, f"{FILE}: name"
    if option:
        name, place = option, "--name"
    if not is_name(name):
        raise DeclarationError(f"{place} is {name!r:.80}; it must be {RULE}")
    if registrations.is_further(name):
        raise DeclarationError(
            f"{place} is {name!r}, which archives are registered under beside their own name: choose another"
        )
    return name


def _network(top: Section, folder: Path) -> tuple[Path, str]:
    text = top.text("network") or _only_graph(top, folder)
    if match := _FUNCTION.fullmatch(text):
        return top.file("network", folder, match[1]), match[2]
    suffix = Path(text).suffix.lower()
    if suffix in REFUSED:
        raise top.error(f"network {text!r:.60} is not accepted: {REFUSED[suffix]}")
    if suffix != ".onnx":
        raise top.error(f"network is {text!r:.60}; it must be a file .onnx, or network.py:make")
    return top.file("network", folder, text), ""


def _only_graph(top: Section, folder: Path) -> str:
    graphs = sorted(path.name for path in folder.glob("*.onnx"))
    if len(graphs) != 1:
        raise top.error(
            f"network is missing, and the folder has {len(graphs)} .onnx files: name one, or NAME.py:FUNCTION"
        )
    return graphs[0]


def _weights(top: Section, folder: Path, function: str) -> Path | None:
    text = top.text("weights")
    if text is None:
        return None
    if not function:
        raise top.error("weights belongs to a network from Python; an ONNX file has its own")
    if Path(text).suffix.lower() not in WEIGHTS:
        raise top.error(
            f"weights {text!r:.60} is not accepted: it must be .safetensors, or a state_dict that torch.load reads "
            f"with weights_only=True ({', '.join(WEIGHTS[1:])})"
        )
    return top.file("weights", folder, text)


def _columns(section: Section) -> tuple[str, ...]:
    columns = section.texts("columns") or ()
    if len(columns) > MOST_COLUMNS:
        raise section.error(f"there are {len(columns)} columns; at most {MOST_COLUMNS} are allowed")
    if columns and "image" in section:
        raise section.error("columns and image exclude each other")
    return columns


def _image(section: Section, folder: Path) -> ImageInput | None:
    if "image" in section:
        return image.read(section.section("image", image.KEYS))
    if "columns" not in section and (path := folder / PREPROCESSOR).is_file():
        return image.of_processor(read_object(path), PREPROCESSOR)
    return None


def _stated(section: Section) -> Stated:
    shape = section.checked(
        "shape",
        lambda shape: isinstance(shape, list) and len(shape) <= _MOST_DIMENSIONS and all(map(_is_side, shape)),
        f"a list of up to {_MOST_DIMENSIONS} whole numbers from 1 to {_MOST_SIDE}, or {FREE} for a side that may vary",
    )
    axis = section.checked(
        "axis",
        lambda axis: type(axis) is int and 0 <= axis <= _MOST_DIMENSIONS,
        f"a whole number from 0 to {_MOST_DIMENSIONS}",
    )
    datatype = section.choice("datatype", tuple(DTYPES))
    return Stated(None if shape is None else tuple(shape), datatype, axis, section.value("value"))


def _is_side(side: object) -> bool:
    return type(side) is int and (side == FREE or 1 <= side <= _MOST_SIDE)
