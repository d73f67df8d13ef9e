"""The section on photos beside small requests: its table, and its pass criteria."""

from typing import Any

import pytest

from benchmarks import beside_photos


def measured(p99: float) -> dict[str, Any]:
    quiet = {"rate": 5000.0, "p50": 1.0, "p99": 4.0, "photos": 0.0, "refused": 0.0}
    return {
        "machine": {"cores": "2", "processor": "a processor"},
        "rounds": 5,
        "seconds": 5.0,
        "size": (4000, 3000),
        "bytes": 1_500_000,
        "figures": {"none": quiet, "photos": quiet | {"p99": p99, "photos": 12.5}},
    }


@pytest.mark.parametrize(("p99", "growth", "met"), [(8.0, "2.00 x", True), (10.0, "2.50 x", False)])
def test_p99_may_double(p99: float, growth: str, *, met: bool) -> None:
    (target,) = beside_photos.targets(measured(p99))
    assert (target.measured, target.met) == (f"{growth}: {p99:.1f} ms against 4.0 ms", met)


def test_the_section_has_the_photos_and_the_table() -> None:
    text = beside_photos.section(measured(8.0))
    assert "| none | 5,000 | 1.00 | 4.00 | 1.00x | 0.0 | 0.0 |" in text
    assert "4000x3000 pixels\n(1.5 MB)" in text
    assert max(len(line) for line in text.splitlines() if not line.startswith("|")) <= 120
