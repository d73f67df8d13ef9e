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
    """The product's bundle, by which the samples of all measurements are taken."""


@pytest.fixture
def results(tmp_path: Path) -> Results:
    """Synthetic results of three rounds."""
    return synthetic.results(tmp_path / "results")


@pytest.fixture
def tools(monkeypatch: pytest.MonkeyPatch) -> None:
    """The two programs that measure, where they are installed."""
    monkeypatch.setenv("PATH", "/usr/sbin", prepend=":")  # Debian's place for haproxy
    missing = [program for program in ("wrk", "haproxy") if not shutil.which(program)]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")


@pytest.fixture
def haproxy(tools: None, tmp_path: Path) -> Iterator[RunningHAProxy]:
    """A server whose answer is right for the first sample, whatever it is asked."""
    with static(1).running(tmp_path / "haproxy") as running:
        yield running
