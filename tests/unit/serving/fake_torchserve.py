"""Fake of TorchServe's APIs with the calls that changes to a node use. Tests choose each answer."""

import json
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import numpy as np
import safetensors.numpy

from inference import files, golden
from model import SPEC
from model.pixels import Images
from serving.archives import record, seal, signing
from serving.archives.record import Archive
from serving.archives.samples import Probabilities
from serving.node import deployment
from serving.torchserve import keys, properties, registrations
from serving.torchserve.server import Server
from serving.waiting import within
from tests import recipe
from tests.processes import bounded

IMAGES = recipe.drawn(*range(10))
READY, STARTING = "READY", "WORKER_STARTED"
WORKING = """"W-9000-digits_{version}" #16 prio=5 os_prio=0 waiting on condition
	at org.pytorch.serve.wlm.WorkerThread.run(WorkerThread.java:228)"""
_FILE = re.compile(r"[a-z]+-(.+)-[0-9a-f]{12}\.mar")
_NAMES = (SPEC.name, *registrations.FURTHER)
_PIDS = count(10**8)  # larger than any real process id
_JVM = """
import signal, sys
from pathlib import Path
def dump(*_):
    stacks = Path(sys.argv[1]).read_text()
    print(f"2000-01-01 00:00:00\\nFull thread dump of nothing:\\n\\n{stacks}\\n\\nJNI global refs: 1\\n", flush=True)
signal.signal(signal.SIGQUIT, dump)
print("it runs", flush=True)
while True:
    signal.pause()
"""


def one_hot(images: Images) -> Probabilities:
    """Return probabilities that depend on the sum of an image, float32 (n, 10)."""
    probabilities: Probabilities = np.eye(10, dtype=np.float32)[images.reshape(len(images), -1).sum(axis=1) % 10]
    return probabilities


def archive(path: Path, version: str, code: bytes = b"", kind: str = "probabilities", scale: float = 1.0) -> Archive:
    """Write an archive with golden samples and its record, signed by this machine. Other code gives another archive.

    kind   of its results, which are those of ``one_hot`` times ``scale``
    """
    path.parent.mkdir(exist_ok=True)
    manifest = {"model": {"modelName": SPEC.name, "modelVersion": version}}
    samples = safetensors.numpy.save({"rows": IMAGES, kind: one_hot(IMAGES) * np.float32(scale)})
    path.write_bytes(
        seal.seal({seal.MANIFEST: json.dumps(manifest).encode(), golden.FILE: samples, "model/code.py": code})
    )
    signed = signing.signed(Archive(path, record.sha256(path.read_bytes()), "inputs", "digits", version))
    files.replace(record.record_path(path), signed.record())
    return signed


@dataclass
class Version:
    """A registered version: its file in the store, its workers and its queue."""

    file: str
    workers: list[dict[str, Any]]
    pending: int = 0

    def describe(self, name: str, version: str) -> dict[str, Any]:
        return {
            "modelName": name,
            "modelVersion": version,
            "modelUrl": self.file,
            "minWorkers": len(self.workers),
            "workers": self.workers,
            "jobQueueStatus": {"pendingRequests": self.pending, "remainingCapacity": 4096 - self.pending},
        }


@dataclass
class Fake:
    """The state of a TorchServe, which tests may change at any time.

    server    as ``server.start`` returns one
    stacks    the file with the stacks of its threads
    models    name -> version -> registered version
    defaults  name -> version
    calls     method and path of each change
    refused   method and path -> status of the answer instead of the change
    new       the state that workers of a new registration have
    options   name -> the options of its last registration
    answers   version -> probabilities; others are answered with ``one_hot``
    kind      key of the answers: "probabilities", or "values"
    counted   answers of 2xx and of 5xx
    """

    server: Server
    stacks: Path
    models: dict[str, dict[str, Version]] = field(default_factory=dict)
    defaults: dict[str, str] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    refused: dict[str, int] = field(default_factory=dict)
    new: str = READY
    options: dict[str, dict[str, str]] = field(default_factory=dict)
    answers: dict[str, Callable[[Images], Probabilities]] = field(default_factory=dict)
    kind: str = "probabilities"
    counted: tuple[int, int] = (0, 0)

    def serve(self, version: str, file: str, workers: int = 1) -> None:
        """Register a version under all names, and make it the default."""
        for name in _NAMES:
            self.models.setdefault(name, {})[version] = Version(file, _workers(workers, READY))
            self.defaults[name] = version

    @property
    def versions(self) -> dict[str, list[str]]:
        return {name: sorted(versions) for name, versions in self.models.items()}

    # -- behaviour of its APIs ----------------------------------------------------------------------------------------

    def get(self, parts: list[str]) -> Any:
        if parts == ["metrics"]:
            lines = zip("25", self.counted, strict=True)
            return "".join(f'Requests{kind}XX{{Level="Host",}} {number}.0\n' for kind, number in lines)
        if parts in ([""], ["token"]):
            return {}
        if parts == ["models"]:
            defaults = {name: versions.get(self.defaults[name]) for name, versions in self.models.items()}
            return {
                "models": [{"modelName": name, "modelUrl": model.file} for name, model in defaults.items() if model]
            }
        name, *version = parts[1:]
        versions = self.models[name]
        selected = list(versions) if version == ["all"] else version or [self.defaults[name]]
        return [versions[number].describe(name, number) for number in selected]

    def post(self, parts: list[str], options: dict[str, str], body: bytes) -> Any:
        if parts[0] == "predictions":
            images = np.frombuffer(body, dtype=np.uint8).reshape(-1, 28, 28)
            answers = [{self.kind: row.tolist()} for row in self.answers.get(parts[2], one_hot)(images)]
            return {"predictions": answers} if len(images) > 1 else answers[0]
        name, match = options["model_name"], _FILE.fullmatch(options["url"])
        assert match
        self.options[name] = options
        workers = _workers(int(options["initial_workers"]), self.new)
        self.models.setdefault(name, {})[match[1]] = Version(options["url"], workers)
        self.defaults.setdefault(name, match[1])
        return {}

    def put(self, parts: list[str], options: dict[str, str]) -> Any:
        name = parts[1]
        if parts[-1] == "set-default":
            self.defaults[name] = parts[2]
        else:
            version, number = self.models[name][self.defaults[name]], int(options["min_worker"])
            version.workers = (version.workers + _workers(number, READY))[:number]
        return {}

    def delete(self, parts: list[str]) -> Any:
        del self.models[parts[1]][parts[2]]
        return {}


def _workers(number: int, status: str) -> list[dict[str, Any]]:
    return [{"pid": next(_PIDS), "status": status} for _ in range(number)]


@contextmanager
def fake(directory: Path) -> Iterator[Fake]:
    """Yield a fake with no registered model, and a process that prints stacks as its JVM would."""
    (directory / "logs").mkdir(parents=True)
    expires = {"key": "k", "expiration time": "2999-01-01T00:00:00.000000000Z"}
    (directory / keys.FILE).write_text(json.dumps({"inference": expires, "management": expires, "API": {"key": "k"}}))
    stacks = directory / "stacks.txt"
    stacks.touch()
    command = [
        sys.executable,
        "-S",
        "-E",
        "-c",
        _JVM,
        str(stacks),
        str(directory / "scratch"),
        "org.pytorch.serve.ModelServer",
    ]
    with (directory / "logs" / "console.log").open("w") as console:
        process = subprocess.Popen(command, stdout=console)
    with bounded(process), ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as http:
        url = f"http://127.0.0.1:{http.server_port}"
        settings = {
            "metrics_address": url,
            "token_expiration_min": "60",
            "model_store": str(deployment.store(directory)),
        }
        properties.write(settings, directory / "config.properties")
        torchserve = Fake(
            Server(directory, url, url, process.pid, directory / "scratch", "sha256 at first", SPEC.name), stacks
        )
        http.daemon_threads = True
        http.fake = torchserve  # type: ignore[attr-defined]
        thread = threading.Thread(target=http.serve_forever, args=(0.01,))
        thread.start()
        try:
            assert within(20, lambda: "it runs" in torchserve.server.console.read_text())
            yield torchserve
        finally:
            http.shutdown()
            thread.join(10)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body are written separately; the body must not be delayed

    def log_message(self, *_: object) -> None:
        """Print nothing: ``Fake.calls`` has the requests."""

    def do_GET(self) -> None:
        self._answer(lambda fake, parts, _options, _body: fake.get(parts))

    def do_POST(self) -> None:
        self._answer(lambda fake, parts, options, body: fake.post(parts, options, body))

    def do_PUT(self) -> None:
        self._answer(lambda fake, parts, options, _body: fake.put(parts, options))

    def do_DELETE(self) -> None:
        self._answer(lambda fake, parts, _options, _body: fake.delete(parts))

    def _answer(self, do: Callable[[Fake, list[str], dict[str, str], bytes], Any]) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        fake: Fake = self.server.fake  # type: ignore[attr-defined]
        address = urlsplit(self.path)
        call, parts = f"{self.command} {address.path}", unquote(address.path).strip("/").split("/")
        if self.command != "GET" and parts[0] != "predictions":
            fake.calls.append(call)
        is_renewal = "/token" in address.path and parts != ["token"]  # a renewal of the key, which needs another key
        status, content = 400 if is_renewal else fake.refused.get(call, 200), b"refused"
        if status == 200:
            try:
                result = do(fake, parts, dict(parse_qsl(address.query)), body)
                content = result.encode() if isinstance(result, str) else json.dumps(result).encode()
            except KeyError:
                status, content = 404, b"not found"
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def end(running: Server) -> None:
    """End the JVM of a fake."""
    import psutil

    process = psutil.Process(running.pid)
    process.send_signal(signal.SIGKILL)
    assert within(10, lambda: not running.running)
