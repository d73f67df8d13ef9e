"""The client in examples/, through the gateway."""

import subprocess
import sys
from pathlib import Path

from serving.paths import ROOT
from tests.messages import png
from training.data.dataset import Dataset

from .conftest import Node

EXAMPLE = ROOT / "examples" / "client.py"


def run(node: Node, image: Path, key: str) -> "subprocess.CompletedProcess[str]":
    words = [str(image), node.gateway.url, key, str(node.gateway.certificate)]
    return subprocess.run(
        [sys.executable, str(EXAMPLE), *words], capture_output=True, text=True, check=False, timeout=60
    )


def test_it_reads_a_digit(node: Node, mnist: Dataset, tmp_path: Path) -> None:
    image = tmp_path / "seven.png"
    image.write_bytes(png(mnist.test.images[0]))
    completed = run(node, image, node.key("example")["Authorization"].split()[1])
    assert completed.stderr == ""
    digit, confidence = completed.stdout.split()
    assert digit == "7"
    assert 0.9 < float(confidence) <= 1


def test_it_shows_what_the_service_says_to_a_wrong_request(node: Node, tmp_path: Path) -> None:
    image = tmp_path / "none.png"
    image.write_bytes(b"no image")
    completed = run(node, image, node.key("example")["Authorization"].split()[1])
    assert completed.returncode == 1
    assert completed.stderr.startswith("InvalidPixels: ")
    assert run(node, image, "nobody").stderr == "Unauthorized: unknown API key; ask the operator for a key\n"


def test_it_is_short() -> None:
    code = [line for line in EXAMPLE.read_text().splitlines()[1:] if line]
    assert len(code) <= 15
