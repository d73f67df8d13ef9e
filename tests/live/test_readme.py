"""All commands of the documents on serving, run unchanged in a copy of the repository.

The copy has a part of MNIST, and a model trained on it, because the documents train and package several times.
"""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from serving import paths
from serving.torchserve import ports, properties
from tests.live import copies
from training.data.dataset import Dataset

README = "README.md"
PAGES = ("docs/api.md", "docs/operations.md", "docs/playground.md", "docs/gateway.md")
PORTS = ("8080", "8081", "8082", "8083", "8404", "8443", "7070", "7071", "7861")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory, mnist: Dataset) -> Iterator[Path]:
    """Yield a copy of the repository on free ports, with a model that was trained in seconds."""
    root = tmp_path_factory.mktemp("readme") / "digits"
    copies.fill(root, (".venv",))
    copies.fewer(root, mnist)
    copies.run(root, ["scripts/train --preset quick --out bundles/default"])
    renumber(root, dict(zip(PORTS, map(str, ports.free(len(PORTS))), strict=True)))
    try:
        yield root
    finally:
        subprocess.run([root / "scripts" / "down"], check=True, stdout=subprocess.DEVNULL, timeout=240)


def renumber(root: Path, numbers: dict[str, str]) -> None:
    """Change the ports in the settings and documents. Turn off the warm-up, which takes seconds of CPU."""
    for name in ("config.properties", README, *PAGES):
        text = (root / name).read_text()
        for old, new in numbers.items():
            text = re.sub(rf"\b{old}\b", new, text)
        (root / name).write_text(re.sub("^warm_up_seconds=.*$", "warm_up_seconds=0", text, flags=re.MULTILINE))


def refused(printed: str) -> list[str]:
    return re.findall(r'\{"code".*\}', printed)


@pytest.mark.timeout(1500)
def test_the_readme_shows_a_prediction_and_a_refusal_as_they_are(copy: Path) -> None:
    printed = copies.run(copy, copies.blocks(copy / README)).stdout
    assert '"digit":7' in printed
    assert len(refused(printed)) == 1  # the document shows this error on purpose
    assert refused(printed) == refused((copy / README).read_text())


@pytest.mark.timeout(1500)
@pytest.mark.parametrize("name", PAGES)
def test_the_commands_of(copy: Path, name: str) -> None:
    commands = copies.blocks(copy / name)
    assert commands
    printed = copies.run(copy, ["scripts/up >/dev/null", *commands]).stdout
    assert '"code"' not in printed


def test_every_setting_is_explained() -> None:
    """In config.properties a comment with the reason stands above each line or group of lines."""
    lines = (paths.ROOT / "config.properties").read_text().splitlines()
    for index, line in enumerate(lines):
        if line.startswith(tuple(properties.read())):
            assert lines[index - 1], f"{line} has no reason above it"


def test_every_error_is_documented() -> None:
    text = (paths.ROOT / "docs" / "api.md").read_text()
    tree = (paths.ROOT / "inference" / "errors.py").read_text()
    for name in re.findall(r"^class (\w+)\((?!Exception)", tree, flags=re.MULTILINE):
        if name != "BadRequest":
            assert f"`{name}`" in text, f"docs/api.md does not tell of {name}"
