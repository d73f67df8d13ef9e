"""Process that attacks.

python -m resilience.attacks.attacker PORT AUTHORITY SCHEDULING reads a JSON line for each attack: {"name", "address",
"keys", "seconds"}. It makes the payloads, prints "ready", waits for a line, attacks, and prints {answer: count}. It
ends at the end of its input.
"""

import asyncio
import json
import os
import resource
import sys
from pathlib import Path

from resilience.attacks import catalogue
from resilience.attacks.attack import Run, Victim
from resilience.attacks.posts import Post

IDLE = "idle"  # a real attacker has its own machine, so this process gets only idle processor time
NICE = "nice"  # for attacks that keep all cores busy: an idle process would get no time
_GRACE = 20.0  # seconds after the time of an attack until it is cancelled


def main() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    port, authority, scheduling = sys.argv[1:]
    if scheduling == IDLE:
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    else:
        os.nice(10)
    for line in sys.stdin:
        order = json.loads(line)
        attack = catalogue.find(order["name"])
        victim = Victim(int(port), Path(authority), order["address"], tuple(order["keys"]))
        made = attack.make()
        payload = made.keyed(victim) if isinstance(made, Post) else made
        print("ready", flush=True)
        sys.stdin.readline()
        run = Run(victim, order["seconds"])
        asyncio.run(asyncio.wait_for(attack.act(run, payload), run.seconds + _GRACE))
        print(json.dumps(run.answers), flush=True)


if __name__ == "__main__":
    main()
