from pathlib import Path

import pytest


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """Return the run folder of a node."""
    folder = tmp_path / "run"
    folder.mkdir()
    return folder
