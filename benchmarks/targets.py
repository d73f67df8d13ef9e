"""Performance targets of this service, compared with the measurements."""

from dataclasses import dataclass

from benchmarks.bodies import MANY
from benchmarks.comparison import Result, arithmetic_limit, fastest, quickest, stock
from benchmarks.contender import Dialect, Role
from benchmarks.summary import Summary

NAMES = {
    "raw": "raw bytes",
    "json": "JSON",
    "v2": "Open Inference Protocol",
    "png": "PNG files of 28x28",
    "jpeg": "JPEG files of 1024x1024",
}
_RAW_LEAD = 3.5  # ratio to the best peer at 64 clients
_STOCK_LEAD = 15.0
_JSON_LEAD = 3.0
_FEW_LEAD = 1.2  # at 8 clients
_FILE_LEADS = ((64, "png", 3.0), (8, "png", 1.5), (64, "jpeg", 4.0))  # clients, kind, ratio to the best peer
_ALONE = {Dialect.RAW: 0.9, Dialect.JSON: 0.9}  # ratio to the p50 of the best peer at one client; 1 for other bodies
_MANY_SHARE = 0.40  # of the arithmetic limit
_MANY_LEAD = 8.0
_TAIL = 3.0  # ratio of p99 to p50


@dataclass(frozen=True)
class Target:
    """Target in words, and its measured value. ``met`` is None if it was not measured."""

    words: str
    measured: str
    met: bool | None


def targets(summary: Summary) -> list[Target]:
    """Return the targets in the order of the report."""
    ours_raw, ours_json = (fastest(summary, Role.OURS, 64, kind) for kind in ("raw", "json"))
    many = fastest(summary, Role.OURS, kind="many")
    return [
        _lead(f"64 clients, raw bytes: {_RAW_LEAD:g} x the best peer", ours_raw, _peer(summary, 64), _RAW_LEAD),
        _lead(f"64 clients, raw bytes: {_STOCK_LEAD:g} x stock TorchServe", ours_raw, stock(summary, 64), _STOCK_LEAD),
        _lead(
            f"64 clients, JSON: {_JSON_LEAD:g} x the best peer's JSON",
            ours_json,
            _peer(summary, 64, "json"),
            _JSON_LEAD,
        ),
        _lead("128 clients, raw bytes: no slower than 64", fastest(summary, Role.OURS, 128, "raw"), ours_raw, 1.0),
        _lead(
            f"8 clients: {_FEW_LEAD:g} x the best peer", fastest(summary, Role.OURS, 8), _peer(summary, 8), _FEW_LEAD
        ),
        *(
            _lead(
                f"{clients} clients, {NAMES[kind]}: {factor:g} x the best peer",
                fastest(summary, Role.OURS, clients, kind),
                _peer(summary, clients, kind),
                factor,
            )
            for clients, kind, factor in _FILE_LEADS
        ),
        *(_alone(summary, dialect) for dialect in Dialect),
        _share(many, arithmetic_limit(summary)),
        _lead(
            f"{MANY:,} images a request: {_MANY_LEAD:g} x the best peer's single images",
            many,
            _peer(summary),
            _MANY_LEAD,
        ),
        _tail(ours_raw),
    ]


def _peer(summary: Summary, clients: int | None = None, kind: str | None = None) -> Result | None:
    return fastest(summary, Role.PEER, clients, kind)


def _lead(words: str, ours: Result | None, theirs: Result | None, factor: float) -> Target:
    """Return the target that this service has at least ``factor`` times the images per second of another result."""
    if not (ours and theirs):
        return _unknown(words)
    ratio = ours.images / theirs.images
    shown = f"{ratio:.2f} x: {ours.images:,.0f}/s ({_who(ours)}) against {theirs.images:,.0f}/s ({_who(theirs)})"
    return Target(words, shown, ratio >= factor)


def _alone(summary: Summary, dialect: Dialect) -> Target:
    most = _ALONE.get(dialect, 1.0)
    words = (
        f"1 client, {NAMES[dialect]}: p50 {f'{1 - most:.0%} below' if most < 1 else 'no worse than'} the best peer's"
    )
    ours, theirs = (quickest(summary, role, 1, dialect) for role in (Role.OURS, Role.PEER))
    if not (ours and theirs):
        return _unknown(words)
    mine, other = ours.figures.p50.median, theirs.figures.p50.median
    return Target(words, f"{mine:.2f} ms ({_who(ours)}) against {other:.2f} ms ({_who(theirs)})", mine <= most * other)


def _share(many: Result | None, limit: float) -> Target:
    words = f"{MANY:,} images a request: {100 * _MANY_SHARE:.0f} % of the arithmetic limit"
    if not (many and limit):
        return _unknown(words)
    share = many.images / limit
    return Target(words, f"{100 * share:.0f} %: {many.images:,.0f} of {limit:,.0f} images/s", share >= _MANY_SHARE)


def _tail(ours: Result | None) -> Target:
    words = f"64 clients, raw bytes: p99 at most {_TAIL:g} x p50"
    if not ours:
        return _unknown(words)
    p50, p99 = ours.figures.p50.median, ours.figures.p99.median
    return Target(words, f"{p99 / p50:.2f} x: {p99:.1f} ms and {p50:.1f} ms ({_who(ours)})", p99 <= _TAIL * p50)


def _who(result: Result) -> str:
    return f"{result.competitor.title}, {NAMES[result.kind]}" if result.kind in NAMES else result.competitor.title


def _unknown(words: str) -> Target:
    return Target(words, "not measured", None)
