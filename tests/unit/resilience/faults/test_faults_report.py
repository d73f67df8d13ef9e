"""Report of faults."""

import json

from resilience.faults import faults_report
from resilience.faults.__main__ import COMMAND
from serving.paths import ROOT


def test_the_page_is_what_the_figures_give() -> None:
    results = [json.loads((ROOT / "results" / f"{name}.json").read_text()) for name in ("faults", "cluster", "attacks")]
    assert (ROOT / "docs" / "faults.md").read_text() == faults_report.write(results[0], COMMAND, results[1], results[2])
