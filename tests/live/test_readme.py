"""Every command that the documents tell people to run, run as they stand in a copy of the repository."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from examples.shapes import make as shapes
from serving import paths
from serving.torchserve import ports, properties
from training.data.dataset import Dataset

DOCUMENTS = (
    "README.md",
    "docs/api.md",
    "docs/operations.md",
    "docs/data.md",
    "docs/training.md",
    "docs/model-card.md",
    "docs/playground.md",
    "docs/gateway.md",
)
HERE = {  # commands that are not run again
    "scripts/test": "this very run",
    "scripts/serve --gateway": "runs until Ctrl-C; test_serve.py runs it",
    "scripts/playground": "runs until Ctrl-C; tests/live/playground runs it",
}
PORTS = ("8080", "8081", "8082", "8083", "8404", "8443", "7070", "7071", "7861")
PREPARED = ("bundles", "model_store", "data", ".keys")  # what scripts/up would make anew


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory, mnist: Dataset) -> Iterator[Path]:
    """The repository's files at a place of their own, on free ports, with what was trained and built."""
    root = tmp_path_factory.mktemp("readme") / "digits"
    for name in tracked_files():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(paths.ROOT / name, root / name)
    for name in PREPARED:
        shutil.copytree(paths.ROOT / name, root / name, dirs_exist_ok=True)
    for environment in (".venv", ".venv-playground"):
        (root / environment).symlink_to(paths.ROOT / environment)
    own_digits(root / "my-digits", mnist)
    shapes.write(root / "shapes", 60)
    renumber(root, dict(zip(PORTS, map(str, ports.free(len(PORTS))), strict=True)))
    try:
        yield root
    finally:
        subprocess.run([root / "scripts" / "down"], check=True, stdout=subprocess.DEVNULL, timeout=240)


def own_digits(folder: Path, mnist: Dataset) -> None:
    """What docs/data.md calls your own digits: folders 0 to 9 of image files."""
    for digit in range(10):
        (folder / str(digit)).mkdir(parents=True)
        for index, image in enumerate(mnist.train.images[mnist.train.labels == digit][:20]):
            Image.fromarray(image).save(folder / str(digit) / f"{index}.png")


def tracked_files() -> list[str]:
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(
        command, cwd=paths.ROOT, capture_output=True, text=True, check=True, timeout=240
    ).stdout.splitlines()
    return [name for name in listed if (paths.ROOT / name).is_file()]


def renumber(root: Path, numbers: dict[str, str]) -> None:
    """Other ports, in the settings and wherever a document names one."""
    for name in ("config.properties", *DOCUMENTS):
        text = (root / name).read_text()
        for old, new in numbers.items():
            text = re.sub(rf"\b{old}\b", new, text)
        (root / name).write_text(text)


def blocks(document: Path) -> list[str]:
    """The shell blocks of a document, without the commands that are left out here."""
    found = re.findall(r"```sh\n(.*?)```", document.read_text(), flags=re.DOTALL)
    return [block for block in found if block.strip() not in HERE]


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_commands_of(copy: Path, name: str) -> None:
    found = blocks(copy / name)
    if name != "README.md":
        found.insert(0, "scripts/up >/dev/null")
    script = "\n".join(["set -euo pipefail", *found])
    done = subprocess.run(["bash", "-c", script], cwd=copy, capture_output=True, text=True, check=False, timeout=580)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "error:" not in done.stderr
    refused = [line for line in done.stdout.splitlines() if '"code"' in line]
    assert len(refused) == (name == "README.md"), refused  # the README shows one on purpose


def test_the_readme_shows_a_prediction_and_a_refusal_as_they_are(copy: Path) -> None:
    shown = [block for block in blocks(copy / "README.md") if "/predictions/digits" in block]
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
