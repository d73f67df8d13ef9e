"""Commands that use a node. scripts/up prints them at its end."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from inference import files
from scripts.output import shown
from scripts.starting import verification
from serving import paths
from serving.archives.samples import read_golden
from serving.gateway.gateway import Gateway
from serving.node import deployment
from serving.torchserve import registrations, server
from serving.torchserve.probe import probe
from serving.torchserve.server import Server

_MOST_SHOWN = 200  # most characters of a request in a command
_SAMPLE_DIGIT = 7  # digit of the first image of MNIST's test set


class SampleFiles(NamedTuple):
    """Files of a test image to try the service with."""

    png: Path
    raw: Path
    json: Path


class CurlRequest(NamedTuple):
    """Arguments of curl, and the path of the URL."""

    arguments: str
    path: str


def show(directory: Path, front: Gateway | None, own: Sequence[str]) -> None:
    """Verify a prediction of each model, and print commands for further requests.

    front  the gateway, or None
    own    names of the user's models; if empty, the model is digits
    """
    running = server.find(directory)
    assert running
    if own:
        messages = [verification.verified(running, name, _archive(directory, name)) for name in own]
        requests = [_own(directory, name) for name in own]
    else:
        messages, requests = [probed(directory, running)], list(_digits(directory))
    print("", *messages, sep="\n")
    if front:
        _show_gateway(directory, front, requests)
    else:
        _show_server(directory, running, requests)


def _show_server(directory: Path, running: Server, requests: Sequence[CurlRequest]) -> None:
    with running.manage() as management:
        keys = management.keys
    key = f'curl -H "Authorization: Bearer {keys.inference.value}"'
    lines = [f"    {key} {request.arguments} {running.inference}{request.path}" for request in requests]
    described = requests[0].path.rpartition("/")[2]
    print(
        "",
        *lines,
        f'    curl -H "Authorization: Bearer {keys.management.value}" {running.management}/models/{described}',
        "",
        f'Both keys expire; eval "$(scripts/keys{option(directory)})" renews them.',
        f"scripts/down{option(directory)} stops the server.",
        sep="\n",
    )


def _show_gateway(directory: Path, front: Gateway, requests: Sequence[CurlRequest]) -> None:
    start = f'    curl --cacert {shown(front.certificate)} -H "Authorization: Bearer $KEY"'
    predictions = [request for request in requests if request.path.startswith("/predictions/")]
    print(
        "Through the gateway, with a key of your own:",
        "",
        f"    KEY=$(scripts/clients{option(directory)} add me)",
        *(f"{start} {request.arguments} {front.url}{request.path}" for request in predictions),
        "",
        f"{shown(directory)}/logs/supervisor.log tells what happens to it.",
        f"scripts/down{option(directory)} lets it finish and stops it.",
        sep="\n",
    )


def option(directory: Path) -> str:
    """Return the option that names the node to other commands."""
    return "" if directory == paths.RUN else f" --directory {shown(directory)}"


def _digits(directory: Path) -> tuple[CurlRequest, CurlRequest]:
    arguments = f"-T {shown(samples(directory).png)}"
    explained = CurlRequest(arguments, f"/explanations/{registrations.EXPLAINER}")
    return CurlRequest(arguments, "/predictions/digits"), explained


def _own(directory: Path, name: str) -> CurlRequest:
    """Return a request with the sample of a model. A long sample is sent from a file."""
    content = read_golden(_archive(directory, name)).request
    text = content.decode().replace("'", "'\\''")
    if len(text) > _MOST_SHOWN:
        path = directory / "samples" / f"{name}.json"
        files.replace(path, content)
        text = f"@{shown(path)}"
    return CurlRequest(f"-H 'Content-Type: application/json' -d '{text}'", f"/predictions/{name}")


def _archive(directory: Path, name: str) -> Path:
    served = deployment.read(directory, name)
    assert served
    return deployment.store(directory) / served.current.file


def samples(directory: Path) -> SampleFiles:
    return SampleFiles(*(directory / "samples" / f"seven.{suffix}" for suffix in ("png", "bin", "json")))


def probed(directory: Path, running: Server) -> str:
    """Send a test image, and return a sentence about the answer."""
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
    """Write a test image as an image file, as raw pixels and as JSON."""
    from io import BytesIO

    import orjson
    from PIL import Image

    from training.digits import data

    image, png = data.load().test.images[0], BytesIO()
    Image.fromarray(image).save(png, "PNG")
    files.replace(target.png, png.getvalue())
    files.replace(target.raw, image.tobytes())
    files.replace(target.json, orjson.dumps({"x": image.tolist()}))
