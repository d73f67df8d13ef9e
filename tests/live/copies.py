"""Copies of the repository in which the commands of its documents are run as they stand there."""

import re
import shutil
import subprocess
from pathlib import Path

from serving import paths

HERE = {  # commands that are not run again
    "scripts/test": "this very run",
    "scripts/serve --gateway": "runs until Ctrl-C; test_serve.py runs it",
    "scripts/playground": "runs until Ctrl-C; tests/live/playground runs it",
}


def fill(root: Path, environments: tuple[str, ...], prepared: tuple[str, ...]) -> None:
    """Fill the folder ``root`` with the tracked files, links to environments, and copies of what is prepared here."""
    for name in tracked_files():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(paths.ROOT / name, root / name)
    for name in prepared:
        shutil.copytree(paths.ROOT / name, root / name, dirs_exist_ok=True)
    for environment in environments:
        (root / environment).symlink_to(paths.ROOT / environment)


def tracked_files() -> list[str]:
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(
        command, cwd=paths.ROOT, capture_output=True, text=True, check=True, timeout=240
    ).stdout.splitlines()
    return [name for name in listed if (paths.ROOT / name).is_file()]


def blocks(document: Path) -> list[str]:
    """Return the shell blocks of a document, without the commands that are left out here."""
    found = re.findall(r"```sh\n(.*?)```", document.read_text(), flags=re.DOTALL)
    return [block for block in found if block.strip() not in HERE]


def run(root: Path, commands: list[str]) -> "subprocess.CompletedProcess[str]":
    """Run shell blocks one after the other in one shell in the folder ``root``, and see that none fails."""
    script = "\n".join(["set -euo pipefail", *commands])
    done = subprocess.run(["bash", "-c", script], cwd=root, capture_output=True, text=True, check=False, timeout=580)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "error:" not in done.stderr
    return done
