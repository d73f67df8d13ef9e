"""Log entries of the gateway, made from the output of HAProxy.

HAProxy writes requests as JSON, but names the reason of a refusal only by the line number of the rule in haproxy.cfg.
It prints messages about itself as text, twice: with and without a level.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from serving import log
from serving.gateway.usage import Pair

_RULE = re.compile(r'"rule":"([^"]*)"')
_MESSAGE = re.compile(r'(?:"message":|grpc-message )"([^"]*)"')
_VALUE = re.compile(r"%\[[^\]]*\]")
_VARIABLE = re.compile(r"^ *setenv +(\w+) +'([^']*)'")
_LEVELLED = re.compile(r"\[(\w+)\] +\(\d+\) : (.*)")
# Messages without new information: those that follow from the state of the one checked server, the stop of each proxy,
# and the memory pools that SIGQUIT prints.
_NEEDLESS = re.compile(
    r"Server .* via |backend \S+ has no server available!|Proxy \S+ stopped |Dumping pools usage|  - Pool |Total: "
)
_MOST_TWINS = 64
NO_MODEL = "-"  # for paths without a served model
_MODEL = re.compile(r"/(?:predictions|explanations|v[12]/models)/([\w.-]+)")
_ENTRY = re.compile(r'"client":"([^"]+)".*?"method":"([^"]*)","path":"([^"]*)","status":(\d+)')
_ASKING = ("POST", "PUT")  # methods of requests to a model
_ERROR, _NOT_FOUND = 400, 404


class Entries:
    """Converter from lines of HAProxy to log entries, which are JSON objects.

    config  configuration that HAProxy runs with
    """

    def __init__(self, config: Path) -> None:
        self._reasons = _reasons(config.read_text())
        self._twins: list[str] = []  # messages seen with a level, which HAProxy prints again without one

    def of(self, line: str) -> str | None:
        """Return the entry of a line; None for a line without new information."""
        if line.startswith("{"):
            return _RULE.sub(lambda rule: f'"reason":{json.dumps(self._reasons.get(rule[1], ""))}', line, count=1)
        levelled = _LEVELLED.match(line)
        level, message = levelled.groups() if levelled else ("INFO", line)
        plain = message.replace("'", "")
        if not plain.strip() or _NEEDLESS.match(plain):
            return None
        if levelled:
            self._twins = [*self._twins[-_MOST_TWINS:], plain]
        elif plain in self._twins:
            self._twins.remove(plain)
            return None
        return own(message, level)


def own(message: str, level: str = "INFO") -> str:
    """Return an entry about the gateway itself."""
    return json.dumps({"time": log.moment(), "level": level, "message": message})


def _reasons(config: str) -> dict[str, str]:
    """Return the error message of each line of a configuration that refuses requests, by line number."""
    lines = config.splitlines()
    variables = {match[1]: match[2] for line in lines if (match := _VARIABLE.match(line))}
    answers = (re.sub(r"\$\{(\w+)\}", lambda name: variables.get(name[1], ""), line) for line in lines)
    matches = ((number, _MESSAGE.search(line)) for number, line in enumerate(answers, 1))
    return {str(number): _VALUE.sub("…", message[1]) for number, message in matches if message}


def errors(lines: Iterable[str]) -> Counter[Pair]:
    """Count the errors in HAProxy's log lines by client and model.

    Unknown paths are counted under NO_MODEL. So are requests for metadata: they may be refused before their model is
    checked, so the client may have invented its name.
    """
    counts: Counter[Pair] = Counter()
    for line in lines:
        entry = _ENTRY.search(line)
        if entry and int(entry[4]) >= _ERROR and entry[1] != "-":
            named = entry[2] in _ASKING and int(entry[4]) != _NOT_FOUND
            model = _MODEL.match(entry[3].replace("\\/", "/")) if named else None
            counts[entry[1], model[1] if model else NO_MODEL] += 1
    return counts
