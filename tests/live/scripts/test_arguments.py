"""Help and wrong arguments, before packages are installed."""

import re
from pathlib import Path

import pytest

from scripts import arguments
from tests.live.commands import bare_copy, errors, run, run_in

COMMANDS = arguments.names()
BARE = ["benchmarks", "pyproject.toml", "requirements", "resilience", "scripts", "serving"]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the files that a command reads before it makes an environment. Tests add nothing to them."""
    return bare_copy(tmp_path_factory.mktemp("bare") / "copy")


@pytest.mark.parametrize("name", COMMANDS)
def test_help_does_nothing_else(name: str, copy: Path, tmp_path: Path) -> None:
    completed = run_in(tmp_path, [str(copy / "scripts" / name), "--help"])
    assert completed.returncode == 0, completed
    assert completed.stdout.startswith(f"usage: scripts/{name} ")
    assert completed.stderr == ""
    assert sorted(path.name for path in copy.iterdir()) == BARE


@pytest.mark.parametrize(
    "words",
    [
        *([name, "--nonsense"] for name in COMMANDS if name != "test"),  # its arguments are those of pytest
        ["up", "--gate"],
        ["up", "now"],
        ["up", "--ports"],
        ["up", "--gateway=yes"],
        ["keys", "me"],
        ["bench", "--quik"],
        ["audit", "all"],
        ["clients", "add"],
        ["edge"],
        ["rollout"],
        ["scale", "2", "--auto", "1", "2"],
        ["serve", "--set", "health_address"],
        ["train", "--resume", "--fresh"],
    ],
    ids=" ".join,
)
def test_a_wrong_argument_is_refused_before_any_work(words: list[str], copy: Path, tmp_path: Path) -> None:
    completed = run_in(tmp_path, [str(copy / "scripts" / words[0]), *words[1:]])
    assert completed.returncode == 2, completed
    assert completed.stdout == ""
    (line,) = completed.stderr.splitlines()
    assert line.startswith("error: ")
    assert re.search(rf"; scripts/{words[0]}( add)? --help shows the options$", line)
    assert sorted(path.name for path in copy.iterdir()) == BARE


@pytest.mark.parametrize("words", ["clients list", "edge one=a:1", "keys", "rollout --history", "scale 1", "serve"])
def test_without_an_environment_a_command_says_what_makes_one(words: str, copy: Path) -> None:
    name, *arguments = words.split()
    completed = run([str(copy / "scripts" / name), *arguments])
    assert errors(completed) == ["error: nothing is installed yet: run scripts/up"]


@pytest.mark.parametrize("port", ["0", "80", "65536", "-1", "http"])
def test_a_port_that_nothing_can_have_is_refused(port: str, tmp_path: Path) -> None:
    completed = run(["scripts/playground", "--directory", str(tmp_path), f"--port={port}"])
    assert completed.returncode == 2
    assert f"{port} is not a port from 1024 to 65535" in completed.stderr


@pytest.mark.parametrize("days", ["0", "-1", "nan", "inf", "soon"])
def test_no_key_is_expired_from_the_beginning(days: str, tmp_path: Path) -> None:
    completed = run(["scripts/clients", "--directory", str(tmp_path), "add", "me", f"--days={days}"])
    assert completed.returncode == 2
    assert f"{days} is not a number of days above 0 and up to 3650" in completed.stderr
    assert completed.stdout == ""


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["0"], "0 workers cannot answer requests: name 1 or more; scripts/down stops the server"),
        (["1000"], "1000 workers are too many for this machine's processors: name"),
        (["--auto", "1", "1000"], "1000 workers are too many"),
        (["--auto", "2", "1"], "--auto 2 1: name the smaller number first"),
    ],
)
def test_a_number_of_workers_that_makes_no_sense_is_refused(words: list[str], sentence: str) -> None:
    completed = run(["scripts/scale", *words])
    assert completed.returncode == 2
    assert sentence in completed.stderr.splitlines()[-1]


def test_the_script_that_commands_link_to_is_no_command(copy: Path, tmp_path: Path) -> None:
    completed = run_in(tmp_path, [str(copy / "scripts" / "command"), "--help"])
    assert completed.returncode == 1
    assert completed.stderr == "error: call it by the name of a command, such as scripts/models\n"
    assert sorted(path.name for path in copy.iterdir()) == BARE
