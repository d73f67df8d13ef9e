"""Loads of checked requests from a separate process."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE, Popen
from typing import NamedTuple

from inference import bundle
from inference.classifier import Classifier
from model import SPEC
from resilience.cluster import clients
from resilience.cluster.clients import STEADY, UNSENT, Group, Pace, Record, RequestSample
from serving import paths
from serving.errors import UserError
from training.digits import data

_SAMPLES = 100

Samples = Callable[[], Sequence[RequestSample]]


class ServiceAddress(NamedTuple):
    """Address of a service as host:port, the certificate to trust, and the key of the clients."""

    address: str
    authority: Path
    key: str


@contextmanager
def asking(
    service: ServiceAddress, folder: Path, paces: Mapping[Group, Pace], samples: Samples, prefix: Sequence[str] = ()
) -> Iterator[dict[Group, list[Record]]]:
    """Send requests while the block runs. At its end, the dictionary gets the outcome of each request by group.

    folder   folder for the log of the clients and for the requests
    samples  makes the requests if the folder has none
    prefix   first words of the command, which start the clients in another network

    Raises UserError if a client cannot connect.
    """
    records: dict[Group, list[Record]] = {}
    file = folder / "samples.json"
    if not file.exists():
        file.write_text(json.dumps(samples()))
    with (folder / "clients.log").open("ab") as log:
        command = [*prefix, sys.executable, "-m", clients.__name__, service.address, str(service.authority), str(file)]
        process = Popen([*command, json.dumps(paces)], stdin=PIPE, stdout=PIPE, stderr=log, cwd=paths.ROOT)
    assert process.stdin
    assert process.stdout
    with process:
        process.stdin.write(f"{service.key}\n".encode())
        process.stdin.flush()
        if process.stdout.readline() != b"began\n":
            raise UserError("no client was connected: see clients.log")
        yield records
        process.stdin.close()
        sent = json.loads(process.stdout.read())
        records |= {Group(group): [Record(*record) for record in rows] for group, rows in sent.items()}


@contextmanager
def checked(
    service: ServiceAddress, folder: Path, pace: Pace = STEADY, prefix: Sequence[str] = ()
) -> Iterator[list[Record]]:
    """Request predictions while the block runs. At its end, the list gets the outcome of each request that was sent."""
    sent: list[Record] = []
    with asking(service, folder, {Group.PREDICTIONS: pace}, samples, prefix) as records:
        yield sent
    sent += [record for record in records[Group.PREDICTIONS] if record.outcome != UNSENT]


def samples() -> list[RequestSample]:
    """Return images of all digits from the test set, and the predictions of the model."""
    images = data.load().test.images[:_SAMPLES]
    probabilities = Classifier(bundle.load(paths.BUNDLE, SPEC)).predict(images).probabilities
    return [
        RequestSample(image.tobytes().hex(), row) for image, row in zip(images, probabilities.tolist(), strict=True)
    ]
