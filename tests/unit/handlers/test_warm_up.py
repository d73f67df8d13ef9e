"""The node's own requests: answered like others, but counted by no worker. Clients cannot send such requests."""

from pathlib import Path

import pytest

from handlers import counters, warm_up
from handlers.protocol import Headers, Received
from handlers.warm_up import HEADER, WarmUp
from inference.http_message import Answer
from tests.torchserve import Worker

from .conftest import SEVEN

OWN = Received(b"", {"body": SEVEN.tobytes()}, Headers({HEADER: "mark"}))
CLIENTS = Received(b"", {"body": SEVEN.tobytes()}, Headers({}))
FEIGNED = Received(b"", {"body": SEVEN.tobytes()}, Headers({HEADER: "guess"}))


@pytest.fixture
def kinds() -> tuple[list[str], WarmUp]:
    """Return a list of the kinds of answers of the batches, and the function that answers."""
    names: list[str] = []

    def answers(name: str) -> list[Answer]:
        names.append(name)
        return []

    return names, WarmUp(lambda _: answers("counted"), lambda _: answers("not"), "mark")


@pytest.mark.parametrize("other", [CLIENTS, FEIGNED])
def test_counting_begins_with_the_first_other_request(kinds: tuple[list[str], WarmUp], other: Received) -> None:
    names, warming = kinds
    for batch in ([OWN], [OWN, OWN], [OWN, other], [OWN]):
        warming.answers(batch)
    assert names == ["not", "not", "counted", "counted"]


def test_a_worker_answers_and_does_not_count_them(
    directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(counters.FOLDER, str(tmp_path / "metrics"))
    monkeypatch.setenv(warm_up.MARK, "mark")
    handler = Worker(directory).handler

    def counted() -> float:
        handler._telemetry.count()
        ((header, numbers),) = counters.read(tmp_path / "metrics")
        return float(header.split(numbers)["inference_requests_total"].sum())

    (own,) = handler._uncounted([OWN])
    assert counted() == 0
    (clients,) = handler.answers([CLIENTS])
    assert counted() == 1
    assert own.body == clients.body
