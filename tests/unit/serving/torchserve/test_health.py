from pathlib import Path

from serving.torchserve.health import ResponseCounts, answered
from tests.unit.serving import fake_torchserve


def test_answers_between_two_looks_are_counted() -> None:
    assert ResponseCounts(100, 10) - ResponseCounts(40, 3) == ResponseCounts(60, 7)
    assert ResponseCounts(100, 3) - ResponseCounts(40, 3) == ResponseCounts(60, 0)


def test_counts_are_those_of_the_metrics_page(tmp_path: Path) -> None:
    with fake_torchserve.fake(tmp_path / "run") as fake:
        fake.counted = 41, 2
        assert answered(fake.server) == ResponseCounts(43, 2)
