"""The time that a renewal delayed a prediction, from the gateway's log."""

import json
from datetime import datetime
from pathlib import Path

from resilience.faults import renewal
from serving import log

WHEN = datetime.fromisoformat("2026-01-02T03:04:05.600Z").timestamp()


def entry(seconds: float, held_ms: str, path: str = "/predictions/digits") -> str:
    return json.dumps({"time": log.moment(WHEN + seconds), "path": path, "status": 200, "held_ms": held_ms})


def test_the_longest_of_short_predictions_since_a_moment_counts(tmp_path: Path) -> None:
    lines = [
        entry(-0.001, "90"),
        entry(0.001, "17"),
        entry(5.0, "12"),
        entry(5.0, "-"),
        entry(5.0, "80", "/explanations/digits"),
        json.dumps({"time": log.moment(WHEN + 1), "level": "INFO", "message": "HAProxy starts"}),
    ]
    (tmp_path / "gateway.log").write_text("\n".join(lines))
    assert renewal.longest(tmp_path / "gateway.log", WHEN) == 17


def test_where_nothing_was_held_it_is_0(tmp_path: Path) -> None:
    (tmp_path / "gateway.log").write_text("")
    assert renewal.longest(tmp_path / "gateway.log", WHEN) == 0
