"""Outcomes in results/: one JSON object for each measurement. A new outcome replaces the old one."""

import json
import subprocess
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import machine
from inference.files import replace_json
from serving.paths import ROOT
from training.reports import folders


def read(docs: Path, name: str) -> dict[str, Any]:
    """Return the stored outcomes of results/NAME.json, next to ``docs``."""
    file = folders.results(docs) / f"{name}.json"
    outcomes: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
    return outcomes


def put(docs: Path, name: str, key: str, outcome: Mapping[str, Any], order: Iterable[str]) -> dict[str, Any]:
    """Replace an outcome, and return all outcomes in this order."""
    known = read(docs, name) | {key: outcome}
    ordered = {other: known[other] for other in order if other in known}
    replace_json(folders.results(docs) / f"{name}.json", ordered)
    return ordered


def circumstances() -> dict[str, Any]:
    """Return the time, commit and machine of an outcome."""
    when = datetime.now(UTC).isoformat(timespec="seconds")
    return {"when": when, "commit": commit(), "machine": machine.describe()}


def commit() -> str:
    command = ["git", "rev-parse", "--short=12", "HEAD"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()
