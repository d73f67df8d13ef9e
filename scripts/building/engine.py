"""Container engine: docker or podman. Their command lines are the same for all calls here."""

import json
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from serving.errors import UserError
from serving.paths import ROOT

_DOCKERFILE = "deploy/container/Dockerfile"
_KNOWN = ("docker", "podman")
_SECONDS = 120.0  # timeout of everything but builds and pulls
_BUILD_SECONDS = 3600.0  # long enough for PyTorch on a slow network


class EngineError(UserError):
    """There is no engine, or a command of the engine failed."""


@dataclass(frozen=True)
class Engine:
    """Container engine. ``command`` is the program with its own options, such as ``podman --runtime runc``."""

    command: Sequence[str]

    @property
    def is_podman(self) -> bool:
        return Path(self.command[0]).name.startswith("podman")

    def run(self, *words: str, seconds: float = _SECONDS) -> str:
        """Run a command of the engine, and return its output. Raises EngineError with its message."""
        done = subprocess.run(
            [*self.command, *words],
            capture_output=True,
            text=True,
            check=False,
            cwd=tempfile.gettempdir(),  # podman may write a file named oom here
            timeout=seconds,
        )
        if done.returncode:
            output = (done.stderr or done.stdout).strip().splitlines() or [f"status {done.returncode}"]
            raise EngineError(f"{self.command[0]} {words[0]}: {output[-1]}")
        return done.stdout.strip()

    def version(self) -> str:
        """Return the name and version of the engine."""
        return self.run("--version").replace(" version", "")

    def inspect(self, image: str) -> dict[str, Any]:
        """Return the engine's description of an image. Raises EngineError if the image is missing."""
        images: list[dict[str, Any]] = json.loads(self.run("image", "inspect", image))
        return images[0]

    def pinned(self, base: str) -> str:
        """Return an image with its digest, or its name if it has no registry. Pull the image if it is not here."""
        try:
            images = self.inspect(base)
        except EngineError:
            self.run("pull", base, seconds=_BUILD_SECONDS)
            images = self.inspect(base)
        digests = images.get("RepoDigests") or [base]
        return str(digests[0])

    def build(
        self,
        tag: str,
        arguments: Mapping[str, str],
        labels: Mapping[str, str],
        epoch: str,
        options: Sequence[str],
    ) -> None:
        """Build an image, and show the output of the engine. Raises EngineError.

        labels  labels by their names in the specification of the Open Container Initiative
        epoch   time of the image and its files, in seconds since 1970; empty for the present time
        """
        words = ["build", "--file", _DOCKERFILE, "--tag", tag]
        for name, value in labels.items():
            words += ["--label", f"org.opencontainers.image.{name}={value}"]
        if self.is_podman:
            words += ["--format", "docker", *(["--timestamp", epoch] if epoch else [])]
        elif epoch:
            arguments = {**arguments, "SOURCE_DATE_EPOCH": epoch}
        for name, value in arguments.items():
            words += ["--build-arg", f"{name}={value}"]
        try:
            done = subprocess.run([*self.command, *words, *options, "."], check=False, cwd=ROOT, timeout=_BUILD_SECONDS)
        except subprocess.TimeoutExpired as error:
            raise EngineError(f"the build took more than {_BUILD_SECONDS:.0f} s") from error
        if done.returncode:
            raise EngineError(f"{self.command[0]} could not build {tag}: see its output above")


def find(words: Sequence[str]) -> Engine:
    """Return the named engine, or the first that works. Raises EngineError if there is none."""
    for command in [list(words)] if words else [[name] for name in _KNOWN]:
        if shutil.which(command[0]):
            engine = Engine(command)
            try:
                engine.run("info")
            except (EngineError, subprocess.TimeoutExpired):
                continue
            return engine
    if words:
        raise EngineError(f"{' '.join(words)} does not run here: name another engine, or none")
    raise EngineError(f"neither {' nor '.join(_KNOWN)} runs here: install one of them")
