"""Measure this service, its peers and the machine's limits side by side, and write docs/performance.md.

scripts/bench              continue until everything is measured, then write the report
scripts/bench --quick      a rough look in minutes, in .bench/quick
scripts/bench --report     only write the report again
scripts/bench soak         one of the measurements below
"""

from pathlib import Path

from benchmarks import assumptions
from scripts.documents import add_docs
from serving.arguments import Parser
from serving.paths import ROOT

_RESULTS = ROOT / ".bench"


def add(parser: Parser) -> None:
    parser.add_argument("--only", nargs="+", metavar="NAME", help="measure only these")
    parser.add_argument("--again", nargs="+", metavar="NAME", default=[], help="drop what is known of these first")
    parser.add_argument("--list", action="store_true", help="list what there is to measure")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is measured (default: 3)")
    parser.add_argument("--seconds", type=int, default=8, help="for each measurement (default: 8)")
    parser.add_argument("--warm-up", type=int, default=20, help="seconds of load before the first (default: 20)")
    parser.add_argument("--quick", action="store_true", help="one round of short measurements, kept apart")
    parser.add_argument("--report", action="store_true", help="only write the report")
    parser.add_argument("--results", type=Path, default=_RESULTS, help="where results are kept (default: .bench)")
    measurements = parser.add_subparsers(dest="what", metavar="MEASUREMENT", title="single measurements")
    soak = measurements.add_parser("soak", help="memory during minutes of load")
    soak.add_argument("--seconds", type=int, default=600, help="(default: 600)")
    measurements.add_parser("anatomy", help="processor time of a request, at one client and at 64")
    measurements.add_parser("first-minute", help="requests in each second after the service is ready")
    _add_capacity(measurements.add_parser("capacity", help="nodes that a load needs, and their cost"))
    changes = measurements.add_parser("changes", help="requests while other models are added, rolled out and removed")
    changes.add_argument("--rounds", type=int, default=8, help="how often each is done (default: 8)")
    counting = measurements.add_parser("counting", help="the cost of metrics; docs/observability.md")
    _add_starts(counting, "observability")
    formats = measurements.add_parser("formats", help="the formats of an archive; .bench/formats.json")
    formats.add_argument("--seconds", type=float, default=0.5, help="how long each size is called (default: 0.5)")
    formats.add_argument("--rounds", type=int, default=3, help="fresh processes a format (default: 3)")
    _add_starts(measurements.add_parser("gateway", help="the cost of the gateway; docs/gateway.md"), "gateway")
    grpc = measurements.add_parser("grpc", help="gRPC beside REST at the gateway; docs/gateway.md")
    _add_starts(grpc, "gateway")
    _add_isolation(measurements.add_parser("isolation", help="predictions during explanations; docs/isolation.md"))
    several = measurements.add_parser("models", help="memory, starts and requests of 1, 5 and 20 models")
    _add_starts(several, "operations", starts=1, rounds=8)
    own = measurements.add_parser("own", help="own ONNX models, of a table and an image, here and behind peers")
    own.add_argument("--rounds", type=int, default=3, help="how often each is measured (default: 3)")
    own.add_argument("--seconds", type=float, default=5, help="for each measurement (default: 5)")
    own.add_argument("--warm-up", type=float, default=15, help="seconds of load before the first (default: 15)")
    beside = measurements.add_parser("photos", help="small requests during photos of 12 megapixels")
    beside.add_argument("--rounds", type=int, default=5, help="with photos, and as many without (default: 5)")
    beside.add_argument("--seconds", type=float, default=5, help="for each round (default: 5)")
    training = measurements.add_parser("training", help="training by this product and others")
    training.add_argument("--rounds", type=int, default=3, help="how often each trains (default: 3)")
    training.add_argument("--results", type=Path, default=_RESULTS, help="where results are kept (default: .bench)")


def _add_starts(parser: Parser, page: str, starts: int = 4, rounds: int = 5) -> None:
    parser.add_argument("--starts", type=int, default=starts, help="of all servers (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=rounds, help="after each start (default: %(default)s)")
    add_docs(parser, page)


def _add_isolation(parser: Parser) -> None:
    parser.add_argument("--only", nargs="+", metavar="NAME", help="some of the arrangements")
    parser.add_argument("--again", nargs="+", metavar="NAME", help="drop what is known of these first")
    parser.add_argument("--results", type=Path, default=_RESULTS / "isolation", help="default: .bench/isolation")
    add_docs(parser, "isolation")


def _add_capacity(parser: Parser) -> None:
    utilisation, price = assumptions.UTILISATION, assumptions.PRICE
    parser.add_argument("--load", type=int, nargs="+", default=assumptions.LOADS, help="predictions a second")
    parser.add_argument("--utilisation", type=float, default=utilisation, help="share of a node (default: %(default)s)")
    parser.add_argument("--price", type=float, default=price, help="of a node's hour (default: %(default)s)")
    parser.add_argument("--write", action="store_true", help="put the answer for the defaults into docs/operations.md")
