"""Page on the tested mutants: results/mutation.json and docs/mutation.md."""

import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import machine
from inference.files import replace, replace_json
from resilience.mutation import areas
from resilience.mutation.session import Mutant
from serving.paths import ROOT
from training.reports import markdown
from training.reports.page import render

GOAL = 0.9  # share of the mutants that must be killed
RESULTS = ROOT / "results" / "mutation.json"
_PAGE = ROOT / "docs" / "mutation.md"
_REASONS = Path(__file__).with_name("reasons.toml")


def store(area: str, total: Sequence[Mutant], seed: int, commit: str) -> float:
    """Replace the result of an area and write the page. Return the share of killed mutants, without equivalent ones."""
    results = _read()
    results[area] = {
        "commit": commit,
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine.describe(),
        "seed": seed,
        "tried": len(total),
        "killed": sum(mutant.is_killed for mutant in total),
        "survivors": [
            {"module": mutant.module, "line": mutant.line, "before": mutant.before, "after": mutant.after}
            for mutant in total
            if not mutant.is_killed
        ],
    }
    replace_json(RESULTS, {name: results[name] for name in areas.AREAS if name in results})
    replace(_PAGE, write().encode())
    return _share(results[area], _reasons())


def write() -> str:
    """Return the page. Survivors with a reason in reasons.toml count as equivalent."""
    results, reasons = _read(), _reasons()
    rows = [_row(area, result, reasons) for area, result in results.items()]
    head = ("area", "code", "commit", "tried", "killed", "equivalent", "killed of the others")
    survivors = "\n".join(_survivors(results, reasons))
    return render(__file__, areas=markdown.table(head, rows, left=3), survivors=survivors)


def _row(area: str, result: Mapping[str, Any], reasons: Mapping[tuple[str, str, str], str]) -> list[str]:
    numbers = (result["tried"], result["killed"], _equivalent(result, reasons))
    code = ", ".join(f"`{folder}`" for folder in areas.AREAS[area])
    return [area, code, result["commit"], *map(str, numbers), f"{_share(result, reasons):.0%}"]


def _equivalent(result: Mapping[str, Any], reasons: Mapping[tuple[str, str, str], str]) -> int:
    return sum(_key(survivor) in reasons for survivor in result["survivors"])


def _share(result: Mapping[str, Any], reasons: Mapping[tuple[str, str, str], str]) -> float:
    return float(result["killed"] / max(result["tried"] - _equivalent(result, reasons), 1))


def _survivors(results: Mapping[str, Any], reasons: Mapping[tuple[str, str, str], str]) -> Iterator[str]:
    for area, result in results.items():
        yield f"\n### {area}\n"
        for survivor in result["survivors"]:
            reason = reasons.get(_key(survivor), "no test notices it")
            yield f"- `{survivor['module']}:{survivor['line']}`: {reason}\n"
            yield "  ```diff"
            yield f"  - {survivor['before']}"
            yield f"  + {survivor['after']}\n  ```"


def _key(survivor: Mapping[str, Any]) -> tuple[str, str, str]:
    return survivor["module"], survivor["before"], survivor["after"]


def _reasons() -> dict[tuple[str, str, str], str]:
    entries = tomllib.loads(_REASONS.read_text()).get("equivalent", [])
    return {_key(entry): entry["reason"] for entry in entries}


def _read() -> dict[str, Any]:
    return json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
