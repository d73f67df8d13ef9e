"""Entries of the gateway's log, from HAProxy's output.

HAProxy writes requests as JSON, but the reason of a refusal only as the line of haproxy.cfg that refused. Messages
about itself it prints twice, as text: with a level, and without.
"""

import json
import re
from pathlib import Path

from serving import log

_RULE = re.compile(r'"rule":"([^"]*)"')
_MESSAGE = re.compile(r'(?:"message":|grpc-message )"([^"]*)"')
_VALUE = re.compile(r"%\[[^\]]*\]")
_VARIABLE = re.compile(r"^ *setenv +(\w+) +'([^']*)'")
_LEVELLED = re.compile(r"\[(\w+)\] +\(\d+\) : (.*)")
# What follows from the state of the one server that is checked, the end of each part at a stop, which is logged once,
# and the list of memory pools that SIGQUIT prints.
_NEEDLESS = re.compile(
    r"Server .* via |backend \S+ has no server available!|Proxy \S+ stopped |Dumping pools usage|  - Pool |Total: "
)
_MOST_TWINS = 64


class Entries:
    """Makes an entry, a JSON object, of each line that is worth one.

    config  the configuration that HAProxy runs with
    """

    def __init__(self, config: Path) -> None:
        self._reasons = _reasons(config.read_text())
        self._twins: list[str] = []  # messages that were printed with their level, and come once more without

    def of(self, line: str) -> str | None:
        """The entry of a line; None for one that has none."""
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
    """An entry of the gateway on itself."""
    return json.dumps({"time": log.moment(), "level": level, "message": message})


def _reasons(config: str) -> dict[str, str]:
    """Return the message of each line of a configuration that answers with an error, by the line's number."""
    lines = config.splitlines()
    variables = {match[1]: match[2] for line in lines if (match := _VARIABLE.match(line))}
    answers = (re.sub(r"\$\{(\w+)\}", lambda name: variables.get(name[1], ""), line) for line in lines)
    matches = ((number, _MESSAGE.search(line)) for number, line in enumerate(answers, 1))
    return {str(number): _VALUE.sub("…", message[1]) for number, message in matches if message}
