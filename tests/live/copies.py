"""Copies of the repository, in which tests run the commands of the documents unchanged."""

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np

from serving import paths
from training.data import idx
from training.data.dataset import Dataset, md5
from training.digits import data

TRAIN, TEST = 6000, 1000  # numbers of images in a copy, in place of all of MNIST
CHALLENGES = {  # pictures, as many as a tenth
    "__init__.py": {"_DIGITS = 1000": "_DIGITS = 100", "_OTHERS = 200": "_OTHERS = 20"},
    "library_pictures.py": {"load_digits(return_X_y=True)": "(array[:180] for array in load_digits(return_X_y=True))"},
}

HERE = {  # commands that are not run in copies
    "scripts/test": "this very run",
    "scripts/serve --gateway": "runs until Ctrl-C; test_serve.py runs it",
    "scripts/playground": "runs until Ctrl-C; tests/live/playground runs it",
}


def fill(root: Path, environments: tuple[str, ...]) -> None:
    """Fill the folder ``root`` with the tracked files and links to environments."""
    for name in tracked_files():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(paths.ROOT / name, root / name)
    for environment in environments:
        (root / environment).symlink_to(paths.ROOT / environment)


def fewer(root: Path, mnist: Dataset) -> None:
    """Give a copy the first images of MNIST, with their checksums, and a tenth of the challenge pictures."""
    source = root / "training" / "digits" / "data.py"
    text = source.read_text()
    (root / "data" / "mnist").mkdir(parents=True)
    for name, array in mnist.arrays().items():
        content = idx.encode(np.ascontiguousarray(array[: TEST if name.startswith("t10k") else TRAIN]))
        (root / "data" / "mnist" / name).write_bytes(content)
        assert data.MD5[name] in text
        text = text.replace(data.MD5[name], md5(content))
    source.write_text(text)
    for name, changes in CHALLENGES.items():
        source = root / "training" / "digits" / "challenges" / name
        text = source.read_text()
        for whole, few in changes.items():
            assert whole in text
            text = text.replace(whole, few)
        source.write_text(text)


def tracked_files() -> list[str]:
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(
        command, cwd=paths.ROOT, capture_output=True, text=True, check=True, timeout=240
    ).stdout.splitlines()
    return [name for name in listed if (paths.ROOT / name).is_file()]


def blocks(document: Path) -> list[str]:
    """Return the shell blocks of a document, without the commands that are not run in copies."""
    texts = re.findall(r"```sh\n(.*?)```", document.read_text(), flags=re.DOTALL)
    return [block for block in texts if block.strip() not in HERE]


def run(root: Path, commands: list[str]) -> "subprocess.CompletedProcess[str]":
    """Run shell blocks one after the other in one shell in the folder ``root``. Check that none fails."""
    script = "\n".join(["set -euo pipefail", *commands])
    completed = subprocess.run(
        ["bash", "-c", script], cwd=root, capture_output=True, text=True, check=False, timeout=1400
    )
    assert completed.returncode == 0, completed.stdout[-3000:] + completed.stderr[-3000:]
    assert "error:" not in completed.stderr
    return completed
