"""Start the server, or find it running; wait until it is ready; send it a test image; say how to go on."""

import argparse
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import httpx
from _root import ROOT

from serving import paths
from serving.archives import admission
from serving.archives.admission import RefusedError
from serving.gateway import gateway
from serving.gateway.gateway import Gateway
from serving.node import deployment, lock
from serving.node.deployment import Deployment, DeploymentError
from serving.torchserve import java, ports, properties, registrations, server
from serving.torchserve.management import ManagementError
from serving.torchserve.ports import PortBusyError
from serving.torchserve.probe import ProbeError, probe
from serving.torchserve.server import Server, ServerError


class Samples(NamedTuple):
    png: Path
    raw: Path
    json: Path


_SAMPLES = Samples(*(paths.RUN / "samples" / f"seven.{suffix}" for suffix in ("png", "bin", "json")))
_SAMPLE_DIGIT = 7  # the first image of MNIST's test set
_START_SECONDS = 120.0
_POLL_SECONDS = 0.1


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gateway", action="store_true", help="and the gateway, kept alive in the background")
    parser.add_argument("--check", action="store_true", help="only see that the ports are free or our own")
    return parser.parse_args()


def main() -> int:
    asked = arguments()
    try:
        if asked.check:
            return check()
        served = deployed()
        if asked.gateway:
            show_gateway(supervised(served))
        else:
            running = started(served)
            running.wait_ready()
            registrations.add(running, registrations.EXPLAINER, served.current.file, wait=False)
            show(running)
    except (PortBusyError, RefusedError, DeploymentError, ServerError, ProbeError, ManagementError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def check() -> int:
    """Before minutes of work, see that it can end well."""
    running = server.find(paths.RUN)
    if not (running and running.running) and not lock.holder(paths.RUN):
        settings = properties.read()
        for key, use in properties.PORTS.items():
            ports.check_free(properties.port(settings, key), use)
    return 0


def deployed() -> Deployment:
    """What is served: the archive of model_store if it was built since the last time, else what was rolled out last."""
    archive = admission.admit(paths.ARCHIVE)
    before = deployment.read(paths.RUN)
    if before and lock.holder(paths.RUN):
        if before.built != archive.sha256:
            print(
                f"{archive.path.name} was built anew; scripts/rollout, or scripts/down and this, serve it", flush=True
            )
        return before
    now = deployment.renew(paths.RUN, archive)
    if before and before.current != now.current:
        print(f"{archive.path.name} was built anew: it replaces version {before.current.version}", flush=True)
    elif now.current.sha256 != archive.sha256:
        print(f"version {now.current.version} was rolled out here, and is served", flush=True)
    return now


def started(served: Deployment) -> Server:
    """The server that serves this."""
    running = server.find(paths.RUN)
    held = lock.holder(paths.RUN)
    reached = running and running.running and (held or not running.fronted)
    if running and reached and running.archive == served.current.sha256:
        return running
    if held:
        raise ServerError("a supervisor serves another archive here: scripts/down stops it")
    if running:
        running.stop()
    java.link(Path(sys.executable).parent)
    print("starting TorchServe", flush=True)
    return deployment.launch(paths.RUN)


def supervised(served: Deployment) -> Gateway:
    """The gateway of a ready node that a supervisor in the background keeps alive."""
    log = paths.RUN / "logs" / "supervisor.log"
    process = None
    if lock.holder(paths.RUN) is None:
        left = server.find(paths.RUN)
        if left and left.archive != served.current.sha256:
            left.stop()  # otherwise the supervisor takes it over
        java.link(Path(sys.executable).parent)
        print("starting TorchServe, the gateway and their supervisor", flush=True)
        log.parent.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, str(ROOT / "scripts" / "serve.py"), "--gateway"]
        with log.open("a") as output:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
            )
    address = properties.read()["health_address"]
    deadline = time.monotonic() + _START_SECONDS
    while not (ready(address) and (found := gateway.find(paths.RUN)) and found.running):
        if (process and process.poll() is not None) or time.monotonic() > deadline:
            lines = log.read_text().splitlines() if log.exists() else []
            raise ServerError(f"the gateway did not start: {lines[-1] if lines else 'scripts/down, and try again'}")
        time.sleep(_POLL_SECONDS)
    return found


def ready(address: str) -> bool:
    try:
        return httpx.get(f"{address}/readyz", timeout=5, trust_env=False).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


def show(running: Server) -> None:
    sample, explainer = _SAMPLES.png.relative_to(ROOT), registrations.EXPLAINER.name
    with running.manage() as management:
        keys = management.keys
    print(
        f"""
{probed(running)}

    curl -H "Authorization: Bearer {keys.inference.value}" -T {sample} {running.inference}/predictions/digits
    curl -H "Authorization: Bearer {keys.inference.value}" -T {sample} {running.inference}/explanations/{explainer}
    curl -H "Authorization: Bearer {keys.management.value}" {running.management}/models/digits

Both keys expire; eval "$(scripts/keys)" renews them. scripts/down stops the server."""
    )


def show_gateway(door: Gateway) -> None:
    sample, certificate = (path.relative_to(ROOT) for path in (_SAMPLES.png, door.certificate))
    running = server.find(paths.RUN)
    assert running
    print(
        f"""
{probed(running)}
Through the gateway, with a key of your own:

    KEY=$(scripts/clients add me)
    curl --cacert {certificate} -H "Authorization: Bearer $KEY" -T {sample} {door.url}/predictions/digits

{paths.RUN.name}/logs/supervisor.log tells what happens to it. scripts/down lets it finish and stops it."""
    )


def probed(running: Server) -> str:
    """What a real test image is read as."""
    if not all(path.exists() for path in _SAMPLES):
        save_samples()
    with running.manage() as management:
        key = management.keys.inference
    found = probe(running.inference, key, _SAMPLES.png, _SAMPLE_DIGIT)
    model = found["model"]
    return (
        f"{model['name']} {model['version']} is ready (weights {model['weights']}).\n"
        f"A test image of a {_SAMPLE_DIGIT} was read as {found['digit']} with confidence {found['confidence']:.4f}."
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
