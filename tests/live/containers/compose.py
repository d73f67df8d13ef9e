"""Nodes of deploy/compose, started by podman-compose: each is a host with its own project and address."""

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import yaml

from scripts.building.engine import Engine, EngineError
from tests.unit.deploy.manifests import COMPOSE, read, run

from . import machine
from .service import Credentials

PORT, PROMETHEUS_PORT = 8443, 9090
_GRACE_SECONDS = 90  # stop_grace_period; podman-compose 1.0.3 ignores it


@dataclass(frozen=True)
class Host:
    """A project of the compose file on an address of this machine.

    changed  a second compose file for this machine: limits that this process may set, available images
    secrets  a folder
    """

    engine: Engine
    project: str
    address: str
    changed: Path
    secrets: Path

    def compose(self, *words: str, version: str) -> str:
        """Return the output of a podman-compose command. podman-compose exits with 0 even if it fails."""
        named = {"DIGITS_ADDRESS": self.address, "DIGITS_MONITORING_ADDRESS": self.address}
        named |= {"DIGITS_SECRETS": str(self.secrets), "DIGITS_VERSION": version}
        files = f"--file={COMPOSE}", f"--file={self.changed}"
        completed = run(["podman-compose", f"--project-name={self.project}", *files, *words], env=os.environ | named)
        return completed.stdout + completed.stderr

    def up(self, *services: str, version: str) -> None:
        printed = self.compose("up", "--detach", *services, version=version)
        for service in services:
            assert self.running(service), printed[-2000:]

    def down(self, *services: str, version: str) -> None:
        """Stop services after the time of stop_grace_period, so that the node drains."""
        self.compose("down", "--timeout", str(_GRACE_SECONDS), *services, version=version)

    def running(self, service: str) -> bool:
        return self._state(service, "Running") == "true"

    def healthy(self) -> bool:
        """Run the health check of the node. Return True if it passes."""
        with suppress(EngineError):
            self.engine.run("healthcheck", "run", f"{self.project}_node_1")
            return True
        return False

    def _state(self, service: str, field: str) -> str:
        name = f"{self.project}_{service}_1"
        try:
            return self.engine.run("container", "inspect", "--format", f"{{{{.State.{field}}}}}", name)
        except EngineError:
            return ""

    def remove(self) -> None:
        for service in ("prometheus", "node"):
            self.engine.run("rm", "--force", "--ignore", "--time=0", "--volumes", f"{self.project}_{service}_1")
        for kind in ("network", "volume"):
            label = f"--filter=label=io.podman.compose.project={self.project}"
            for name in self.engine.run(kind, "ls", "--format={{.Name}}", label).split():
                self.engine.run(kind, "rm", name)


def differences(folder: Path, images: Mapping[str, str]) -> Path:
    """Write a second compose file: limits that this process may set, images of services, a start without a warm-up."""
    path = folder / "here.yaml"
    services: dict[str, dict[str, object]] = {service: {"image": image} for service, image in images.items()}
    command = read(COMPOSE)["services"]["node"]["command"]
    services["node"] = {"ulimits": machine.limits(), "command": [*command, machine.COLD]}
    path.write_text(yaml.safe_dump({"services": services}))
    return path


def secrets(known: Credentials, folder: Path) -> Path:
    """Write the folder for DIGITS_SECRETS, and return it."""
    folder.mkdir()
    (folder / "tls.pem").symlink_to(known.certificate)
    (folder / "clients.map").symlink_to(known.clients)
    return folder
