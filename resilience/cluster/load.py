"""A load of checked requests, as a process of its own."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from subprocess import Popen
from typing import IO, NamedTuple

from inference import bundle
from inference.classifier import Classifier
from model import SPEC
from resilience.cluster import clients
from resilience.cluster.clients import STEADY, Pace, Record, RequestSample
from serving import paths
from training.digits import data

_SAMPLES = 100

Talk = Callable[[Sequence[str], IO[bytes]], Popen[bytes]]


class ServiceAddress(NamedTuple):
    """Address of a service: host:port, the certificate to trust, and the clients' key."""

    address: str
    authority: Path
    key: str


@contextmanager
def checked(talk: Talk, service: ServiceAddress, folder: Path, pace: Pace = STEADY) -> Iterator[list[Record]]:
    """Clients ask while the block runs; the list gets what each request came to when it ends.

    talk    starts a command with pipes for its input and output, and a log for its complaints
    folder  for that log and the requests
    """
    records: list[Record] = []
    file = folder / "samples.json"
    if not file.exists():
        file.write_text(json.dumps(samples()))
    with (folder / "clients.log").open("ab") as log:
        command = [sys.executable, "-m", clients.__name__, service.address, str(service.authority), str(file)]
        process = talk([*command, *map(str, pace)], log)
    assert process.stdin
    assert process.stdout
    with process:
        process.stdin.write(f"{service.key}\n".encode())
        process.stdin.flush()
        if process.stdout.readline() != b"began\n":
            raise RuntimeError("no client had an answer: see clients.log")
        yield records
        process.stdin.close()
        records += [Record(*record) for record in json.loads(process.stdout.read())]


def samples() -> list[RequestSample]:
    """Return images of all digits from the test set, and their predictions."""
    images = data.load().test.images[:_SAMPLES]
    probabilities = Classifier(bundle.load(paths.BUNDLE, SPEC)).predict(images).probabilities
    return [
        RequestSample(image.tobytes().hex(), row) for image, row in zip(images, probabilities.tolist(), strict=True)
    ]
