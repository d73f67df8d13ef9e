from pathlib import Path

from serving.torchserve.health import answered
from tests.unit.serving import fake_torchserve


def test_counts_are_those_of_the_metrics_page(tmp_path: Path) -> None:
    with fake_torchserve.fake(tmp_path / "run") as fake:
        fake.counted = 41, 2
        assert answered(fake.server) == (43, 2)
