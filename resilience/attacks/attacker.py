"""The process that attacks.

python -m resilience.attacks.attacker reads JSON lines: first {"port", "authority", "keys"}, then for each attack
{"name", "seconds"}. It makes the payloads, prints "ready", waits for a line, attacks, and prints {answer: count}. It
ends with its input.
"""

import asyncio
import json
import os
import resource
import sys
from pathlib import Path

from resilience.attacks import catalogue
from resilience.attacks.attack import Act, Run, Target

_NICE = 10  # a real attacker has a machine of its own
_GRACE = 20.0  # seconds beyond an attack's time


def main() -> None:
    os.nice(_NICE)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    first = json.loads(sys.stdin.readline())
    target = Target(first["port"], Path(first["authority"]), tuple(first["keys"]))
    for line in sys.stdin:
        asked = json.loads(line)
        attack = catalogue.find(asked["name"])
        act = attack.prepare()
        print("ready", flush=True)
        sys.stdin.readline()
        run = Run(target._replace(keys=target.keys[: attack.keys]), asked["seconds"])
        asyncio.run(_bounded(act, run))
        print(json.dumps(run.answers), flush=True)


async def _bounded(act: Act, run: Run) -> None:
    async with asyncio.timeout(run.seconds + _GRACE):
        await act(run)


if __name__ == "__main__":
    main()
