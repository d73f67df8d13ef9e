"""The command scripts/compare, in real processes."""

import re
import signal
import time
from pathlib import Path

import orjson
import pytest
from PIL import Image

from scripts.commands.__main__ import main
from tests import forked

FEW = ("--only", "decision tree", "logistic regression", "MLP 64", "--folds", "3")
PIECES = 9


def command(what: str, small: Path, results: Path, *options: str) -> list[str]:
    return ["compare", what, "--quick", "--data", str(small), "--results", str(results), *options]


def accuracies(folder: Path) -> dict[str, list[float]]:
    content = orjson.loads((folder / "results" / "selection.json").read_bytes())
    return {standing["name"]: standing["accuracies"] for standing in content["standings"]}


def records(folder: Path) -> dict[Path, bytes]:
    """Return the recorded results. A killed process may leave a hidden temporary file."""
    return {path: path.read_bytes() for path in (folder / "models").glob("[!.]*.json")}


@pytest.fixture(scope="module")
def undisturbed(small: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("undisturbed")
    forked.succeed(*command("models", small, folder, *FEW))
    return folder


def test_it_leaves_report_figures_picture_and_records(undisturbed: Path) -> None:
    assert {path.name for path in undisturbed.iterdir()} == {"docs", "results", "models"}
    assert len(records(undisturbed)) == PIECES
    text = (undisturbed / "docs" / "selection.md").read_text()
    for name, shares in accuracies(undisturbed).items():
        assert re.search(rf"\| {name}.* {100 * sum(shares) / 3:.2f} ± ", text)
    with Image.open(undisturbed / "docs" / "images" / "selection.png") as picture:
        assert min(picture.size) > 400


def test_killed_it_goes_on_and_ends_with_the_same(undisturbed: Path, small: Path, tmp_path: Path) -> None:
    arguments = command("models", small, tmp_path, *FEW)
    with forked.started(*arguments, "--jobs", "2") as first:
        assert any(line.startswith("MLP 64, fold 1 of 3") for line in first.stderr)
        children = descendants(first.pid)
        assert len(children) >= 2
        first.kill()
    assert first.returncode == -signal.SIGKILL
    assert not any(alive(child, 10.0) for child in children)
    before = records(tmp_path)
    assert 1 <= len(before) < PIECES
    assert not (tmp_path / "selection.md").exists()
    again = forked.succeed(*arguments)
    assert again.stderr.count("% right") == PIECES - len(before)
    assert before.items() <= records(tmp_path).items()
    assert accuracies(tmp_path) == accuracies(undisturbed)


def descendants(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in children]


def alive(pid: int, patience: float) -> bool:
    """Return True if a process still runs after ``patience`` seconds. A zombie does not count as running."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return False
        except (FileNotFoundError, ProcessLookupError):
            return False
        time.sleep(0.05)
    return True


def test_once_more_computes_nothing_and_writes_the_same(undisturbed: Path, small: Path) -> None:
    before = {path: path.read_bytes() for path in undisturbed.rglob("*.*")}
    completed = forked.succeed(*command("models", small, undisturbed, *FEW))
    assert "% right" not in completed.stderr
    assert {path: path.read_bytes() for path in undisturbed.rglob("*.*")} == before


def test_methods_from_end_to_end(small: Path, tmp_path: Path) -> None:
    forked.succeed(*command("methods", small, tmp_path))
    content = orjson.loads((tmp_path / "results" / "methods.json").read_bytes())
    assert len(content["outcomes"]) == 16
    text = (tmp_path / "docs" / "methods.md").read_text()
    for outcome in content["outcomes"]:
        assert len(outcome["accuracies"]) == 3
        assert f"{100 * sum(outcome['accuracies']) / 3:.2f} ± " in text
    with Image.open(tmp_path / "docs" / "images" / "methods.png") as picture:
        assert min(picture.size) > 400


def test_a_mistake_is_answered_in_one_line(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name, *words = command("models", small, Path("/dev/null"), "--only", "decision tree")
    assert main(name, words) == 1
    (message,) = capsys.readouterr().err.splitlines()
    assert message == "error: /dev/null/models: Not a directory: name a folder, not a file"
