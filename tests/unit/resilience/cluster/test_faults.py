"""Counts of requests, and their report."""

from dataclasses import asdict

from resilience.cluster import cluster_report, faults
from resilience.cluster.clients import FAILED, WRONG, Record
from resilience.cluster.faults import Times

_TIMES = Times(out=0.5, ready=4.0, back=4.5, astray=0)


def test_every_request_counts_from_when_it_was_due() -> None:
    records = [Record(0.01 * turn, 0.002, "") for turn in range(198)]
    records += [Record(2.0, 1.0, ""), Record(2.5, 0.002, f"{FAILED}: 503"), Record(2.6, 0.002, f"{WRONG}: 8")]
    client_figures = faults.figures(records, _TIMES)
    assert (client_figures.sent, client_figures.failed, client_figures.wrong, client_figures.sample) == (
        201,
        1,
        1,
        "failed: 503",
    )
    assert (round(client_figures.p50), round(client_figures.most)) == (2, 1000)
    assert round(client_figures.gap) == 1028  # from 1.972 to 3.0: failed and wrong answers are not counted


def test_the_page_has_a_row_for_each_fault_and_the_sum() -> None:
    records = [Record(0.01 * turn, 0.002, "") for turn in range(100)]
    figures = asdict(faults.figures(records, _TIMES))
    page = cluster_report.section({"kill": figures, "cut": figures}, {"cores": "2", "processor": "any"})
    assert "| kill -9 of a node's JVM | 100 | 0 | 0 | 2.00 |" in page
    assert "Of 200 requests 0 failed" in page
    assert "frozen |" not in page
