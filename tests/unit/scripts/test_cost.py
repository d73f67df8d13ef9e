"""What scripts/up costs, as the README has it."""

import subprocess
import sys

from serving.paths import COMMANDS, ROOT


def test_the_readme_has_the_numbers_that_were_measured() -> None:
    done = subprocess.run(
        [sys.executable, str(COMMANDS), "measure"], capture_output=True, text=True, check=True, timeout=60
    )
    paragraph = done.stdout.strip()
    assert "GB in" in paragraph
    assert paragraph in (ROOT / "README.md").read_text()
