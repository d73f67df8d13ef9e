"""Priority of commands that change a running server."""

import os
import subprocess
import sys

from scripts.output import NICE
from serving.paths import ROOT


def test_a_process_lowers_its_priority() -> None:
    code = "import os; from scripts.output import lower_priority; lower_priority(); print(os.nice(0))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    assert int(done.stdout) == min(os.nice(0) + NICE, 19)
