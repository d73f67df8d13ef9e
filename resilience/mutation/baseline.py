"""Baseline of a mutation run: duration of the tests without a mutant, and tests that fail at times."""

import re
import subprocess
import sys
import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import Self

import orjson

from inference.files import replace_json
from serving.errors import UserError

PYTEST = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider")
_STARTING, _SLOWER = 60.0, 4.0  # timeout of tests with a mutant: seconds, plus a multiple of the time without one
_SECONDS = 3600.0  # timeout for the tests of a folder, long enough for a busy machine


class MutationError(UserError):
    """Mutants could not be made or tested."""


@dataclass
class Baseline:
    """Seconds that each file or folder of tests takes without a mutant, and tests that failed and then passed."""

    seconds: dict[str, float] = field(default_factory=dict)
    unreliable: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, file: Path) -> Self:
        """Return the baseline of an earlier run, or an empty one."""
        return cls(**orjson.loads(file.read_bytes())) if file.exists() else cls()

    def measure(self, tree: Path, paths: Iterable[str], file: Path) -> None:
        """Run the tests that are not measured yet, and write the file after each.

        Raises MutationError if a test fails twice.
        """
        chosen = set(paths)
        folders = chosen | self.seconds.keys()
        for path in sorted(path for path in chosen - self.seconds.keys() if not _above(path, folders)):
            start = time.monotonic()
            self._unreliable(tree, failed(_run(tree, [path])))
            self.seconds[path] = round(time.monotonic() - start, 1)
            print(f"{path}: {self.seconds[path]:.0f} s without a fault", flush=True)
            replace_json(file, asdict(self))

    def limit(self, paths: Sequence[str]) -> float:
        """Return the timeout of tests with a mutant, in seconds."""
        measured = {path if path in self.seconds else _above(path, self.seconds) for path in paths}
        return _STARTING + _SLOWER * sum(self.seconds[path] for path in measured if path)

    def _unreliable(self, tree: Path, tests: list[str]) -> None:
        again = failed(_run(tree, tests)) if tests else []
        if again:
            raise MutationError(
                f"{again[0]} fails without a fault: repair it, then scripts/mutate --resume goes on here"
            )
        for test in tests:
            print(f"{test} failed once without a fault: it does not count", flush=True)
        self.unreliable += tests


def _above(path: str, folders: Collection[str]) -> str:
    """Return the folder that contains a test file or folder; empty if there is none."""
    return next((str(folder) for folder in PurePosixPath(path).parents if str(folder) in folders), "")


def _run(tree: Path, tests: list[str]) -> str:
    command = [*PYTEST, *tests]
    done = subprocess.run(command, cwd=tree, timeout=_SECONDS, capture_output=True, check=False, text=True)
    if done.returncode > 1:
        raise MutationError(
            f"pytest {' '.join(tests)} ends with status {done.returncode}: {done.stdout.strip()[-300:]}"
        )
    return done.stdout


def failed(output: str) -> list[str]:
    """Return the failed tests in the output of pytest."""
    return re.findall(r"^(?:FAILED|ERROR) (.+?)(?: - .*)?$", output, re.MULTILINE)
