"""The table of figures of an image."""

from typing import Any

import pytest

from scripts.building import page
from serving.paths import ROOT

FOUND: dict[str, Any] = {"added": 310e6, "size": 535e6, "ready": 4.04, "memory": 3e8, "built": 50.0}
MEASURED = FOUND | {
    "rates": {"inside": [98.0, 100.0, 99.0], "outside": [100.0, 100.0, 100.0]},
    "cpu": {"inside": [2e-4, 2e-4], "outside": [2e-4, 1e-4]},
    "engine": "podman 4.3.1",
    "machine": {"cores": "2"},
    "clients": 64,
    "base": "debian",
}


def test_each_limit_is_met_or_missed() -> None:
    assert "**missed**" not in page.shown(MEASURED)
    assert "| 99.0% | at least 97%: met |" in page.shown(MEASURED)
    assert "| 150.0% |  |" in page.shown(MEASURED)
    slow = page.shown(MEASURED | {"ready": 5.2, "rates": {"inside": [96.0], "outside": [100.0]}})
    assert "| 5.2 s | at most 5 s: **missed** |" in slow
    assert "| 96.0% | at least 97%: **missed** |" in slow


def test_without_a_measurement_there_is_no_throughput() -> None:
    assert "throughput" not in page.shown(FOUND)


def test_an_image_with_pytorch_has_no_limits() -> None:
    assert "missed" not in page.shown(FOUND | {"parts": "explain", "added": 1300e6, "ready": 11.0})


def test_the_documents_table_is_replaced() -> None:
    text = (ROOT / "docs" / "deploy.md").read_text()
    once = page.written(text, MEASURED)
    assert page.shown(MEASURED) in once
    assert page.written(once, MEASURED) == once
    with pytest.raises(ValueError, match="no section"):
        page.written("# Deployment\n", MEASURED)
