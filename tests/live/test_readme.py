"""Every command that the pages on serving tell people to run, run as they stand in a copy of the repository."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from serving import paths
from serving.torchserve import ports, properties
from tests.live import copies

DOCUMENTS = (
    "README.md",
    "docs/api.md",
    "docs/operations.md",
    "docs/playground.md",
    "docs/gateway.md",
)
PORTS = ("8080", "8081", "8082", "8083", "8404", "8443", "7070", "7071", "7861")
PREPARED = ("bundles", "model_store", "data", ".keys")  # what scripts/up would make anew


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The repository's files at a place of their own, on free ports, with what was trained and built."""
    root = tmp_path_factory.mktemp("readme") / "digits"
    copies.fill(root, (".venv", ".venv-playground"), PREPARED)
    renumber(root, dict(zip(PORTS, map(str, ports.free(len(PORTS))), strict=True)))
    try:
        yield root
    finally:
        subprocess.run([root / "scripts" / "down"], check=True, stdout=subprocess.DEVNULL, timeout=240)


def renumber(root: Path, numbers: dict[str, str]) -> None:
    """Other ports, in the settings and wherever a document names one."""
    for name in ("config.properties", *DOCUMENTS):
        text = (root / name).read_text()
        for old, new in numbers.items():
            text = re.sub(rf"\b{old}\b", new, text)
        (root / name).write_text(text)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_commands_of(copy: Path, name: str) -> None:
    commands = copies.blocks(copy / name)
    assert commands
    if name != "README.md":
        commands.insert(0, "scripts/up >/dev/null")
    done = copies.run(copy, commands)
    refused = [line for line in done.stdout.splitlines() if '"code"' in line]
    assert len(refused) == (name == "README.md"), refused  # the README shows one on purpose


def test_the_readme_shows_a_prediction_and_a_refusal_as_they_are(copy: Path) -> None:
    shown = [block for block in copies.blocks(copy / "README.md") if "/predictions/digits" in block]
    script = "\n".join(["scripts/up >/dev/null", *shown])
    done = subprocess.run(["bash", "-ec", script], cwd=copy, capture_output=True, text=True, check=True, timeout=240)
    refusal = re.search(r'\{"code".*\}', (copy / "README.md").read_text())
    assert refusal
    assert refusal[0] in done.stdout
    assert '"digit":7' in done.stdout


def test_every_setting_is_explained() -> None:
    """In config.properties a reason stands above each line or each group of lines."""
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
