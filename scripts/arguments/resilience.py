"""Measure what clients notice of faults, attacks and changes.

scripts/resilience faults                     all faults of one node; writes docs/faults.md
scripts/resilience attacks --only bmp-runs    one attack by a client with a key; writes docs/faults.md
scripts/resilience cluster                    faults of a cluster; writes docs/faults.md; runs as root
scripts/resilience walkthrough                the commands of docs/operations.md, one after the other
"""

from pathlib import Path

from scripts.documents import add_docs
from serving.arguments import Parser
from serving.paths import ROOT


def add(parser: Parser) -> None:
    kinds = parser.add_subparsers(dest="what", metavar="attacks|cluster|faults|walkthrough", required=True)
    faults = kinds.add_parser("faults", help="kill, stop, fill and overload the parts of a node")
    faults.add_argument("--only", nargs="+", metavar="NAME", help="these; outcomes of the others stay")
    faults.add_argument("--seconds", type=int, help="of twice the load")
    faults.add_argument("--soak", type=int, help="seconds of the soak")
    add_docs(faults, "faults")
    attacks = kinds.add_parser("attacks", help="requests by a client with a key that mean harm")
    attacks.add_argument("--only", nargs="+", metavar="NAME", help="these; outcomes of the others stay")
    attacks.add_argument("--seconds", type=float, default=10.0, help="of each phase (default: 10)")
    attacks.add_argument("--resume", action="store_true", help="skip attacks that have an outcome")
    add_docs(attacks, "faults")
    cluster = kinds.add_parser("cluster", help="faults of three nodes behind a balancer, in networks of their own")
    folder = ROOT / ".bench" / "cluster"
    cluster.add_argument("--folder", type=Path, default=folder, help="of the nodes (default: .bench/cluster)")
    add_docs(cluster, "faults")
    walkthrough = kinds.add_parser("walkthrough", help="the commands of docs/operations.md under load")
    parts = ("start", "change", "kill", "renew")
    walkthrough.add_argument("--only", nargs="+", choices=parts, help="these; outcomes of the others stay")
    walkthrough.add_argument("--minutes", type=float, default=5.0, help="of renewals, one a minute (default: 5)")
    add_docs(walkthrough, "walkthrough")
