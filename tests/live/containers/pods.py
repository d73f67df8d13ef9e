"""Pods of deploy/kubernetes: rendered by ``kubectl kustomize``, run by ``podman kube play``."""

import json
import os
import re
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from scripts.building.engine import Engine
from tests.unit.deploy.manifests import DEPLOY, run

from . import machine
from .service import Credentials

PORT = 8443
_PORTS = PORT, 8083
_NAME = "digits"  # the Deployment, and the image that it names
_GRACE_SECONDS = 90  # terminationGracePeriodSeconds; podman 4.3 ignores it
_POD = "/spec/template/spec"
_NODE = f"{_POD}/containers/0"
_WRITTEN = "run", "scratch"


@dataclass(frozen=True)
class Pod:
    """A pod, with the ids of the pod and of its container in the engine.

    address  host:port of its gateway
    """

    engine: Engine
    address: str
    pod: str
    container: str

    def inspect(self) -> dict[str, Any]:
        """Return the engine's description of the container of the node."""
        (description,) = json.loads(self.engine.run("container", "inspect", self.container))
        return dict(description)

    def exec(self, *command: str) -> str:
        return self.engine.run("exec", self.container, *command)

    def kill(self) -> None:
        """Send SIGKILL to the first process, as the kernel would. The engine starts the container again."""
        os.kill(self.inspect()["State"]["Pid"], signal.SIGKILL)

    def stop(self) -> int:
        """Stop and remove the pod. Return the exit status of the node."""
        self.engine.run("pod", "stop", "--time", str(_GRACE_SECONDS), self.pod)
        status = int(self.inspect()["State"]["ExitCode"])
        self.engine.run("pod", "rm", self.pod)
        return status


@dataclass(frozen=True)
class Overlay:
    """The manifests with an operator's overlay: an image, Secrets, and names that keep pods apart.

    podman names the file of a Secret after its key, publishes all ports, and gives all pods the same emptyDir.
    """

    image: str
    name: str
    address: str
    known: Credentials
    folder: Path

    @property
    def volumes(self) -> dict[int, str]:
        """Return new names of the volumes that the pod writes to, by their positions."""
        return {place: f"{volume}-{self.name}" for place, volume in enumerate(_WRITTEN)}

    def rendered(self) -> list[Any]:
        certificate = self.known.certificate.read_text()
        secrets = {
            "digits-tls": dict.fromkeys(("tls.crt", "tls.key", "tls.pem", "tls.pem.key"), certificate),
            "digits-clients": {"clients.map": self.known.clients.read_text()},
        }
        (self.folder / "secrets.yaml").write_text(yaml.safe_dump_all(map(secret, secrets, secrets.values())))
        repository, _, tag = self.image.rpartition(":")
        overlay = {
            "apiVersion": "kustomize.config.k8s.io/v1beta1",
            "kind": "Kustomization",
            "nameSuffix": f"-{self.name}",
            "images": [{"name": _NAME, "newName": repository, "newTag": tag}],
            "patches": [{"target": {"kind": "Deployment"}, "patch": yaml.safe_dump(self._patch())}],
            "resources": [os.path.relpath(DEPLOY / "kubernetes", self.folder), "secrets.yaml"],
        }
        (self.folder / "kustomization.yaml").write_text(yaml.safe_dump(overlay))
        completed = run(["kubectl", "kustomize", self.folder])
        assert completed.returncode == 0, completed.stderr
        return list(yaml.safe_load_all(completed.stdout))

    def _patch(self) -> list[dict[str, object]]:
        changed: dict[str, object] = {}
        for place, volume in self.volumes.items():
            changed |= {f"{_POD}/volumes/{place}/name": volume, f"{_NODE}/volumeMounts/{place}/name": volume}
        for place, port in enumerate(_PORTS):
            changed |= {f"{_NODE}/ports/{place}/hostIP": self.address, f"{_NODE}/ports/{place}/hostPort": port}
        changed[f"{_NODE}/args/-"] = machine.COLD
        return [{"op": "add", "path": path, "value": value} for path, value in changed.items()]


def secret(name: str, content: Mapping[str, str]) -> dict[str, object]:
    kind = {"apiVersion": "v1", "kind": "Secret", "type": "Opaque"}
    return {**kind, "metadata": {"name": name, "namespace": _NAME}, "stringData": dict(content)}


def start(engine: Engine, overlay: Overlay) -> Pod:
    """Start a pod of the Deployment."""
    manifests, folder = overlay.rendered(), overlay.folder
    secrets = [manifest for manifest in manifests if manifest["kind"] == "Secret"]
    if engine.version().startswith("podman 4.3."):  # podman 4.3 takes data as is; clusters decode it
        for manifest in secrets:
            (folder / "secret.yaml").write_text(yaml.safe_dump({"data": manifest["stringData"]}))
            engine.run("secret", "create", manifest["metadata"]["name"], str(folder / "secret.yaml"))
            manifests.remove(manifest)
    path = folder / "manifests.yaml"
    path.write_text(yaml.safe_dump_all(manifests))
    pod, *_, container = re.findall(r"^[0-9a-f]{64}$", engine.run("kube", "play", str(path)), re.MULTILINE)
    return Pod(engine, f"{overlay.address}:{PORT}", pod, container)


def remove(engine: Engine, word: str) -> None:
    """Remove all pods, Secrets and volumes whose names contain a word."""
    if pods := engine.run("pod", "ps", "--quiet", f"--filter=name={word}").split():
        engine.run("pod", "rm", "--force", "--time=0", *pods)
    for kind in ("secret", "volume"):
        names = engine.run(kind, "ls", "--format={{.Name}}").split()
        if own := [name for name in names if word in name]:
            engine.run(kind, "rm", *own)
