"""Steps of docs/operations.md and docs/gateway.md, in their order."""

import os
import signal
import subprocess
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import psutil

from resilience.cluster.ready import ready_worker
from resilience.walkthrough.walk import READY_SECONDS, Walk, WalkError, consecutive, there, until
from serving.gateway import gateway
from serving.node import lock
from serving.torchserve import server

_RENEWED = "the inference key is renewed"
_LIFE = 6  # lifetime of a key in minutes: a key is renewed five minutes before its end, so every minute
# Wrong commands on a running node, and commands that need a node.
_WRONG = (
    "up --gatway",
    "up --ports=x",
    "down --all",
    "keys x",
    "scale 0",
    "scale 1000",
    "scale --auto 2 1",
    "rollout",
    "rollout nothing.mar",
    "rollout --rollback",
    "clients add late --days=0",
    "clients add late --scopes=all",
    "clients add a/b",
    "clients revoke nobody",
    "serve --set=port",
    "serve",
)
_NOTHING_RUNS = ("keys", "scale 2", "rollout --rollback", "rollout --history")


def start(walk: Walk) -> None:
    """Start the node from two terminals, inspect it, and run wrong commands."""
    both = walk.step("`scripts/up --gateway` in two terminals at once", loaded=False)
    with both, walk.started(walk.up) as one, walk.started(walk.up) as other:
        one.ends()
        other.ends()
    walk.enter()
    with walk.step("keys, workers, the model's card and metrics are shown; the probes answer"):
        _look(walk)
    with walk.step("commands are given wrong arguments, and ports that are taken"):
        for line in (*_WRONG, f"up --ports={walk.first + 8}"):
            walk.run(line, fails=True)
        for line in (*_NOTHING_RUNS, f"up --ports={walk.first}"):
            walk.run(line, walk.second, fails=True)
    with walk.step("the inference key is renewed by hand", loaded=False):
        keys = walk.keys()
        _manage(walk, "GET", "/token?type=inference", keys["API_KEY"])
        until(walk.answers, READY_SECONDS, "the gateway uses the new key")
        if walk.keys()["INFERENCE_KEY"] == keys["INFERENCE_KEY"]:
            raise WalkError("the key is the old one")


def change(walk: Walk) -> None:
    """Change the node, and run a second node beside it."""
    _begin(walk)
    with walk.step("a second node on other ports is started, asked for its keys and stopped"):
        for line in (f"up --ports={consecutive()}", "keys", "down"):
            walk.run(line, walk.second)
    with walk.step("a client is added, listed and revoked"):
        for words in ("add shop --rate=2000 --days=90 --scopes=predict", "list", "revoke shop"):
            walk.run(f"clients {words}")
    with walk.step("`scripts/scale 2` and `1`, and `--auto` until Ctrl-C"):
        walk.run("scale 2")
        walk.run("scale 1")
        _follow_load(walk)
        walk.run("scale 1")
    with walk.step("the explainer is taken away and comes again"):
        for method in ("GET", "DELETE"):
            _manage(walk, method, "/models/explainer", walk.keys()["MANAGEMENT_KEY"])
        walk.run("up")
        until(partial(_answers, walk, "/models/explainer"), READY_SECONDS, "the explainer is there again")
    _roll_out(walk)


def _roll_out(walk: Walk) -> None:
    store, newer = walk.directory / "model_store", walk.folder / "digits-2.0.mar"
    for version, archive in (("1.5", store / "digits-1.5.mar"), ("2.0", newer)):
        walk.run(f"package --version={version} --out={archive}")
    with walk.step("an archive of the model store is registered and unregistered"):
        key = walk.keys()["MANAGEMENT_KEY"]
        _manage(walk, "POST", "/models?url=digits-1.5.mar&initial_workers=1&synchronous=true", key)
        _manage(walk, "DELETE", "/models/digits/1.5", key)
    with walk.step("a version that is slower than it may be is refused"):
        walk.run(f"rollout {newer} --factor=0 --slack=0 --images=64", fails=True)
    with walk.step("a version is rolled out with a canary, while another command waits its turn"):
        with walk.started(f"rollout {newer} --canary=10 --seconds=5") as running:
            running.prints("is registered")
            walk.run("scale 2", fails=True)
            running.ends()
        walk.run(f"rollout {newer}", fails=True)  # refused: this is the live version
    with walk.step("the history is shown, and rolled back until nothing is older"):
        walk.run("rollout --history")
        walk.run("rollout --rollback")
        walk.run("rollout --rollback", fails=True)
    with walk.step("a version is rolled out, and rolled back while no server runs", loaded=False):
        walk.run(f"rollout {newer}")
        walk.run("down")
        walk.run("rollout --rollback")
        walk.run(walk.up)
        until(walk.answers, READY_SECONDS, "an answer")


def kill(walk: Walk) -> None:
    """Kill each process by kill -9. The node recovers by itself."""
    _begin(walk)
    victims: tuple[tuple[str, bool, Callable[[], int | None]], ...] = (
        ("a worker", False, lambda: ready_worker(walk.directory) or None),
        ("TorchServe", True, lambda: _pid(server.find(walk.directory))),
        ("the gateway", True, lambda: _pid(gateway.find(walk.directory))),
        ("the supervisor", False, lambda: lock.supervisor(walk.directory)),
    )
    for name, cuts, find in victims:
        with walk.step(f"`kill -9` of {name}", kills=True, cuts=cuts):
            old = there(find(), name)
            os.kill(old, signal.SIGKILL)
            until(partial(_another, find, old), READY_SECONDS, f"{name} is there again")
            until(walk.answers, READY_SECONDS, "an answer")
    with walk.step("`kill -9` of the keeper and of the supervisor, then `scripts/up --gateway`", kills=True):
        keeper = there(lock.holder(walk.directory), "supervisor")
        for pid in (psutil.Process(keeper).ppid(), keeper):
            os.kill(pid, signal.SIGKILL)
        until(lambda: lock.holder(walk.directory) is None, READY_SECONDS, "nothing supervises")
        walk.run(walk.up)
        until(walk.answers, READY_SECONDS, "an answer")
    with walk.step("`kill -9` of `scripts/up` while it starts a second node, then both commands again"):
        _kill_start(walk)


def _kill_start(walk: Walk) -> None:
    line = f"up --ports={consecutive()}"
    with walk.started(line, walk.second):
        until(lambda: server.find(walk.second), READY_SECONDS, "the second node starts")
    walk.run(line, walk.second)
    walk.run("down", walk.second)
    left = [process.pid for process in psutil.process_iter(["cmdline"]) if _names(process.info, str(walk.second))]
    if left:
        raise WalkError(f"processes of the second node run on: {left}")


def renew(walk: Walk) -> None:
    """Serve in the foreground with keys that are renewed every minute."""
    wanted = max(1, round(walk.minutes))
    line = f"serve --gateway --ports={walk.first} --set=token_expiration_min={_LIFE}"
    with walk.started(line) as running:
        until(lambda: gateway.find(walk.directory), READY_SECONDS, "a gateway")
        walk.enter()
        with walk.step(f"`scripts/serve --gateway`, whose key is renewed every minute: {wanted} times"):
            running.prints(_RENEWED, wanted, 60 * walk.minutes + READY_SECONDS)
            until(walk.answers, READY_SECONDS, "an answer with the last key")
        running.ends(signal.SIGTERM)


def _begin(walk: Walk) -> None:
    walk.run(walk.up)
    walk.enter()


def _look(walk: Walk) -> None:
    keys = walk.keys()
    for path in ("/models/digits", "/models/digits?customized=true"):
        _manage(walk, "GET", path, keys["MANAGEMENT_KEY"])
    _curl(f"http://127.0.0.1:{walk.first + 2}/metrics")
    for path in ("/", "/openapi.yaml", "/readyz", "/livez", "/v2/health/live"):
        _curl("--cacert", str(walk.gateway.certificate), f"{walk.gateway.url}{path}")


def _follow_load(walk: Walk) -> None:
    with walk.started("scale --auto 1 2") as running:
        running.prints("an answer takes")
        running.ends(signal.SIGINT)


def _manage(walk: Walk, method: str, path: str, key: str) -> None:
    _curl("-X", method, "-H", f"Authorization: Bearer {key}", f"http://127.0.0.1:{walk.first + 1}{path}")


def _curl(*words: str) -> None:
    """Request a URL. Raises WalkError if the answer is not 200."""
    done = subprocess.run(["curl", "-sf", *words], check=False, capture_output=True, text=True, timeout=READY_SECONDS)
    if done.returncode:
        raise WalkError(f"curl {words[-1]}: status {done.returncode}")


def _answers(walk: Walk, path: str) -> bool:
    try:
        _manage(walk, "GET", path, walk.keys()["MANAGEMENT_KEY"])
    except WalkError:
        return False
    return True


def _another(find: Callable[[], int | None], old: int) -> bool:
    return find() not in (None, old)


def _pid(running: Any) -> int | None:
    return running.pid if running else None


def _names(process: Mapping[str, Any], folder: str) -> bool:
    return any(folder in word for word in process["cmdline"] or ())
