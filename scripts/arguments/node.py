"""Commands that start or change a node."""

import argparse
from contextlib import suppress
from pathlib import Path

from scripts.arguments.command import DIRECTORY, MODEL, PORTS, Command, Option
from serving.arguments import Parser
from serving.changes.gates import Gates
from serving.changes.rule import Rule, most_workers
from serving.gateway import quotas

_HIDDEN = {"help": argparse.SUPPRESS}
_LAST = {"default": argparse.SUPPRESS}  # for an option that may also follow a verb
_FIRST_PORT, _LAST_PORT = 1024, 65535
_GATES, _RULE = Gates(), Rule(1, 1)


def days(text: str) -> float:
    """Return the number of days that a key is valid. Raises ArgumentTypeError."""
    with suppress(ValueError):
        if 0 < float(text) <= quotas.MOST_DAYS:
            return float(text)
    raise argparse.ArgumentTypeError(f"a key is valid for more than 0 and at most {quotas.MOST_DAYS} days, not {text}")


def port(text: str) -> int:
    """Return the port of the page. Raises ArgumentTypeError."""
    if text.isdecimal() and _FIRST_PORT <= int(text) <= _LAST_PORT:
        return int(text)
    raise argparse.ArgumentTypeError(f"a port is a number from {_FIRST_PORT} to {_LAST_PORT}, not {text}")


def check_rollout(parser: Parser, args: argparse.Namespace) -> None:
    if bool(args.archive) + args.rollback + args.history != 1:
        parser.error("name an archive, or --rollback, or --history")
    if args.archive and args.model:
        parser.error("the archive says which model it is: leave --model out")
    if not 0 <= args.canary <= 100:
        parser.error(f"--canary takes 0 to 100 percent, not {args.canary:g}")
    if args.images < 1:
        parser.error(f"--images takes 1 or more, not {args.images}")


def check_scale(parser: Parser, args: argparse.Namespace) -> None:
    if (args.workers is None) == (args.auto is None):
        parser.error("say how many workers, or --auto MIN MAX")
    least, most = args.auto or (args.workers, args.workers)
    if least < 1:
        parser.error(f"{least} workers answer nothing: name 1 or more; scripts/down stops the server")
    if least > most:
        parser.error(f"--auto takes the smaller number first, not {least} {most}")
    if most > (limit := most_workers()):
        parser.error(f"{most} workers are too many for the processors of this machine: name {limit} or fewer")


def check_serve(parser: Parser, args: argparse.Namespace) -> None:
    if wrong := [pair for pair in args.set if "=" not in pair]:
        parser.error(f"--set takes KEY=VALUE, not {wrong[0]}")


COMMANDS = {
    "clients": Command(
        "Give a client a key for the gateway, list who has one, take keys back. A gateway that runs knows it at once.",
        [DIRECTORY],
        {
            "list": Command("names, scopes, rates, limits of requests, explanations and expensive ones, days left"),
            "add": Command(
                "make a key for a client and show it, once; further keys of a client share its limits",
                [
                    Option("name", str, "of the client"),
                    Option("--scopes", ",".join(quotas.SCOPES), "what it may ask for"),
                    Option("--models", "", "the models that the key opens (default: all)", {"metavar": "NAME,..."}),
                    *(
                        Option(f"--{name}", int, f"{about} (default: {limit}, or as the client has)", {"metavar": "N"})
                        for name, about, limit in (
                            ("rate", "requests per second", quotas.RATE),
                            ("concurrent", "requests at once", quotas.CONCURRENT),
                            ("explanations", "explanations at once", quotas.EXPLANATIONS),
                            ("heavy", "expensive requests at once", quotas.HEAVY),
                            ("per-day", "requests in a day of UTC, 0 for any number", 0),
                            ("per-month", "requests in a month of UTC, 0 for any number", 0),
                        )
                    ),
                    Option("--days", quotas.DAYS, "until it expires", {"type": days}),
                ],
            ),
            "usage": Command(
                "requests, examples, errors and bytes of each client, model and day of UTC",
                [Option("--csv", False, "as a CSV file")],
            ),
            "revoke": Command("take all keys of a client back", [Option("name", str, "of the client")]),
        },
        {"dest": "verb", "metavar": "add|list|revoke|usage", "required": True},
    ),
    "down": Command(
        """Let everything finish that was accepted; stop what scripts/up or scripts/serve started, and the playground.

No process, socket or temporary folder is left.""",
        [DIRECTORY],
    ),
    "edge": Command(
        """Print the configuration of a HAProxy before several nodes.

scripts/edge one=10.0.0.1:8443 two=10.0.0.2:8443 > edge.cfg""",
        [Option("nodes", str, "a node, and where its gateway listens", {"nargs": "+", "metavar": "NAME=HOST:PORT"})],
    ),
    "keys": Command(
        """Print the running server's keys as shell variables; renew those that have expired.

eval "$(scripts/keys)\"""",
        [DIRECTORY],
    ),
    "models": Command(
        """List the models that a node serves, add another, remove one; no request for the others is lost.

scripts/models                              list them
scripts/models add model_store/iris.mar     serve the model of an archive, which scripts/package made
scripts/models add iris                     the same: model_store/iris.mar
scripts/models remove iris                  serve it no longer

Where no server runs, the next start serves what was added.""",
        [DIRECTORY],
        {
            "list": Command(
                "name, version, workers, state, archive and sha256 of each; the default",
                [DIRECTORY._replace(more=_LAST)],
            ),
            "add": Command(
                "serve the model of an archive",
                [
                    Option("archive", str, "a .mar file, or the name of one in model_store/"),
                    DIRECTORY._replace(more=_LAST),
                ],
            ),
            "remove": Command(
                "serve a model no longer", [Option("name", str, "of the model"), DIRECTORY._replace(more=_LAST)]
            ),
        },
        {"dest": "verb", "metavar": "list|add|remove"},
        has_low_priority=lambda _: True,
    ),
    "playground": Command(
        "Serve a page to draw digits on, at http://127.0.0.1:7860, which uses the service that scripts/up started.",
        [
            Option("--port", 7860, "on this machine", {"type": port}),
            Option("--background", False, "return when it runs; scripts/down stops it"),
            DIRECTORY._replace(about="the service's run folder"),
            Option("--log", Path, "of the one in the background", _HIDDEN),
        ],
    ),
    "rollout": Command(
        """Serve another archive in place of the live one, if it passes every gate; no request is lost.

scripts/rollout model_store/digits-2.0.mar
scripts/rollout model_store/digits-2.0.mar --canary 10 --seconds 30
scripts/rollout model_store/price-2.0.mar --difference 0.2
scripts/rollout --rollback
scripts/rollout --rollback --model iris
scripts/rollout --history""",
        [
            Option("archive", Path, "what scripts/package --version V --out FILE made", {"nargs": "?"}),
            Option("--rollback", False, "serve the archive before this one again"),
            Option("--history", False, "print what is served and what --rollback goes back to"),
            Option("--canary", 0.0, "of the gateway's traffic, first", {"metavar": "PERCENT"}),
            Option("--seconds", 30.0, "for so long"),
            Option("--images", 10_000, "MNIST test images to compare on"),
            Option("--agreement", _GATES.agreement, "share of samples with the same label, at least"),
            Option("--accuracy", _GATES.accuracy, "how much lower the accuracy may be"),
            Option(
                "--difference",
                _GATES.difference,
                "of values and tensors, relative to the live version's largest, at most",
            ),
            Option("--factor", _GATES.factor, "how many times as long the p95 latency may be"),
            Option("--slack", _GATES.slack, "seconds on top of that"),
            MODEL,
            DIRECTORY,
        ],
        check=check_rollout,
        has_low_priority=lambda args: not args.rollback,  # a rollback is urgent
    ),
    "scale": Command(
        """Change how many workers answer; no request is lost, and a restart brings up as many.

scripts/scale 2             two workers
scripts/scale --auto 1 4    follow the load with one to four workers, until Ctrl-C
scripts/scale 2 --model iris""",
        [
            Option("workers", int, "how many", {"nargs": "?"}),
            Option("--auto", int, "follow the load until Ctrl-C", {"nargs": 2, "metavar": ("MIN", "MAX")}),
            Option("--slow", _RULE.slow, "seconds of latency that are too much"),
            Option("--queue", _RULE.queue, "requests that may wait for each worker"),
            Option("--up", _RULE.up, "seconds of too much load until there is a worker more"),
            Option("--down", _RULE.down, "seconds of little load until there is one fewer"),
            MODEL,
            DIRECTORY,
        ],
        check=check_scale,
    ),
    "serve": Command(
        """Serve in the foreground until SIGTERM or Ctrl-C, which let everything finish that was accepted.

A TorchServe or gateway that dies is started again. Probes are at http://127.0.0.1:8083.

    scripts/serve                                             TorchServe alone
    scripts/serve --gateway                                   and the gateway before it
    scripts/serve --set health_address=http://0.0.0.0:8083    with another setting than config.properties has""",
        [
            Option("--gateway", False, "with the gateway, the only part to face a network"),
            DIRECTORY,
            PORTS,
            Option("--set", str, "over config.properties", {"metavar": "KEY=VALUE", "action": "append", "default": []}),
            Option("--restart", False, "start the supervisor again when it is killed"),
            Option("--json", False, "log JSON, a line each, for a file"),
            Option("--notice", 0.0, "seconds between not ready and the end's beginning"),
            Option("--log", Path, "of the one in the background", _HIDDEN),
            Option("--change", int, "the lock of the process that started this one", _HIDDEN),
        ],
        check=check_serve,
    ),
    "up": Command(
        """Install, train, package and start the service, then verify a prediction. Run again, it redoes nothing.

scripts/up                           TorchServe, on this machine only
scripts/up --models DIR              without MNIST and PyTorch: the archives in a folder, and the models in its folders
scripts/up --gateway                 TorchServe and the gateway, kept alive by a supervisor in the background
scripts/up --directory DIR           in another run folder than .run: a second node on this machine
scripts/up --ports 9000              on ports from 9000 on; --ports default undoes that
DIGITS_TORCH_INDEX=URL scripts/up    with PyTorch for CPUs only, from the package index at this URL""",
        [
            Option("--gateway", False, "and the gateway, kept alive in the background"),
            Option(
                "--models",
                Path,
                "serve the archives in a folder, and package the models in its folders",
                {"metavar": "DIR"},
            ),
            DIRECTORY,
            PORTS,
            Option("--check", False, "whether the ports are free", _HIDDEN),
        ],
        lock=lambda args: "onnx" if args.models else "train",  # only the digits model needs training
    ),
}
