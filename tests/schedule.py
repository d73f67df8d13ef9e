"""Distribution of tests to processes: each server starts once, and the longest files start first."""

from pathlib import Path

import pytest
from xdist.scheduler import LoadFileScheduling

from serving.paths import ROOT

SHARING = ("tests/live/attacks", "tests/live/changes", "tests/live/gateway", "tests/live/playground")  # one server each
LONGEST = (
    "tests/live/test_readme.py",
    "tests/live/test_training_pages.py",
    "tests/live/gateway",
    "tests/live/changes",
    "tests/live/playground",
    "tests/live/containers/test_compose.py",
    "tests/live/test_faults.py",
    "tests/live/test_real_models.py",
    "tests/live/cluster/test_faults.py",
    "tests/live/containers/test_kubernetes.py",
    "tests/unit/training",
    "tests/unit/serving/archives",
)


class Scheduling(LoadFileScheduling):  # type: ignore[misc]
    """Give all tests of a file to one process. Tests of a folder with a shared server count as one file."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return next((folder for folder in SHARING if Path(file).is_relative_to(folder)), file)


def rank(path: Path) -> int:
    """Return the position of a file among the longest files, from 0."""
    name = path.relative_to(ROOT)
    return next((place for place, long in enumerate(LONGEST) if name.is_relative_to(long)), len(LONGEST))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: rank(item.path))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Scheduling | None:
    return Scheduling(config, log) if config.getoption("dist") == "loadfile" else None
