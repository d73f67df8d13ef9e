"""Parsed files of deploy/."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import yaml

from serving.paths import ROOT

DEPLOY = ROOT / "deploy"
TOOLS = ROOT / ".venv-deploy" / "bin"
KUBERNETES = sorted(
    path for path in (DEPLOY / "kubernetes").glob("*.yaml") if path.stem not in ("kustomization", "prometheus-adapter")
)
INFERENCE_SERVICE = DEPLOY / "kserve" / "inferenceservice.yaml"
ADAPTER = DEPLOY / "kubernetes" / "prometheus-adapter.yaml"
COMPOSE = DEPLOY / "compose" / "compose.yaml"
DOCKERFILE = DEPLOY / "container" / "Dockerfile"


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


def resource(kind: str) -> Any:
    """Return the only resource of a kind in deploy/kubernetes."""
    (manifest,) = [content for path in KUBERNETES if (content := read(path))["kind"] == kind]
    return manifest


def pods() -> dict[str, Any]:
    """Return the specification of each pod, by the resource that makes it."""
    deployment = resource("Deployment")["spec"]["template"]["spec"]
    return {"deployment": deployment, "inferenceservice": read(INFERENCE_SERVICE)["spec"]["predictor"]}


def run(command: list[str | Path], **options: Any) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, **options, timeout=240)


def tool(name: str) -> str | None:
    """Return a program that scripts/test installs. None if it could not be installed."""
    return shutil.which(name, path=TOOLS)
