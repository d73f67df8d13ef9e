"""Files of commands: they belong together, and errors are reported in one way."""

import os
import subprocess
import sys

import pytest

from scripts import arguments
from serving.paths import COMMANDS, ROOT

SCRIPTS = ROOT / "scripts"


def modules(folder: str) -> set[str]:
    return {path.stem for path in (SCRIPTS / folder).glob("[a-z]*.py")}


def test_every_command_has_a_script_and_a_parser() -> None:
    executable = {path.name for path in SCRIPTS.iterdir() if path.is_file() and os.access(path, os.X_OK)}
    assert executable - {"command"} == set(arguments.names())
    assert modules("commands") == executable - {"command", "check", "lock", "test"}  # pure shell scripts


@pytest.mark.parametrize("name", arguments.names())
def test_a_script_names_its_own_python(name: str) -> None:
    text = (SCRIPTS / name).read_text()
    assert 'accept "$@"' in text or 'installed "$@"' in text
    if name in modules("commands"):
        assert any(f'"$commands" {word}' in text.splitlines()[-1] for word in (name, '"$name"'))


@pytest.mark.parametrize(
    ("words", "status", "sentence"),
    [
        (["edge", "one"], 1, "a node is NAME=HOST:PORT, not one"),
        (["train", "--preset", "nest"], 1, "unknown preset 'nest': choose one of"),
        (
            ["package", "--bundle", "nowhere"],
            1,
            "there is no bundle nowhere: name a model.safetensors, or run scripts/train first",
        ),
        (
            ["rollout", "/dev/null"],
            1,
            "null cannot be read (/dev/null is not a regular file): build it with scripts/package",
        ),
        (["edge"], 2, "the following arguments are required: NAME=HOST:PORT; scripts/edge --help shows the options"),
    ],
)
def test_an_error_is_one_sentence_wherever_the_command_is_called(
    words: list[str], status: int, sentence: str, tmp_path: str
) -> None:
    command = [sys.executable, str(COMMANDS), *words]
    completed = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
    assert (completed.returncode, completed.stdout) == (status, "")
    (line,) = completed.stderr.splitlines()
    assert line.startswith(f"error: {sentence}")
