"""Valid bodies of every protocol and format, which requests.py mutates."""

import base64
import json
from pathlib import Path
from typing import Any

from PIL import Image

from benchmarks.photos import saved
from model.pixels import Images

_FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF")


def write(folder: Path, images: Images) -> None:
    """Write the bodies with these images, uint8 (2, 28, 28), into a folder."""
    files = {format_: _saved(images, format_) for format_ in _FORMATS}
    for name, tree in _trees(images, files["PNG"]).items():
        (folder / f"{name}.json").write_text(json.dumps(tree))
    for format_, content in files.items():
        (folder / f"image.{format_.lower()}").write_bytes(content)
    (folder / "one.bin").write_bytes(images[:1].tobytes())
    (folder / "two.bin").write_bytes(images.tobytes())


def _saved(images: Images, format_: str) -> bytes:
    return saved(Image.fromarray(images[0]).resize((56, 84)), format_)


def _trees(images: Images, png: bytes) -> dict[str, Any]:
    first, encoded = images[0], base64.b64encode(png).decode()
    pixels = {"name": "pixels", "shape": [1, 784], "datatype": "UINT8", "data": first.ravel().tolist()}
    floats = pixels | {"shape": [1, 28, 28], "datatype": "FP32", "data": (first / 255).tolist()}
    files = {"name": "file", "shape": [1], "datatype": "BYTES", "data": [encoded]}
    binary = {"parameters": {"binary_data": True}}
    return {
        "x": {"x": first.ravel().tolist()},
        "x-two": {"x": images.tolist()},
        "instances": {"instances": [first.tolist(), {"b64": encoded}]},
        "v2": {"id": "1", "inputs": [pixels], "outputs": [{"name": "digit"} | binary, {"name": "probabilities"}]},
        "v2-floats": {"inputs": [floats], "parameters": {"binary_data_output": True}},
        "v2-files": {"inputs": [files]},
    }
