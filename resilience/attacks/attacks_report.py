"""Section of docs/faults.md on attacks by one client."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from resilience.attacks import bounds
from resilience.attacks.attacker import IDLE
from resilience.attacks.bounds import NAMES
from resilience.attacks.processes import PACES
from resilience.cluster.clients import Group
from training.reports.markdown import rounded, table
from training.reports.page import render

_HEAD = ("attack", "sends", "answers to it", "before", "during", "after", "new", "lost", "wrong", "memory", "bounds")
_ANSWERS = 4  # most kinds of answers that a row lists
_CUT = {"BrokenPipeError", "ConnectionResetError", "IncompleteReadError", "closed"}

Row = Mapping[str, Any]


def section(outcomes: Mapping[str, Row]) -> str:
    """Return the section about all outcomes, by the name of the attack; empty text if there is no outcome."""
    if not outcomes:
        return ""
    page = render(
        __file__,
        machine=next(iter(outcomes.values()))["machine"],
        seconds=" or ".join(f"{span:g}" for span in sorted({outcome["seconds"] for outcome in outcomes.values()})),
        **PACES,
        attacks=table(_HEAD, [_row(name, outcome) for name, outcome in outcomes.items()], left=3),
        bounds=bounds,
        noise=bounds.NOISE >> 20,
    )
    return page + _others(outcomes) + _missed(outcomes)


def _row(name: str, outcome: Row) -> tuple[str, ...]:
    others = outcome["others"]
    predictions, new = others[Group.PREDICTIONS], others[Group.NEWCOMERS]
    every = [phase for group in others.values() for phase in group.values()]
    lost, wrong = (sum(sum(phase[name] for name in names) for phase in every) for names in (_LOST, ("wrong",)))
    met = all(check["met"] for check in outcome["checks"])
    return (
        name if outcome["attacker"] == IDLE else f"{name}\\*",
        outcome["sends"],
        _answers(outcome["answers"]),
        *(_milliseconds(predictions[phase]["p99"]) for phase in NAMES),
        _milliseconds(new["during"]["p99"]),
        f"{lost:,}",
        f"{wrong:,}",
        _memory(outcome["memory"]),
        "met" if met else "**missed**",
    )


_LOST = ("refused", "lost")


def _answers(answers: Mapping[str, int]) -> str:
    counts: Counter[str] = Counter()
    for answer, count in answers.items():
        counts["cut off" if answer in _CUT else _plain(answer)] += count
    shown = [f"{count:,} x {answer}" for answer, count in counts.most_common(_ANSWERS)]
    rest = sum(count for _, count in counts.most_common()[_ANSWERS:])
    return ", ".join(shown + ([f"{rest:,} others"] if rest else [])) or "none"


def _plain(text: str) -> str:
    return text.replace("|", "/").replace("_", " ")


def _milliseconds(seconds: float | None) -> str:
    """Return milliseconds. The value is None (JSON has no infinity) if there was no correct answer."""
    return rounded(1000 * seconds) if seconds is not None else "none"


def _memory(parts: Mapping[str, Row]) -> str:
    growth = {part: memory["after"] / memory["before"] - 1.0 for part, memory in parts.items()}
    part = max(growth, key=lambda name: growth[name])
    return f"{part} {growth[part]:+.0%}"


def _others(outcomes: Mapping[str, Row]) -> str:
    """Return the table of the groups of clients that the first table omits."""
    rows = [
        (
            name,
            group,
            *(_milliseconds(phases[phase]["p99"]) for phase in NAMES),
            *(_right(phases[phase]) for phase in NAMES),
        )
        for name, outcome in outcomes.items()
        for group, phases in outcome["others"].items()
        if group in (Group.EXPLANATIONS, Group.VISITORS)
    ]
    head = ("attack", "clients", *(f"p99 {phase}" for phase in NAMES), *(f"right {phase}" for phase in NAMES))
    return f"\nOther clients, in ms:\n\n{table(head, rows, left=2)}\n" if rows else ""


def _right(phase: Row) -> str:
    return f"{phase['right']:,} of {phase['sent']:,}"


def _missed(outcomes: Mapping[str, Row]) -> str:
    rows = [
        (name, check["demand"], check["measured"])
        for name, outcome in outcomes.items()
        for check in outcome["checks"]
        if not check["met"]
    ]
    return f"\nMissed bounds:\n\n{table(('attack', 'bound', 'measured'), rows, left=3)}\n" if rows else ""
