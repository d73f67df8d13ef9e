"""Commands that test and measure the product, and build its published parts."""

import argparse
import shlex
from pathlib import Path

from benchmarks import assumptions
from resilience.mutation import areas
from scripts.arguments.command import NAMES, Command, Option
from serving.arguments import Parser
from serving.paths import ROOT

_BENCH = ROOT / ".bench"
_RESULTS = Option("--results", _BENCH, "where results are kept")
_ONLY = Option("--only", str, "these; outcomes of the others stay", NAMES)
_ENGINE = Option("--engine", shlex.split, "(default: docker where it runs, or podman)", {"default": []})


def docs(page: str) -> Option:
    """Return the option of commands that write a page of docs/."""
    return Option("--docs", ROOT / "docs", f"where {page}.md is written, with its figures in results/ next to it")


def check_image(parser: Parser, args: argparse.Namespace) -> None:
    if args.options and not args.options[0].startswith("-"):
        parser.error(f"{args.options[0]} is no option of an engine's build; those begin with - and follow --")
    if args.measure and args.parts != "serve":
        parser.error("docs/deploy.md has the figures of --parts serve: measure that")


def check_mutate(parser: Parser, args: argparse.Namespace) -> None:
    if unknown := sorted(set(args.areas) - set(areas.AREAS)):
        parser.error(f"there is no area {', '.join(unknown)}: choose from {', '.join(areas.AREAS)}")


def check_sbom(parser: Parser, args: argparse.Namespace) -> None:
    if bool(args.image) != bool(args.out) or (args.image and args.check):
        parser.error("--image and --out go together, and without --check")


def rounds(number: int, about: str = "how often each is measured") -> Option:
    return Option("--rounds", number, about)


def starts(page: str, number: int = 4, after_each: int = 5) -> list[Option]:
    """Return the options of a measurement that starts its servers several times."""
    return [Option("--starts", number, "of all servers"), rounds(after_each, "after each start"), docs(page)]


_MEASUREMENTS = {
    "soak": Command("memory during minutes of load", [Option("--seconds", 600, "of load")]),
    "anatomy": Command("processor time of a request, at one client and at 64"),
    "first-minute": Command("requests in each second after the service is ready"),
    "capacity": Command(
        "nodes that a load needs, and their cost",
        [
            Option("--load", int, "predictions a second", {"nargs": "+", "default": assumptions.LOADS}),
            Option("--utilisation", assumptions.UTILISATION, "share of a node"),
            Option("--price", assumptions.PRICE, "of a node's hour"),
            Option("--write", False, "put the answer for the defaults into docs/operations.md"),
        ],
    ),
    "changes": Command(
        "requests while other models are added, rolled out and removed", [rounds(8, "how often each is done")]
    ),
    "counting": Command("the cost of metrics; docs/observability.md", starts("observability")),
    "formats": Command(
        "the formats of an archive; .bench/formats.json",
        [Option("--seconds", 0.5, "how long each size is called"), rounds(3, "fresh processes a format")],
    ),
    "gateway": Command("the cost of the gateway; docs/gateway.md", starts("gateway")),
    "grpc": Command("gRPC beside REST at the gateway; docs/gateway.md", starts("gateway")),
    "isolation": Command(
        "predictions during explanations; docs/isolation.md",
        [
            Option("--only", str, "some of the arrangements", NAMES),
            Option("--again", str, "drop what is known of these first", NAMES),
            _RESULTS._replace(value=_BENCH / "isolation"),
            docs("isolation"),
        ],
    ),
    "models": Command("memory, starts and requests of 1, 5 and 20 models", starts("operations", 1, 8)),
    "own": Command(
        "own ONNX models, of a table and an image, here and behind peers",
        [
            rounds(3),
            Option("--seconds", 5.0, "for each measurement"),
            Option("--warm-up", 15.0, "seconds of load before the first"),
        ],
    ),
    "photos": Command(
        "small requests during photos of 12 megapixels",
        [rounds(5, "with photos, and as many without"), Option("--seconds", 5.0, "for each round")],
    ),
    "training": Command("training by this product and others", [rounds(3, "how often each trains"), _RESULTS]),
}

COMMANDS = {
    "audit": Command(
        """Ask which packages of the locks have known vulnerabilities; write results/audit.json and docs/security.md.

Needs network."""
    ),
    "bench": Command(
        """Measure this service, its peers and the machine's limits side by side, and write docs/performance.md.

scripts/bench              continue until everything is measured, then write the report
scripts/bench --quick      a rough look in minutes, in .bench/quick
scripts/bench --report     only write the report again
scripts/bench soak         one of the measurements below""",
        [
            Option("--only", str, "measure only these", NAMES),
            Option("--again", str, "drop what is known of these first", NAMES | {"default": []}),
            Option("--list", False, "list what there is to measure"),
            rounds(3),
            Option("--seconds", 8, "for each measurement"),
            Option("--warm-up", 20, "seconds of load before the first"),
            Option("--quick", False, "one round of short measurements, kept apart"),
            Option("--report", False, "only write the report"),
            _RESULTS,
        ],
        _MEASUREMENTS,
        {"dest": "what", "metavar": "MEASUREMENT", "title": "single measurements"},
    ),
    "check": Command(
        "Lint, check the format, and check types.", [Option("--fix", False, "first fix what can be fixed")]
    ),
    "fuzz": Command(
        """Send random requests, made from docs/openapi.yaml, and write results/fuzz.json.

    scripts/fuzz                                             a TorchServe of its own
    scripts/fuzz --seconds 60 --url https://localhost:8443 --gateway --cacert CERTIFICATE --key KEY

It looks for faults, restarts (but not at --url), and answers that the file does not describe.""",
        [
            Option("--seconds", 300, "of requests"),
            Option("--url", str, "the gateway, or TorchServe's inference address"),
            Option("--key", str, "the key for it"),
            Option("--gateway", False, "the URL is a gateway's, which has more addresses"),
            Option("--cacert", str, "the certificate to trust, PEM"),
            Option("--out", Path, "where the figures are written (default, without --url: results/fuzz.json)"),
        ],
    ),
    "image": Command(
        """Build the container image of a node, check it with the restrictions of deploy/, and print a table.

    scripts/image                    digits:VERSION, without PyTorch
    scripts/image --parts explain    digits:VERSION-explain, with PyTorch for CPUs
    scripts/image --engine 'podman --runtime runc' -- --volume /etc/pip.conf:/etc/pip.conf:ro

What follows -- goes to the engine's build.""",
        [
            Option("--parts", "serve", "what the image can do", {"choices": ("serve", "explain")}),
            Option("--tag", "", "(default: digits:VERSION)", {"metavar": "NAME:TAG"}),
            Option("--base", "python:3.11-slim-bookworm", "the image below it", {"metavar": "IMAGE"}),
            Option("--torch-index", "", "of PyTorch for CPUs (default: PyTorch's own)", {"metavar": "URL"}),
            _ENGINE,
            Option("--measure", False, "the throughput, too; write docs/deploy.md's table"),
            Option("options", str, "options of the engine's build", {"nargs": "*", "metavar": "-- OPTION"}),
        ],
        check=check_image,
    ),
    "lock": Command("Resolve requirements/*.in into locks with hashes. Needs uv, on PATH or from scripts/test."),
    "measure": Command(
        "Measure what scripts/up costs on this machine, in a folder of its own; write docs/cost.txt and README.md.",
        [Option("--readme", False, "only write README.md, from docs/cost.txt")],
    ),
    "mutate": Command(
        """Put small faults into the code, and count those that its unit tests find; write docs/mutation.md.

    scripts/mutate                          mutants of all areas
    scripts/mutate guard --count 50         of one area
    scripts/mutate --resume                 go on with a run that was stopped
    scripts/mutate --survivors              try again what survived the last run, with new tests

It works in a copy of the tree, .mutation/tree.""",
        [
            Option("areas", str, "serve, archive, deploy or guard (default: all)", {"nargs": "*", "metavar": "AREA"}),
            Option("--count", 50, "mutants of each area, drawn at random"),
            Option("--seed", 0, "of the draw"),
            Option("--resume", False, "try the mutants that the last run left"),
            Option("--survivors", False, "try the mutants again that survived the last run"),
        ],
        check=check_mutate,
    ),
    "resilience": Command(
        """Measure what clients notice of faults, attacks and changes.

scripts/resilience faults                     all faults of one node; writes docs/faults.md
scripts/resilience attacks --only bmp-runs    one attack by a client with a key; writes docs/faults.md
scripts/resilience cluster                    faults of a cluster; writes docs/faults.md; runs as root
scripts/resilience walkthrough                the commands of docs/operations.md, one after the other""",
        [],
        {
            "faults": Command(
                "kill, stop, fill and overload the parts of a node",
                [
                    _ONLY,
                    Option("--seconds", int, "of twice the load"),
                    Option("--soak", int, "seconds of the soak"),
                    docs("faults"),
                ],
            ),
            "attacks": Command(
                "requests by a client with a key that mean harm",
                [
                    _ONLY,
                    Option("--seconds", 10.0, "of each phase"),
                    Option("--resume", False, "skip attacks that have an outcome"),
                    docs("faults"),
                ],
            ),
            "cluster": Command(
                "faults of three nodes behind a balancer, in networks of their own",
                [Option("--folder", _BENCH / "cluster", "of the nodes"), docs("faults")],
            ),
            "walkthrough": Command(
                "the commands of docs/operations.md under load",
                [
                    _ONLY._replace(more={"nargs": "+", "choices": ("start", "change", "kill", "renew")}),
                    Option("--minutes", 5.0, "of renewals, one a minute"),
                    docs("walkthrough"),
                ],
            ),
        },
        {"dest": "what", "metavar": "attacks|cluster|faults|walkthrough", "required": True},
    ),
    "sbom": Command(
        """Write the lists of all parts of serving and explaining (SBOM, CycloneDX) to docs/sbom/.

scripts/sbom                                                      of the locks
scripts/sbom --image digits:1.0 --out digits-1.0.cdx.json         of a container image""",
        [
            Option("--check", False, "only see whether the files are current"),
            Option("--image", str, "list what this container image has", {"metavar": "NAME:TAG"}),
            Option("--out", Path, "of the image's list", {"metavar": "FILE"}),
            _ENGINE,
        ],
        check=check_sbom,
    ),
    "screenshots": Command(
        "Make the pictures of the playground in docs/images, in Chromium, with the running service.",
        [
            Option("--url", "http://127.0.0.1:7860", "of a running playground"),
            Option("--out", ROOT / "docs" / "images", "folder"),
        ],
    ),
    "test": Command(
        """Prepare what the tests need, then run pytest, with these arguments if there are any.

scripts/test                              everything
scripts/test tests/unit -k protocols      a part""",
        [Option("arguments", str, "of pytest", {"nargs": "*", "metavar": "ARGUMENT"})],
    ),
}
