"""Priority of commands that change a running server."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from scripts import output
from scripts.commands.__main__ import main
from scripts.output import NICE
from serving.paths import ROOT


def test_a_process_lowers_its_priority() -> None:
    code = "import os; from scripts.output import lower_priority; lower_priority(); print(os.nice(0))"
    completed = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    assert int(completed.stdout) == min(os.nice(0) + NICE, 19)


@pytest.mark.parametrize(
    ("name", "words", "lowered"),
    [("models", ["list"], 1), ("rollout", ["nothing.mar"], 1), ("rollout", ["--rollback"], 0), ("scale", ["2"], 0)],
)
def test_what_changes_a_server_has_low_priority_unless_it_is_urgent(
    name: str, words: list[str], lowered: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []
    monkeypatch.setattr(output, "lower_priority", lambda: calls.append(1))
    assert main(name, [*words, f"--directory={tmp_path}"]) == 1  # no server runs there
    assert len(calls) == lowered
