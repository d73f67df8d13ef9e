from collections.abc import Callable
from pathlib import Path

import pytest

from training.selection import code

Write = Callable[[str, str], None]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(name: str, text: str) -> None:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)

    write("room/__init__.py", "")
    write("room/loop.py", "import os\nfrom room import step\nfrom room.far import END\n")
    write("room/step.py", "def step():\n    return 1\n")
    write("room/far.py", "END = 2\n")
    write("room/other.py", "X = 1\n")
    return write


def source_hash(root: Path) -> str:
    code.source_hash.cache_clear()
    return code.source_hash("room.loop", root=root)


@pytest.mark.parametrize(
    ("name", "text"),
    [("room/step.py", "def step():\n    return 2\n"), ("room/far.py", "END = 3\n"), ("room/loop.py", "import os\n")],
)
def test_code_that_is_reached_counts(write: Write, tmp_path: Path, name: str, text: str) -> None:
    before = source_hash(tmp_path)
    write(name, text)
    assert source_hash(tmp_path) != before


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("room/other.py", "X = 2\n"),
        ("room/step.py", '"""A step."""\n\n\ndef step():\n    """One."""\n    return 1  # because\n'),
    ],
)
def test_what_is_not_reached_or_does_not_run_does_not_count(write: Write, tmp_path: Path, name: str, text: str) -> None:
    before = source_hash(tmp_path)
    write(name, text)
    assert source_hash(tmp_path) == before


def test_the_networks_results_hang_on_the_loop_and_the_trees_do_not() -> None:
    networks = code._reached(("training.selection.networks",), code._ROOT)
    trees = code._reached(("training.selection.classical", "training.selection.fold_run"), code._ROOT)
    assert {"training.fit.loop", "training.fit.optimizers", "model.network"} <= networks.keys()
    assert "training.fit.loop" not in trees
