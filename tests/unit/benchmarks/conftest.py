import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.haproxy import RunningHAProxy, static
from benchmarks.results import Results
from inference.bundle import Bundle
from tests.unit.benchmarks import synthetic


@pytest.fixture(scope="session", autouse=True)
def samples(product: Bundle) -> None:
    """Make the product's bundle, from which all measurements take their samples."""


@pytest.fixture
def results(tmp_path: Path) -> Results:
    """Return synthetic results of three rounds."""
    return synthetic.results(tmp_path / "results")


@pytest.fixture
def tools(monkeypatch: pytest.MonkeyPatch) -> None:
    """Skip the test unless both measuring programs are installed."""
    monkeypatch.setenv("PATH", "/usr/sbin", prepend=":")  # the folder of haproxy in Debian
    missing = [program for program in ("wrk", "haproxy") if not shutil.which(program)]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")


@pytest.fixture
def haproxy(tools: None, tmp_path: Path) -> Iterator[RunningHAProxy]:
    """Yield a server whose fixed answer is right for the first sample."""
    with static(1).running(tmp_path / "haproxy") as running:
        yield running
