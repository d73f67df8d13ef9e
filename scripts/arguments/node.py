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
_PERCENT = {"metavar": "PERCENT"}
_LAST = {"default": argparse.SUPPRESS}  # for an option that may also follow a verb
_FIRST_PORT, _LAST_PORT = 1024, 65535
_GATES, _RULE = Gates(), Rule(1, 1)


def days(text: str) -> float:
    """Return the number of days that a key is valid. Raises ArgumentTypeError."""
    with suppress(ValueError):
        if 0 < float(text) <= quotas.MOST_DAYS:
            return float(text)
    raise argparse.ArgumentTypeError(f"{text} is not a number of days above 0 and up to {quotas.MOST_DAYS}")


def port(text: str) -> int:
    """Return the port of the page. Raises ArgumentTypeError."""
    if text.isdecimal() and _FIRST_PORT <= int(text) <= _LAST_PORT:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text} is not a port from {_FIRST_PORT} to {_LAST_PORT}")


def check_rollout(parser: Parser, args: argparse.Namespace) -> None:
    if bool(args.archive) + args.rollback + args.history != 1:
        parser.error("name an archive, or --rollback, or --history")
    if args.archive and args.model:
        parser.error("an archive contains the name of its model: leave --model out")
    if not 0 <= args.canary <= 100:
        parser.error(f"--canary takes 0 to 100 percent, not {args.canary:g}")
    if args.images < 1:
        parser.error(f"--images takes 1 or more, not {args.images}")


def check_scale(parser: Parser, args: argparse.Namespace) -> None:
    if (args.workers is None) == (args.auto is None):
        parser.error("name the number of workers, or --auto MIN MAX")
    least, most = args.auto or (args.workers, args.workers)
    if least < 1:
        parser.error(f"{least} workers cannot answer requests: name 1 or more; scripts/down stops the server")
    if least > most:
        parser.error(f"--auto {least} {most}: name the smaller number first")
    if most > (limit := most_workers()):
        parser.error(f"{most} workers are too many for this machine's processors: name {limit} or fewer")


def check_serve(parser: Parser, args: argparse.Namespace) -> None:
    if wrong := [pair for pair in args.set if "=" not in pair]:
        parser.error(f"--set takes KEY=VALUE, not {wrong[0]}")


COMMANDS = {
    "clients": Command(
        "Create, list and revoke the keys of clients. A running gateway applies changes immediately.",
        [DIRECTORY],
        {
            "list": Command("list clients with their scopes, limits and the days until their keys expire"),
            "add": Command(
                "create a key for a client and print it once; all keys of a client share its limits",
                [
                    Option("name", str, "name of the client"),
                    Option("--scopes", ",".join(quotas.SCOPES), "requests that the key allows"),
                    Option("--models", "", "models that the key allows (default: all)", {"metavar": "NAME,..."}),
                    *(
                        Option(f"--{name}", int, f"{about} (default: the client's, or {limit})", {"metavar": "N"})
                        for name, about, limit in (
                            ("rate", "requests per second", quotas.RATE),
                            ("concurrent", "concurrent requests", quotas.CONCURRENT),
                            ("explanations", "concurrent explanations", quotas.EXPLANATIONS),
                            ("heavy", "concurrent expensive requests", quotas.HEAVY),
                            ("per-day", "requests per day (UTC), 0 for no limit", 0),
                            ("per-month", "requests per month (UTC), 0 for no limit", 0),
                        )
                    ),
                    Option("--days", quotas.DAYS, "days until the key expires", {"type": days}),
                ],
            ),
            "usage": Command(
                "print requests, examples, errors and bytes by client, model and day (UTC)",
                [Option("--csv", False, "print CSV")],
            ),
            "revoke": Command("revoke all keys of a client", [Option("name", str, "name of the client")]),
        },
        {"dest": "verb", "metavar": "add|list|revoke|usage", "required": True},
    ),
    "down": Command(
        """Stop the service and the playground after all accepted requests are answered.

No process, socket or temporary folder is left.""",
        [DIRECTORY],
    ),
    "edge": Command(
        """Print a HAProxy configuration that balances requests over several nodes.

scripts/edge one=10.0.0.1:8443 two=10.0.0.2:8443 > edge.cfg""",
        [
            Option(
                "nodes",
                str,
                "name of a node, and the address of its gateway",
                {"nargs": "+", "metavar": "NAME=HOST:PORT"},
            )
        ],
    ),
    "keys": Command(
        """Print the keys of the running server as shell variables. Expired keys are renewed.

eval "$(scripts/keys)\"""",
        [DIRECTORY],
    ),
    "models": Command(
        """List, add and remove the models that a node serves. No request for another model is lost.

scripts/models                              list the models
scripts/models add model_store/iris.mar     add the model in an archive that scripts/package wrote
scripts/models add iris                     the same: model_store/iris.mar
scripts/models remove iris                  remove the model

If no server runs, the next start applies the change.""",
        [DIRECTORY],
        {
            "list": Command(
                "list name, version, workers, state, archive and sha256 of the models (default)",
                [DIRECTORY._replace(more=_LAST)],
            ),
            "add": Command(
                "add the model in an archive",
                [
                    Option("archive", str, "a .mar file, or the name of one in model_store/"),
                    DIRECTORY._replace(more=_LAST),
                ],
            ),
            "remove": Command(
                "remove a model", [Option("name", str, "name of the model"), DIRECTORY._replace(more=_LAST)]
            ),
        },
        {"dest": "verb", "metavar": "list|add|remove"},
        has_low_priority=lambda _: True,
    ),
    "playground": Command(
        "Serve a page to draw digits on, at http://127.0.0.1:7860. The service must run: scripts/up starts it.",
        [
            Option("--port", 7860, "port of the page", {"type": port}),
            Option("--background", False, "run in the background until scripts/down"),
            DIRECTORY._replace(about="run folder of the service"),
            Option("--log", Path, "log of the background process", _HIDDEN),
        ],
    ),
    "rollout": Command(
        """Replace the served archive by another if that passes all checks. No request is lost.

scripts/rollout model_store/digits-2.0.mar
scripts/rollout model_store/digits-2.0.mar --canary 10 --seconds 30
scripts/rollout model_store/price-2.0.mar --difference 0.2
scripts/rollout --rollback
scripts/rollout --rollback --model iris
scripts/rollout --history""",
        [
            Option("archive", Path, "archive written by scripts/package --version V --out FILE", {"nargs": "?"}),
            Option("--rollback", False, "serve the previous archive again"),
            Option("--history", False, "print the served archive and the one that --rollback would serve"),
            Option("--canary", 0.0, "send this share of the gateway's traffic to the new version first", _PERCENT),
            Option("--seconds", 30.0, "duration of the canary"),
            Option("--images", 10_000, "number of MNIST test images for the comparison"),
            Option("--agreement", _GATES.agreement, "minimum share of samples with the same label"),
            Option("--accuracy", _GATES.accuracy, "maximum loss of accuracy"),
            Option(
                "--difference",
                _GATES.difference,
                "maximum difference of values and tensors, relative to the largest of the served version",
            ),
            Option("--factor", _GATES.factor, "maximum p95 latency, as a multiple of the served version's"),
            Option("--slack", _GATES.slack, "seconds added to the maximum p95 latency"),
            MODEL,
            DIRECTORY,
        ],
        check=check_rollout,
        has_low_priority=lambda args: not args.rollback,  # a rollback is urgent
    ),
    "scale": Command(
        """Change the number of workers. No request is lost, and a restart keeps the number.

scripts/scale 2             two workers
scripts/scale --auto 1 4    follow the load with one to four workers, until Ctrl-C
scripts/scale 2 --model iris""",
        [
            Option("workers", int, "number of workers", {"nargs": "?"}),
            Option("--auto", int, "scale with the load until Ctrl-C", {"nargs": 2, "metavar": ("MIN", "MAX")}),
            Option("--slow", _RULE.slow, "latency in seconds above which the load is too high"),
            Option("--queue", _RULE.queue, "waiting requests per worker above which the load is too high"),
            Option("--up", _RULE.up, "seconds of high load before a worker is added"),
            Option("--down", _RULE.down, "seconds of low load before a worker is removed"),
            MODEL,
            DIRECTORY,
        ],
        check=check_scale,
    ),
    "serve": Command(
        """Serve in the foreground until SIGTERM or Ctrl-C. Accepted requests are answered before the end.

TorchServe and the gateway are restarted if they fail. Probes are at http://127.0.0.1:8083.

    scripts/serve                                             TorchServe without a gateway
    scripts/serve --gateway                                   TorchServe and the gateway
    scripts/serve --set health_address=http://0.0.0.0:8083    change a setting of config.properties""",
        [
            Option("--gateway", False, "start the gateway, the only part that listens on a network"),
            DIRECTORY,
            PORTS,
            Option(
                "--set",
                str,
                "change a setting of config.properties",
                {"metavar": "KEY=VALUE", "action": "append", "default": []},
            ),
            Option("--restart", False, "restart the supervisor if it is killed"),
            Option("--json", False, "write log lines as JSON"),
            Option("--notice", 0.0, "seconds from not ready to the shutdown"),
            Option("--log", Path, "log of the background process", _HIDDEN),
            Option("--change", int, "the lock of the process that started this one", _HIDDEN),
        ],
        check=check_serve,
    ),
    "up": Command(
        """Install, train, package and start the service, then verify a prediction. Completed steps are skipped.

scripts/up                           TorchServe, on this machine only
scripts/up --models DIR              own models alone, without MNIST and PyTorch: archives and model folders in DIR
scripts/up --gateway                 TorchServe and the gateway, restarted by a supervisor if they fail
scripts/up --directory DIR           another run folder than .run: a second node on this machine
scripts/up --ports 9000              ports from 9000 on; undo: --ports default
DIGITS_TORCH_INDEX=URL scripts/up    PyTorch for CPUs only, from the package index at this URL""",
        [
            Option("--gateway", False, "start the gateway, and a supervisor in the background"),
            Option(
                "--models",
                Path,
                "folder of archives to serve, and of model folders to package and serve",
                {"metavar": "DIR"},
            ),
            DIRECTORY,
            PORTS,
            Option("--check", False, "whether the ports are free", _HIDDEN),
        ],
        lock=lambda args: "onnx" if args.models else "train",  # only the digits model needs training
    ),
}
