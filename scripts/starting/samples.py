"""A test image to try the service with, and what the service reads it as."""

from pathlib import Path
from typing import NamedTuple

from inference import files
from serving.torchserve.probe import probe
from serving.torchserve.server import Server

_SAMPLE_DIGIT = 7  # the first image of MNIST's test set


class SampleFiles(NamedTuple):
    png: Path
    raw: Path
    json: Path


def samples(directory: Path) -> SampleFiles:
    return SampleFiles(*(directory / "samples" / f"seven.{suffix}" for suffix in ("png", "bin", "json")))


def probed(directory: Path, running: Server) -> str:
    """Send a real test image, and return a sentence about the answer."""
    target = samples(directory)
    if not all(path.exists() for path in target):
        save_samples(target)
    with running.manage() as management:
        key = management.keys.inference
    result = probe(running, key, target.png.read_bytes(), "image/png", {"digit": _SAMPLE_DIGIT})
    model = result["model"]
    return (
        f"{model['name']} {model['version']} is ready (weights {model['weights']}).\n"
        f"A test image of a {_SAMPLE_DIGIT} was read as {result['digit']} with confidence {result['confidence']:.4f}."
    )


def save_samples(target: SampleFiles) -> None:
    """Write one real test image as an image file, as raw pixels and as JSON, to try the API with."""
    from io import BytesIO

    import orjson
    from PIL import Image

    from training.digits import data

    image, png = data.load().test.images[0], BytesIO()
    Image.fromarray(image).save(png, "PNG")
    files.replace(target.png, png.getvalue())
    files.replace(target.raw, image.tobytes())
    files.replace(target.json, orjson.dumps({"x": image.tolist()}))
