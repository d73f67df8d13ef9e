"""Markdown tables of docs/performance.md."""

from collections.abc import Callable, Mapping, Sequence

from benchmarks.comparison import Result, arithmetic_limit, fastest, results, stock
from benchmarks.contender import Dialect, Role
from benchmarks.summary import Competitor, LoadFigures, Spread, Summary
from benchmarks.targets import NAMES, Target
from training.reports.markdown import table

_MIB = 2**20
_MET = {True: "met", False: "**missed**", None: "not measured"}
_NONE = "-"


def target_rows(targets: Sequence[Target]) -> str:
    rows = [(target.words, target.measured, _MET[target.met]) for target in targets]
    return table(("target", "measured", ""), rows, left=3)


def by_dialect(summary: Summary, make: Callable[[Summary, str], str], *roles: Role) -> str:
    """Return a heading and a table for each dialect in which a contender with one of the roles was measured."""
    competitors = [competitor for competitor in summary.competitors if competitor.role in roles]
    spoken = [dialect for dialect in Dialect if results(competitors, kind=dialect)]
    return "\n\n".join(f"### {NAMES[dialect]}\n\n{make(summary, dialect)}" for dialect in spoken)


def rate_table(summary: Summary, kind: str) -> str:
    def cell(competitor: Competitor, clients: int, figures: LoadFigures) -> str:
        shown = spread(figures.rate)
        first = max((fastest(summary, role, clients, kind) for role in (Role.OURS, Role.PEER)), key=_rate)
        return f"**{shown}**" if first and first.competitor == competitor else shown

    return _load_table(summary, kind, cell)


def latency_table(summary: Summary, kind: str) -> str:
    return _load_table(summary, kind, lambda _competitor, _clients, figures: _latency(figures))


def _latency(figures: LoadFigures) -> str:
    return percentiles(figures.p50.median, figures.p99.median)


def percentiles(p50: float, p99: float) -> str:
    return f"{milliseconds(p50)} / {milliseconds(p99)}"


def comparison_table(summary: Summary, kind: str) -> str:
    head = (
        "clients",
        "best peer",
        "its requests/s",
        "this service's",
        "ratio",
        "to stock TorchServe",
        "of the HTTP limit",
    )
    return table(head, [_comparison(summary, kind, clients) for clients in summary.plan.clients], left=2)


def many(summary: Summary) -> str:
    limit = arithmetic_limit(summary)
    rows = [
        (
            result.competitor.title,
            str(result.clients),
            f"{result.images:,.0f}",
            _latency(result.figures),
            percent(result.images / limit) if limit else _NONE,
        )
        for result in results(summary.competitors, kind="many")
    ]
    return table(("server", "clients", "images/s", "p50 / p99, ms", "share of the arithmetic limit"), rows)


def arithmetic(summary: Summary) -> str:
    batches = sorted({speed.batch for speed in summary.arithmetic})
    rates = {(speed.way, speed.threads, speed.batch): speed.rate.median for speed in summary.arithmetic}
    limit = arithmetic_limit(summary)
    rows = [
        (
            f"{way}, {threads} thread{'s' if threads > 1 else ''}",
            *(_bold(rates[way, threads, b], limit) for b in batches),
        )
        for way, threads in sorted({(speed.way, speed.threads) for speed in summary.arithmetic})
    ]
    return table(("images a batch", *(f"{batch:,}" for batch in batches)), rows)


def memory(summary: Summary) -> str:
    rows = []
    for competitor in (*summary.of_role(Role.OURS), *summary.of_role(Role.PEER), *summary.of_role(Role.AIDED)):
        parts = competitor.memory.items()
        shown = ", ".join(
            f"{part} {usage['pss'] / _MIB:,.0f} ({_processes(usage['processes'])})" for part, usage in parts
        )
        start = f"{competitor.start.median:.1f}" if competitor.start else _NONE
        sums = [sum(usage[way] for _, usage in parts) / _MIB for way in ("pss", "uss", "rss")]
        figures = [f"{usage:,.0f}" if usage else _NONE for usage in sums]
        rows.append((competitor.title, shown or _NONE, start, *figures))
    head = ("server", "PSS of each part, MiB", "start, s", "PSS, MiB", "USS, MiB", "RSS, MiB")
    return table(head, rows, left=2)


def failures(summary: Summary) -> str:
    """Return the section of failed measurements; empty if none failed."""
    failed = [(competitor_.title, reason) for competitor_ in summary.competitors for reason in competitor_.failures]
    rows = [(title, reason.replace("|", "\\|").replace("\n", " ")) for title, reason in failed]
    return f"\n## Failed measurements\n\n{table(('server', 'what went wrong'), rows, left=2)}\n" if rows else ""


def machine(summary: Summary) -> str:
    facts = {**summary.machine, "began": summary.began, "ended": summary.ended}
    facts["versions"] = named(summary.versions)
    return table(("", ""), list(facts.items()), left=2)


def settings(summary: Summary) -> str:
    rows = [(competitor.title, competitor.settings, named(competitor.versions)) for competitor in summary.competitors]
    return table(("server", "settings", "versions"), rows, left=3)


def named(versions: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in versions.items())


def spread(value: Spread) -> str:
    """Return the median, with minimum and maximum in brackets if they differ."""
    around = f" ({value.low:,.0f}..{value.high:,.0f})" if value.low < value.high else ""
    return f"{value.median:,.0f}{around}"


def milliseconds(value: float) -> str:
    """Return a number of milliseconds with about three significant digits."""
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:,.0f}"


def percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _processes(count: int) -> str:
    return f"{count} process{'es' if count > 1 else ''}"


def _load_table(summary: Summary, kind: str, cell: Callable[[Competitor, int, LoadFigures], str]) -> str:
    clients = summary.plan.clients

    def shown(competitor: Competitor, number: int) -> str:
        figures = competitor.at(kind, number)
        return cell(competitor, number, figures) if figures else _missing(competitor, kind, number)

    speakers = [
        competitor for competitor in summary.competitors if kind in competitor.figures or _failed(competitor, kind)
    ]
    rows = [(competitor.title, *(shown(competitor, number) for number in clients)) for competitor in speakers]
    return table(("clients", *map(str, clients)), rows)


def _comparison(summary: Summary, kind: str, clients: int) -> tuple[str, ...]:
    ours, peer, limit = (fastest(summary, role, clients, kind) for role in (Role.OURS, Role.PEER, Role.LIMIT))
    limit = limit or fastest(summary, Role.LIMIT, clients)
    other = stock(summary, clients, kind)
    return (
        str(clients),
        peer.competitor.title if peer else _NONE,
        f"{peer.rate:,.0f}" if peer else _NONE,
        f"{ours.rate:,.0f}" if ours else _NONE,
        _ratio(ours, peer),
        _ratio(ours, other),
        percent(ours.rate / limit.rate) if ours and limit else _NONE,
    )


def _ratio(ours: Result | None, theirs: Result | None) -> str:
    return f"{ours.rate / theirs.rate:.2f} x" if ours and theirs else _NONE


def _rate(result: Result | None) -> float:
    return result.rate if result else 0.0


def _bold(value: float, limit: float) -> str:
    return f"**{value:,.0f}**" if value == limit else f"{value:,.0f}"


def _failed(competitor: Competitor, kind: str) -> bool:
    return any(f", {kind}, " in reason for reason in competitor.failures)


def _missing(competitor: Competitor, kind: str, clients: int) -> str:
    return "failed" if any(f", {kind}, {clients} clients" in reason for reason in competitor.failures) else _NONE
