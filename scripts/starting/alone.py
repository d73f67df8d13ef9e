"""Start of TorchServe without a gateway."""

import sys
from pathlib import Path

from scripts.output import report
from serving import audit
from serving.archives import admission
from serving.node import deployment, lock
from serving.node.deployment import Deployment
from serving.torchserve import java, properties, server, settings
from serving.torchserve.server import Server, ServerError
from serving.torchserve.warm_up import warm_up


def deployed(directory: Path) -> Deployment:
    """Return the deployment to serve: a new build in model_store, or else the archive of the last rollout."""
    archive = admission.admit(properties.archive(settings.read(directory)))
    before = deployment.read(directory)
    if before and lock.holder(directory):
        if before.built != archive.sha256:
            report(f"{archive.path.name} was rebuilt; scripts/rollout, or scripts/down and this, serve it")
        return before
    if before and before.name != archive.name:
        report(f"{archive.name} is this node's main model now; {before.name} is served beside it")
        deployment.demote(directory)
    now = deployment.adopt_build(directory, archive)
    if before and before.name == now.name and before.current != now.current:
        report(f"{archive.path.name} was rebuilt: it replaces version {before.current.version}")
    elif now.current.sha256 != archive.sha256:
        report(f"version {now.current.version} was rolled out here, and is served")
    return now


def start(directory: Path, served: Deployment) -> Server:
    """Return a ready server of this deployment. Start it if necessary; stop it again if it does not become ready."""
    running = server.find(directory)
    holder = lock.holder(directory)
    reached = running and running.running and (holder or not running.behind_gateway)
    if running and reached and running.archive == served.current.sha256:
        report_changes(directory)
        running.wait_ready()
        return running
    if holder:
        raise ServerError("a supervisor serves another archive here: scripts/down stops it")
    if running:
        replace(running, "for a gateway that has ended" if running.behind_gateway else "with another archive")
    java.link(Path(sys.executable).parent)
    report("starting TorchServe")
    settings.note(directory, {})
    with audit.recorded(directory, "start", version=served.current.version):
        running = deployment.start_deployed(directory)
        try:
            running.wait_ready()
            warm_up(running, deployment.served(directory))
        except BaseException:  # also after Ctrl-C
            running.kill()
            raise
    return running


def replace(running: Server, why: str) -> None:
    """Stop a server that another replaces."""
    if running.running:
        report(
            f"TorchServe runs here, as process {running.pid}, {why}: it is stopped once it answered what it accepted"
        )
    running.stop()


def report_changes(directory: Path) -> None:
    """Report the settings that a running node does not have yet."""
    if changes := settings.changed(directory):
        report(
            f"settings changed since this node started: {'; '.join(changes)}. scripts/down and scripts/up apply them"
        )
