"""Report of faults."""

import json

from resilience.attacks.__main__ import read
from resilience.faults import faults_report
from resilience.faults.__main__ import COMMAND
from serving.paths import ROOT


def test_the_page_is_what_the_figures_give() -> None:
    kept = json.loads((ROOT / "results" / "faults.json").read_text())
    assert (ROOT / "docs" / "faults.md").read_text() == faults_report.write(kept, COMMAND, read(ROOT / "docs"))
