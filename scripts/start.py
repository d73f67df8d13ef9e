"""Start the server, or find it running; wait until it is ready; send it a test image; say how to go on."""

import argparse
import sys
from pathlib import Path
from typing import NamedTuple

from _root import ROOT

from serving import admission, explainer, java, paths, ports, properties, server
from serving.admission import RefusedError
from serving.management import ManagementError
from serving.ports import PortBusyError
from serving.probe import ProbeError, probe
from serving.server import Server, ServerError


class Samples(NamedTuple):
    png: Path
    raw: Path
    json: Path


_SAMPLES = Samples(*(paths.RUN / "samples" / f"seven.{suffix}" for suffix in ("png", "bin", "json")))
_SAMPLE_DIGIT = 7  # the first image of MNIST's test set


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only see that the ports are free or our own")
    return parser.parse_args()


def main() -> int:
    try:
        if arguments().check:
            return check()
        running = started()
        running.wait_ready()
        explainer.add(running, paths.ARCHIVE.name, wait=False)
        show(running)
    except (PortBusyError, RefusedError, ServerError, ProbeError, ManagementError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def check() -> int:
    """Before minutes of work, see that it can end well."""
    running = server.find(paths.RUN)
    if not (running and running.running):
        settings = properties.read()
        for key, use in properties.PORTS.items():
            ports.check_free(properties.port(settings, key), use)
    return 0


def started() -> Server:
    """The server that runs the archive as it is now."""
    archive = admission.admit(paths.ARCHIVE)
    running = server.find(paths.RUN)
    if running and running.running and running.archive == archive.sha256:
        return running
    if running:
        running.stop()
    java.link(Path(sys.executable).parent)
    print("starting TorchServe", flush=True)
    return server.start(paths.RUN, archive)


def show(running: Server) -> None:
    with running.manage() as management:
        keys = management.keys
    if not all(path.exists() for path in _SAMPLES):
        save_samples()
    found = probe(running.inference, keys.inference, _SAMPLES.png, _SAMPLE_DIGIT)
    model, sample = found["model"], _SAMPLES.png.relative_to(ROOT)
    print(
        f"""
{model["name"]} {model["version"]} is ready (weights {model["weights"]}).
A test image of a {_SAMPLE_DIGIT} was read as {found["digit"]} with confidence {found["confidence"]:.4f}.

    curl -H "Authorization: Bearer {keys.inference.value}" -T {sample} {running.inference}/predictions/digits
    curl -H "Authorization: Bearer {keys.inference.value}" -T {sample} {running.inference}/explanations/{explainer.NAME}
    curl -H "Authorization: Bearer {keys.management.value}" {running.management}/models/digits

Both keys expire; eval "$(scripts/keys)" renews them. scripts/down stops the server."""
    )


def save_samples() -> None:
    """One real test image as an image file, as raw pixels and as JSON, to try the API with."""
    from io import BytesIO

    import orjson
    from PIL import Image

    from model.files import replace
    from training import data

    image, png = data.load().test.images[0], BytesIO()
    Image.fromarray(image).save(png, "PNG")
    replace(_SAMPLES.png, png.getvalue())
    replace(_SAMPLES.raw, image.tobytes())
    replace(_SAMPLES.json, orjson.dumps({"x": image.tolist()}))


if __name__ == "__main__":
    sys.exit(main())
