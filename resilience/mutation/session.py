"""Mutants that cosmic-ray makes and tests in a copy of the tree."""

import os
import random
import shlex
import shutil
import sqlite3
import subprocess
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import orjson

from resilience.mutation import areas
from resilience.mutation.baseline import PYTEST, Baseline, MutationError, failed

FOLDER = ".mutation"
# Most "|" operators are in annotations, where a change has no effect.
_UNUSED = "core/ReplaceBinaryOperator_BitOr_%"
# Files that the tests read in addition to the tracked files.
_LINKED = (".venv*", "data", "bundles", ".keys", "model_store/*.mar*")


@dataclass(frozen=True)
class Mutant:
    """A fault in a module, and whether a test found it.

    test  first test that failed; empty if none did, or if the tests timed out
    """

    module: str
    line: int
    before: str
    after: str
    is_killed: bool
    test: str = ""


@dataclass(frozen=True)
class MutationSession:
    """Mutants of one module.

    folder  folder of all sessions; ``tree`` in it is the copy with the mutants
    """

    folder: Path
    module: str

    @property
    def file(self) -> Path:
        return self.folder / (self.module.replace("/", ".") + ".sqlite")

    @property
    def configuration(self) -> Path:
        return self.file.with_suffix(".toml")

    @property
    def tests(self) -> list[str]:
        return areas.tests(self.folder / "tree", self.module)

    def make(self) -> None:
        """Make all mutants. Raises MutationError."""
        self._configure(Baseline())
        self._cosmic_ray("init", str(self.configuration), str(self.file))

    def mutants(self) -> list[tuple[str, int, str]]:
        """Return operator, occurrence and id of each mutant that can have an effect, in a fixed order."""
        with closing(sqlite3.connect(self.file)) as database:
            query = "select operator_name, occurrence, job_id from mutation_specs where operator_name not like ?"
            return sorted(database.execute(query, (_UNUSED,)))

    def keep(self, identities: Sequence[str]) -> None:
        """Delete all other mutants."""
        with closing(sqlite3.connect(self.file)) as database, database:
            others = set(database.execute("select job_id from work_items")) - {(identity,) for identity in identities}
            database.executemany("delete from mutation_specs where job_id = ?", others)
            database.executemany("delete from work_items where job_id = ?", others)

    def run(self, baseline: Baseline) -> None:
        """Test the mutants that are not tested yet. Raises MutationError."""
        limit = self._configure(baseline)
        timeout = limit * (len(self.mutants()) + 1)
        self._cosmic_ray("exec", str(self.configuration), str(self.file), timeout=timeout)

    def _configure(self, baseline: Baseline) -> float:
        """Write the configuration of cosmic-ray, and return the timeout of one mutant in seconds."""
        limit = baseline.limit(self.tests)
        skipped = [word for test in baseline.unreliable for word in ("--deselect", test)]
        settings = {
            "module-path": self.module,
            "timeout": limit,
            "excluded-modules": [],
            "test-command": shlex.join([*PYTEST, "-x", *skipped, *self.tests]),
        }
        lines = [f"{name} = {orjson.dumps(value).decode()}" for name, value in settings.items()]
        text = "\n".join(["[cosmic-ray]", *lines, '[cosmic-ray.distributor]\nname = "local"', ""])
        self.configuration.write_text(text)
        return limit

    def forget_survivors(self) -> None:
        """Delete the results of mutants that survived, so that they are tested again."""
        with closing(sqlite3.connect(self.file)) as database, database:
            database.execute("delete from work_results where test_outcome = 'SURVIVED'")

    def outcomes(self) -> list[Mutant]:
        """Return the mutants that were tested."""
        with closing(sqlite3.connect(self.file)) as database:
            query = (
                "select start_pos_row, diff, test_outcome, output from mutation_specs join work_results using (job_id)"
                " where worker_outcome = 'NORMAL' order by 1"
            )
            return [
                Mutant(
                    self.module, line, *changed(diff or ""), outcome != "SURVIVED", next(iter(failed(output or "")), "")
                )
                for line, diff, outcome, output in database.execute(query)
            ]

    def _cosmic_ray(self, *arguments: str, timeout: float = 600) -> None:
        program = self.folder.parent / ".venv-mutation" / "bin" / "cosmic-ray"
        done = subprocess.run(
            [program, *arguments],
            cwd=self.folder / "tree",
            timeout=timeout,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise MutationError(
                f"cosmic-ray {arguments[0]} of {self.module} failed: {(done.stderr or done.stdout).strip()[-300:]}"
            )


def sessions(root: Path, names: Iterable[str], count: int, seed: int) -> list[MutationSession]:
    """Return new sessions for the modules of the areas, with ``count`` random mutants of each area."""
    folder = root / FOLDER
    shutil.rmtree(folder, ignore_errors=True)
    copy(root, folder / "tree")
    chosen: list[MutationSession] = []
    for area in names:
        made = [MutationSession(folder, module) for module in areas.modules(root, area)]
        with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
            list(pool.map(MutationSession.make, made))
        every = [(session, identity) for session in made for *_, identity in session.mutants()]
        drawn = random.Random(seed).sample(every, min(count, len(every)))  # noqa: S311 - no secret
        for session in made:
            session.keep([identity for owner, identity in drawn if owner == session])
        chosen += [session for session in made if session.mutants()]
        print(f"{area}: {len(drawn)} of {len(every)} mutants in {len(made)} modules", flush=True)
    return chosen


def begun(root: Path, names: Iterable[str]) -> list[MutationSession]:
    """Return the sessions of an earlier run. Raises MutationError if there are none."""
    candidates = [MutationSession(root / FOLDER, module) for area in names for module in areas.modules(root, area)]
    resumable = [session for session in candidates if session.file.exists() and session.mutants()]
    if not resumable:
        raise MutationError("there is no run to resume; leave --resume out")
    copy(root, root / FOLDER / "tree")  # a killed run leaves a mutant there
    return resumable


def copy(root: Path, tree: Path) -> None:
    """Copy the files that git tracks or would track. Link to the other files that tests read."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root, capture_output=True, check=True, timeout=60,
    ).stdout.decode()  # fmt: skip
    for name in filter(None, listed.split("\0")):
        if (root / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, tree / name)
    for pattern in _LINKED:
        for path in root.glob(pattern):
            if not (tree / path.relative_to(root)).exists():
                (tree / path.relative_to(root)).symlink_to(path)


def changed(diff: str) -> tuple[str, str]:
    """Return the lines that a unified diff removes, and the lines that it adds."""
    lines = diff.splitlines()
    body = lines[next((index + 1 for index, line in enumerate(lines) if line.startswith("@@")), len(lines)) :]
    sides = ((line[1:].strip() for line in body if line.startswith(sign)) for sign in "-+")
    before, after = ("; ".join(filter(None, side)) for side in sides)
    return before, after
