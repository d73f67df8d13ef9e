"""Report docs/performance.md, with its summary and plots."""

import dataclasses
import textwrap
from pathlib import Path

from benchmarks import performance_plots, performance_tables, sections
from benchmarks.bodies import COUNT, MANY
from benchmarks.comparison import fastest, stock
from benchmarks.contender import Role
from benchmarks.results import Results
from benchmarks.suite import SuiteError
from benchmarks.summary import Summary, summarise
from benchmarks.targets import NAMES, targets
from inference.files import replace, replace_json
from training.reports import folders
from training.reports.page import render


def write(results: Results, docs: Path) -> list[Path]:
    """Write the report from new results, or stored ones where they are missing. Raises SuiteError without results."""
    summary_file = folders.results(docs) / "performance.json"
    stored = _stored(summary_file)
    summary = summarise(results) or stored
    if summary is None:
        raise SuiteError("nothing was measured yet")
    extras = (stored.extras if stored else {}) | sections.extras(results)
    summary = dataclasses.replace(summary, extras=extras)
    replace_json(summary_file, vars(summary))
    page = docs / "performance.md"
    replace(page, content(summary).encode())
    images = docs / "images"
    return [summary_file, page, *performance_plots.draw(summary, images), *_copied(results.folder, images)]


def content(summary: Summary) -> str:
    return render(
        __file__,
        summary=summary,
        plan=summary.plan,
        headline=headline(summary),
        targets=performance_tables.target_rows([*targets(summary), *sections.targets(summary.extras)]),
        rates=performance_tables.by_dialect(summary, performance_tables.rate_table, *Role),
        latencies=performance_tables.by_dialect(summary, performance_tables.latency_table, *Role),
        comparison=performance_tables.by_dialect(
            summary, performance_tables.comparison_table, Role.OURS, Role.PEER, Role.AIDED
        ),
        failures=performance_tables.failures(summary),
        many=MANY,
        many_table=performance_tables.many(summary),
        arithmetic=performance_tables.arithmetic(summary),
        memory=performance_tables.memory(summary),
        sections="\n".join(sections.texts(summary.extras)),
        machine=performance_tables.machine(summary),
        count=COUNT,
        settings=performance_tables.settings(summary),
    )


def headline(summary: Summary) -> str:
    """Return the main result as one sentence."""
    ours, peer, limit = (fastest(summary, role, 64) for role in (Role.OURS, Role.PEER, Role.LIMIT))
    if not ours:
        return "This service was not measured at 64 clients."
    others = [(peer, "the best peer"), (stock(summary, 64), "stock TorchServe")]
    sentences = [
        f"{ours.rate / other.rate:.1f} times {name} ({other.competitor.title}, {other.rate:,.0f})"
        for other, name in others
        if other
    ]
    if limit:
        sentences.append(
            f"{performance_tables.percent(ours.rate / limit.rate)} of what HAProxy does with an answer that is always "
            "the same"
        )
    start = f"At 64 clients this service answers {ours.rate:,.0f} requests a second over {NAMES[ours.kind]}"
    return textwrap.fill(f"{start}: {', '.join(sentences)}." if sentences else f"{start}.", width=120)


def _copied(folder: Path, images: Path) -> list[Path]:
    """Copy the plots that other measurements wrote beside their results. Return their paths."""
    drawn = sorted(folder.glob("performance-*.png"))
    for picture in drawn:
        replace(images / picture.name, picture.read_bytes())
    return [images / picture.name for picture in drawn]


def _stored(path: Path) -> Summary | None:
    try:
        return Summary.read(path)
    except FileNotFoundError:
        return None
