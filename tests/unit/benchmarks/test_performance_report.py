from pathlib import Path

import pytest

from benchmarks import performance_report
from benchmarks.results import Results
from benchmarks.suite import SuiteError
from benchmarks.summary import Summary, summarise
from inference.files import replace_json
from tests.unit.benchmarks import synthetic


def test_page_summary_and_pictures_are_written(results: Results, tmp_path: Path) -> None:
    synthetic.put_soak(results, minutes=10)
    docs = tmp_path / "docs"
    (results.folder / "performance-other.png").write_bytes(b"\x89PNG")  # left by another measurement
    written = performance_report.write(results, docs)
    pictures = [docs / "images" / f"performance-{name}.png" for name in ("throughput", "latency", "soak", "other")]
    assert written == [tmp_path / "results" / "performance.json", docs / "performance.md", *pictures]
    page = (docs / "performance.md").read_text()
    assert "9,000 requests a second over raw bytes: 3.0 times the best peer (FastAPI + uvicorn" in page
    assert "| this service | 500 (450..600) | **4,000 (3,600..4,800)** |" in page
    assert "## 10 minutes under load" in page
    assert all(picture.read_bytes().startswith(b"\x89PNG") for picture in pictures)


def test_without_results_the_page_is_made_from_the_summary_that_is_kept(results: Results, tmp_path: Path) -> None:
    docs, summary = tmp_path / "docs", summarise(results)
    assert summary
    replace_json(tmp_path / "results" / "performance.json", vars(summary))
    performance_report.write(Results(tmp_path / "none"), docs)
    assert (docs / "performance.md").read_text() == performance_report.content(summary)


def test_a_section_that_was_not_measured_again_stays_as_stored(results: Results, tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    synthetic.put_soak(results, minutes=10)
    performance_report.write(results, docs)
    performance_report.write(synthetic.results(tmp_path / "again"), docs)
    assert "## 10 minutes under load" in (docs / "performance.md").read_text()


def test_the_summary_survives_being_stored(results: Results, tmp_path: Path) -> None:
    summary = summarise(results)
    assert summary
    replace_json(tmp_path / "summary.json", vars(summary))
    assert Summary.read(tmp_path / "summary.json") == summary


def test_what_failed_is_in_the_page(results: Results) -> None:
    for number in (1, 2, 3):
        results.put(f"rounds/{number}/mlserver/v2-64", vars(synthetic.measurement(1, 64, wrong=1)))
    summary = summarise(results)
    assert summary
    page = performance_report.content(summary)
    assert "## Failed measurements" in page
    assert "503 busy \\| later" in page
    assert "| MLServer | 200 (180..240) | 500 (450..600) | failed |" in page


def test_nothing_measured_is_said(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match="nothing was measured"):
        performance_report.write(Results(tmp_path), tmp_path / "docs")
