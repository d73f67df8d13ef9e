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
_RESULTS = Option("--results", _BENCH, "folder of recorded results")
_ONLY = Option("--only", str, "measure only these, and keep the results of the others", NAMES)
_ENGINE = Option("--engine", shlex.split, "container engine (default: docker if it runs, else podman)", {"default": []})


def docs(page: str) -> Option:
    """Return the option of commands that write a page of docs/."""
    return Option("--docs", ROOT / "docs", f"folder for {page}.md; its figures go to results/ next to the folder")


def check_image(parser: Parser, args: argparse.Namespace) -> None:
    if args.options and not args.options[0].startswith("-"):
        parser.error(f"{args.options[0]} is not an option: put the build options of the engine after --")
    if args.measure and args.parts != "serve":
        parser.error("--measure needs --parts serve: docs/deploy.md has its figures")


def check_mutate(parser: Parser, args: argparse.Namespace) -> None:
    if unknown := sorted(set(args.areas) - set(areas.AREAS)):
        parser.error(f"unknown area {', '.join(unknown)}: name one of {', '.join(areas.AREAS)}")


def check_sbom(parser: Parser, args: argparse.Namespace) -> None:
    if bool(args.image) != bool(args.out) or (args.image and args.check):
        parser.error("--image needs --out, and --check excludes both")


def rounds(number: int, about: str = "number of measurements of each") -> Option:
    return Option("--rounds", number, about)


def starts(page: str, number: int = 4, after_each: int = 5) -> list[Option]:
    """Return the options of a measurement that starts its servers several times."""
    start, measured = "number of starts of all servers", "number of measurements per start"
    return [Option("--starts", number, start), rounds(after_each, measured), docs(page)]


_MEASUREMENTS = {
    "soak": Command("memory during minutes of load", [Option("--seconds", 600, "duration")]),
    "anatomy": Command("processor time of a request, at one client and at 64"),
    "first-minute": Command("requests in each second after the service is ready"),
    "capacity": Command(
        "nodes that a load needs, and their cost",
        [
            Option("--load", int, "predictions per second", {"nargs": "+", "default": assumptions.LOADS}),
            Option("--utilisation", assumptions.UTILISATION, "share of a node's capacity that is used"),
            Option("--price", assumptions.PRICE, "price of a node per hour"),
            Option("--write", False, "write the table for the defaults to docs/operations.md"),
        ],
    ),
    "changes": Command(
        "requests while other models are added, rolled out and removed", [rounds(8, "number of times for each change")]
    ),
    "counting": Command("the cost of metrics; docs/observability.md", starts("observability")),
    "formats": Command(
        "the formats of an archive; .bench/formats.json",
        [Option("--seconds", 0.5, "duration per batch size"), rounds(3, "number of processes per format")],
    ),
    "gateway": Command("the cost of the gateway; docs/gateway.md", starts("gateway")),
    "grpc": Command("gRPC beside REST at the gateway; docs/gateway.md", starts("gateway")),
    "isolation": Command(
        "predictions during explanations; docs/isolation.md",
        [
            Option("--only", str, "measure only these arrangements", NAMES),
            Option("--again", str, "delete the results of these first", NAMES),
            _RESULTS._replace(value=_BENCH / "isolation"),
            docs("isolation"),
        ],
    ),
    "models": Command("memory, starts and requests of 1, 5 and 20 models", starts("operations", 1, 8)),
    "own": Command(
        "own ONNX models, of a table and an image, here and behind peers",
        [
            rounds(3),
            Option("--seconds", 5.0, "duration of a measurement"),
            Option("--warm-up", 15.0, "seconds of load before the first"),
        ],
    ),
    "photos": Command(
        "small requests during photos of 12 megapixels",
        [
            rounds(5, "number of measurements with photos, and of those without"),
            Option("--seconds", 5.0, "duration of a measurement"),
        ],
    ),
    "training": Command("training by this product and others", [rounds(3, "number of trainings of each"), _RESULTS]),
}

COMMANDS = {
    "audit": Command(
        """List packages in the locks with known vulnerabilities. Write results/audit.json and docs/security.md.

It needs a network."""
    ),
    "bench": Command(
        """Measure this service, other servers and the limits of the machine. Write docs/performance.md.

scripts/bench              measure all that has no result yet, then write the report
scripts/bench --quick      a test run of a few minutes, in .bench/quick
scripts/bench --report     only write the report
scripts/bench soak         one of the measurements below""",
        [
            Option("--only", str, "measure only these", NAMES),
            Option("--again", str, "delete the results of these first", NAMES | {"default": []}),
            Option("--list", False, "list the servers and limits"),
            rounds(3),
            Option("--seconds", 8, "duration of a measurement"),
            Option("--warm-up", 20, "seconds of load before the first measurement"),
            Option("--quick", False, "one round of short measurements, in .bench/quick"),
            Option("--report", False, "only write the report"),
            _RESULTS,
        ],
        _MEASUREMENTS,
        {"dest": "what", "metavar": "MEASUREMENT", "title": "single measurements"},
    ),
    "check": Command(
        "Lint, check the format, and check types.", [Option("--fix", False, "fix formatting and lint errors first")]
    ),
    "fuzz": Command(
        """Send random requests, generated from docs/openapi.yaml. Write results/fuzz.json.

    scripts/fuzz                                             start a TorchServe and test it
    scripts/fuzz --seconds 60 --url https://localhost:8443 --gateway --cacert CERTIFICATE --key KEY

It reports server errors, restarts (without --url), and answers that docs/openapi.yaml does not describe.""",
        [
            Option("--seconds", 300, "duration"),
            Option("--url", str, "address of the gateway, or TorchServe's inference address"),
            Option("--key", str, "key for this address"),
            Option("--gateway", False, "test the gateway's paths, too"),
            Option("--cacert", str, "PEM file of the certificate to trust"),
            Option("--out", Path, "file of the figures (default without --url: results/fuzz.json)"),
        ],
    ),
    "image": Command(
        """Build the container image of a node, test it with the restrictions of deploy/, and print its size and speed.

    scripts/image                    digits:VERSION, without PyTorch
    scripts/image --parts explain    digits:VERSION-explain, with PyTorch for CPUs
    scripts/image --engine 'podman --runtime runc' -- --volume /etc/pip.conf:/etc/pip.conf:ro

Options after -- are passed to the build command of the engine.""",
        [
            Option("--parts", "serve", "features of the image", {"choices": ("serve", "explain")}),
            Option("--tag", "", "name of the image (default: digits:VERSION)", {"metavar": "NAME:TAG"}),
            Option("--base", "python:3.11-slim-bookworm", "base image", {"metavar": "IMAGE"}),
            Option("--torch-index", "", "package index with PyTorch for CPUs (default: PyTorch's)", {"metavar": "URL"}),
            _ENGINE,
            Option("--measure", False, "measure throughput, and write the table in docs/deploy.md"),
            Option("options", str, "build options of the engine", {"nargs": "*", "metavar": "-- OPTION"}),
        ],
        check=check_image,
    ),
    "lock": Command("Resolve requirements/*.in into locks with hashes. It needs uv, on PATH or from scripts/test."),
    "measure": Command(
        "Measure the duration and size of an installation by scripts/up. Write docs/cost.txt and README.md.",
        [Option("--readme", False, "only write README.md, from docs/cost.txt")],
    ),
    "mutate": Command(
        """Test the unit tests: count the faults put into the code (mutants) that they find. Write docs/mutation.md.

    scripts/mutate                          mutants of all areas
    scripts/mutate guard --count 50         mutants of one area
    scripts/mutate --resume                 continue a stopped run
    scripts/mutate --survivors              test the survivors of the last run again, after new tests

It uses a copy of the code, .mutation/tree.""",
        [
            Option("areas", str, "serve, archive, deploy or guard (default: all)", {"nargs": "*", "metavar": "AREA"}),
            Option("--count", 50, "number of random mutants per area"),
            Option("--seed", 0, "random seed"),
            Option("--resume", False, "continue a stopped run"),
            Option("--survivors", False, "test the survivors of the last run again"),
        ],
        check=check_mutate,
    ),
    "resilience": Command(
        """Measure the effect of faults, attacks and changes on clients.

scripts/resilience faults                     all faults of one node; writes docs/faults.md
scripts/resilience attacks --only bmp-runs    one attack by a client with a key; writes docs/faults.md
scripts/resilience cluster                    faults of a cluster; writes docs/faults.md; needs root
scripts/resilience walkthrough                the commands of docs/operations.md, one after the other""",
        [],
        {
            "faults": Command(
                "kill, stop, fill and overload the parts of a node",
                [
                    _ONLY,
                    Option("--seconds", int, "duration of the overload"),
                    Option("--soak", int, "duration of the soak test in seconds"),
                    docs("faults"),
                ],
            ),
            "attacks": Command(
                "attacks by a client with a key",
                [
                    _ONLY,
                    Option("--seconds", 10.0, "duration of a phase"),
                    Option("--resume", False, "skip attacks that have a result"),
                    docs("faults"),
                ],
            ),
            "cluster": Command(
                "faults of three nodes behind a balancer, each in a network namespace",
                [Option("--folder", _BENCH / "cluster", "folder of the nodes"), docs("faults")],
            ),
            "walkthrough": Command(
                "the commands of docs/operations.md under load",
                [
                    _ONLY._replace(more={"nargs": "+", "choices": ("start", "change", "kill", "renew")}),
                    Option("--minutes", 5.0, "duration of key renewals, one per minute"),
                    docs("walkthrough"),
                ],
            ),
        },
        {"dest": "what", "metavar": "attacks|cluster|faults|walkthrough", "required": True},
    ),
    "sbom": Command(
        """Write software bills of materials (SBOM, CycloneDX) to docs/sbom/.

scripts/sbom                                                      the packages of the locks
scripts/sbom --image digits:1.0 --out digits-1.0.cdx.json         the packages of a container image""",
        [
            Option("--check", False, "only check that the files are current"),
            Option("--image", str, "list the packages of this container image", {"metavar": "NAME:TAG"}),
            Option("--out", Path, "file for the list of an image", {"metavar": "FILE"}),
            _ENGINE,
        ],
        check=check_sbom,
    ),
    "screenshots": Command(
        "Take screenshots of the playground with Chromium, for docs/images. The service must run.",
        [
            Option("--url", "http://127.0.0.1:7860", "address of the running playground"),
            Option("--out", ROOT / "docs" / "images", "folder of the pictures"),
        ],
    ),
    "test": Command(
        """Install the requirements of the tests, then run pytest.

scripts/test                              all tests
scripts/test tests/unit -k protocols      some tests""",
        [Option("arguments", str, "arguments of pytest", {"nargs": "*", "metavar": "ARGUMENT"})],
    ),
}
