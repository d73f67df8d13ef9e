"""A node and the commands of its operator, with only the files of the container image."""

import shutil
import subprocess
from functools import partial
from pathlib import Path

import httpx
import yaml

from serving.paths import ROOT
from serving.torchserve import settings
from serving.torchserve.probe import answers
from tests.processes import bounded
from tests.unit.deploy import image

from ..commands import block, run_in
from ..conftest import until


def unpacked(directory: Path) -> Path:
    """Return a folder with the files of the repository that are in the image, and with this environment."""
    for path in image.files():
        (directory / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, directory / path)
    (directory / ".venv").symlink_to(ROOT / ".venv")
    return directory


def test_a_node_runs_on_the_files_of_the_image_alone(tmp_path: Path) -> None:
    root, node, first = unpacked(tmp_path / "image"), str(tmp_path / "node"), block()
    health = settings.ports(str(first))["health_address"]
    command = ["scripts/serve", "--directory", node, "--ports", str(first), "--set=warm_up_seconds=0"]
    with bounded(subprocess.Popen(command, cwd=root)) as serving:
        try:
            for path in ("/readyz", "/openapi.yaml", "/metrics"):
                until(partial(answered, health + path, serving), 120)
            described = yaml.safe_load(httpx.get(f"{health}/openapi.yaml", trust_env=False).content)
            assert "/predictions/digits" in described["paths"]
            for words in (["rollout", "--history"], ["keys"], ["scale", "1"]):
                completed = run_in(root, [f"scripts/{words[0]}", "--directory", node, *words[1:]])
                assert completed.returncode == 0, completed
        finally:
            serving.terminate()
            assert serving.wait(60) == 0


def answered(url: str, serving: "subprocess.Popen[bytes]") -> bool:
    assert serving.poll() is None, "the node ended"
    return answers(url)
