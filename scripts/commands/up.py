"""Start the server, or find it running; wait until it is ready; send it a test image; say how to go on."""

import argparse
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import httpx

from inference import files
from serving import audit, paths
from serving import log as lines
from serving.archives import admission
from serving.arguments import Parser
from serving.gateway import gateway
from serving.gateway.gateway import Gateway
from serving.node import deployment, folder, lock
from serving.node.deployment import Deployment
from serving.paths import ROOT
from serving.torchserve import java, ports, properties, registrations, server, settings
from serving.torchserve.probe import probe
from serving.torchserve.properties import SettingsError
from serving.torchserve.server import Server, ServerError


class Samples(NamedTuple):
    png: Path
    raw: Path
    json: Path


_GATEWAY_PORTS = {
    "health_address": "the supervisor's health",
    "gateway_address": "gateway",
    "gateway_metrics_address": "the gateway's metrics",
}
_SAMPLE_DIGIT = 7  # the first image of MNIST's test set
_START_SECONDS = 120.0
_POLL_SECONDS = 0.1


def arguments() -> argparse.Namespace:
    parser = Parser(prog="scripts/up", description=__doc__)
    parser.add_argument("--gateway", action="store_true", help="and the gateway, kept alive in the background")
    parser.add_argument("--directory", type=Path, default=paths.RUN, help="the run folder (default: .run)")
    parser.add_argument(
        "--ports", metavar="FIRST", help="on the ports from this one on; remembered, until --ports default"
    )
    parser.add_argument("--check", action="store_true", help="only see that the ports are free or our own")
    return parser.parse_args()


def main() -> int:
    asked = arguments()
    directory = asked.directory.absolute()
    folder.check(directory, "scripts/up")
    if asked.ports:
        move(directory, asked.ports)
    if asked.check:
        return check(directory, asked.gateway)
    files.make_folder(directory, files.PRIVATE_FOLDER)
    with deployment.changing(directory, tell) as change:
        serve(directory, asked.gateway, change)
    return 0


def tell(what: str) -> None:
    print(what, flush=True)


def serve(directory: Path, fronted: bool, change: int) -> None:
    """Start what is not running yet, and show how to use it.

    change  the descriptor of ``deployment.changing``
    """
    served = deployed(directory)
    if fronted:
        show_gateway(directory, supervised(directory, served, change))
    else:
        running = started(directory, served)
        registrations.add(running, registrations.EXPLAINER, served.current.file, wait=False)
        show(directory, running)


def move(directory: Path, first: str) -> None:
    """Remember other ports for this node. Raises SettingsError, also while it runs on others."""
    changes = settings.ports(first)
    if changes == settings.remembered(directory):
        return
    if lock.holder(directory) or ((running := server.find(directory)) and running.running):
        raise SettingsError(f"the node in {shown(directory)} runs on other ports: scripts/down stops it")
    settings.remember(directory, changes)


def check(directory: Path, fronted: bool) -> int:
    """Before minutes of work, see that it can end well."""
    running = server.find(directory)
    if not (running and running.running) and not lock.holder(directory):
        chosen = settings.read(directory)
        uses = properties.PORTS | (_GATEWAY_PORTS if fronted else {})
        ports.check_all_free({properties.port(chosen, key): use for key, use in uses.items()})
    return 0


def shown(path: Path) -> Path:
    """A path as people type it in the repository's root."""
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path


def option(directory: Path) -> str:
    """Return the option by which other commands find the node."""
    return "" if directory == paths.RUN else f" --directory {shown(directory)}"


def samples(directory: Path) -> Samples:
    return Samples(*(directory / "samples" / f"seven.{suffix}" for suffix in ("png", "bin", "json")))


def deployed(directory: Path) -> Deployment:
    """What is served: the archive of model_store if it was built since the last time, else what was rolled out last."""
    archive = admission.admit(paths.ARCHIVE)
    before = deployment.read(directory)
    if before and lock.holder(directory):
        if before.built != archive.sha256:
            tell(f"{archive.path.name} was built anew; scripts/rollout, or scripts/down and this, serve it")
        return before
    now = deployment.renew(directory, archive)
    if before and before.current != now.current:
        tell(f"{archive.path.name} was built anew: it replaces version {before.current.version}")
    elif now.current.sha256 != archive.sha256:
        tell(f"version {now.current.version} was rolled out here, and is served")
    return now


def started(directory: Path, served: Deployment) -> Server:
    """The server that serves this, ready. One that this starts and that does not become ready is stopped again."""
    running = server.find(directory)
    held = lock.holder(directory)
    reached = running and running.running and (held or not running.fronted)
    if running and reached and running.archive == served.current.sha256:
        report_changes(directory)
        running.wait_ready()
        return running
    if held:
        raise ServerError("a supervisor serves another archive here: scripts/down stops it")
    if running:
        replace(running, "for a gateway that has ended" if running.fronted else "with another archive")
    java.link(Path(sys.executable).parent)
    tell("starting TorchServe")
    settings.note(directory, {})
    with audit.recorded(directory, "start", version=served.current.version):
        running = deployment.launch(directory)
        try:
            running.wait_ready()
        except BaseException:  # Ctrl-C, too
            running.kill()
            raise
    return running


def replace(running: Server, why: str) -> None:
    """Stop a server for another in its place."""
    if running.running:
        tell(f"TorchServe runs here, as process {running.pid}, {why}: it is stopped once it answered what it accepted")
    running.stop()


def report_changes(directory: Path) -> None:
    """Name the settings that a running node does not have yet."""
    if changes := settings.changed(directory):
        tell(f"settings changed since this node started: {'; '.join(changes)}. scripts/down and scripts/up apply them")


def supervised(directory: Path, served: Deployment, change: int) -> Gateway:
    """The gateway of a ready node that a supervisor in the background keeps alive.

    A supervisor that this starts goes on with this ``change`` of the node, and is stopped again if it fails.
    """
    log = directory / "logs" / "supervisor.log"
    process = None
    if lock.holder(directory) is None:
        left = server.find(directory)
        if left and not (left.running and left.fronted and left.archive == served.current.sha256):
            replace(left, "with another archive" if left.fronted else "without a gateway")
        java.link(Path(sys.executable).parent)
        tell("starting TorchServe, the gateway and their supervisor")
        log.parent.mkdir(parents=True, exist_ok=True)
        audit.record(directory, "start", "begun", version=served.current.version)
        command = [
            sys.executable,
            str(paths.COMMANDS),
            "serve",
            "--json",
            "--gateway",
            "--restart",
            f"--directory={directory}",
        ]
        with log.open("a") as output:
            process = subprocess.Popen(
                [*command, f"--change={change}"],
                pass_fds=[change],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
    else:
        report_changes(directory)
    try:
        return answering(directory, process, log)
    except BaseException:  # Ctrl-C, too
        if process:
            tell("stopping what was started")
            process.terminate()
            process.wait()
        raise


def answering(directory: Path, process: "subprocess.Popen[bytes] | None", log: Path) -> Gateway:
    """Wait for the gateway of a ready node. Raises ServerError if the supervisor, this ``process``, ends."""
    deadline = time.monotonic() + _START_SECONDS
    while True:
        found = gateway.find(directory)
        if found and found.running and ready(settings.noted(directory)["health_address"]):
            return found
        if (process and process.poll() is not None) or time.monotonic() > deadline:
            entries = log.read_text().splitlines() if log.exists() else []
            why = lines.said(entries[-1]) if entries else "scripts/down, and try again"
            raise ServerError(f"the gateway did not start: {why}")
        time.sleep(_POLL_SECONDS)


def ready(address: str) -> bool:
    try:
        return httpx.get(f"{address}/readyz", timeout=5, trust_env=False).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


def show(directory: Path, running: Server) -> None:
    sample, explainer = shown(samples(directory).png), registrations.EXPLAINER.name
    with running.manage() as management:
        keys = management.keys
    print(
        f"""
{probed(directory, running)}

    curl -H "Authorization: Bearer {keys.inference.value}" -T {sample} {running.inference}/predictions/digits
    curl -H "Authorization: Bearer {keys.inference.value}" -T {sample} {running.inference}/explanations/{explainer}
    curl -H "Authorization: Bearer {keys.management.value}" {running.management}/models/digits

Both keys expire; eval "$(scripts/keys{option(directory)})" renews them.
scripts/down{option(directory)} stops the server."""
    )


def show_gateway(directory: Path, door: Gateway) -> None:
    sample, certificate = shown(samples(directory).png), shown(door.certificate)
    running = server.find(directory)
    assert running
    print(
        f"""
{probed(directory, running)}
Through the gateway, with a key of your own:

    KEY=$(scripts/clients{option(directory)} add me)
    curl --cacert {certificate} -H "Authorization: Bearer $KEY" -T {sample} {door.url}/predictions/digits

{shown(directory)}/logs/supervisor.log tells what happens to it.
scripts/down{option(directory)} lets it finish and stops it."""
    )


def probed(directory: Path, running: Server) -> str:
    """What a real test image is read as."""
    target = samples(directory)
    if not all(path.exists() for path in target):
        save_samples(target)
    with running.manage() as management:
        key = management.keys.inference
    found = probe(running.inference, key, target.png, _SAMPLE_DIGIT)
    model = found["model"]
    return (
        f"{model['name']} {model['version']} is ready (weights {model['weights']}).\n"
        f"A test image of a {_SAMPLE_DIGIT} was read as {found['digit']} with confidence {found['confidence']:.4f}."
    )


def save_samples(target: Samples) -> None:
    """One real test image as an image file, as raw pixels and as JSON, to try the API with."""
    from io import BytesIO

    import orjson
    from PIL import Image

    from training import data

    image, png = data.load().test.images[0], BytesIO()
    Image.fromarray(image).save(png, "PNG")
    files.replace(target.png, png.getvalue())
    files.replace(target.raw, image.tobytes())
    files.replace(target.json, orjson.dumps({"x": image.tolist()}))
