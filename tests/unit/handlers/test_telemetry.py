"""Metrics of the batches of a worker, with the handler run as TorchServe runs it."""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from handlers import counters, metrics, telemetry
from handlers.counters import Counters, Header
from handlers.metrics import ERRORS
from handlers.protocol import Headers, Received
from handlers.telemetry import Telemetry
from inference import drift, errors
from inference.bundle import Bundle
from inference.classifier import Classifier
from inference.drift import Reference
from inference.http_message import Message
from inference.protocols import Request
from inference.treatment import Treatment
from model import SPEC
from model.statistics import STATISTICS
from tests import recipe, torchserve
from tests.messages import RAW, of_json, png, raw, v2
from tests.torchserve import Sent, Worker

from .test_counters import limited

pytestmark = pytest.mark.usefixtures("restored")
IMAGES = recipe.drawn(*range(10))
BATCH = [
    Sent.http(raw(IMAGES[:1])),
    Sent.http(raw(IMAGES[1:4])),
    Sent.http(v2(IMAGES[4:6])),
    Sent.http(Message(png(255 - IMAGES[6]), "image/png")),
    Sent.http(of_json({"x": IMAGES[7].tolist()})),
    Sent.http(Message(bytes(783), RAW)),
    Sent.http(Message(b"hello", "text/plain")),
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(counters.FOLDER, str(tmp_path / "metrics"))
    return tmp_path / "metrics"


@pytest.fixture
def directory(tmp_path: Path, small: Bundle, bundle_path: Path) -> Path:
    model_folder = torchserve.model_dir(tmp_path / "unpacked", small, bundle_path)
    reference = Reference.of(IMAGES, np.arange(10), np.ones(10, dtype=np.bool_), SPEC)
    (model_folder / drift.FILE).write_bytes(reference.content())
    return model_folder


@pytest.fixture
def counted(folder: Path, directory: Path) -> Iterator[tuple[Worker, Path]]:
    worker = Worker(directory)
    yield worker, folder
    close(worker)


def close(worker: Worker) -> None:
    worker_counters = worker.handler._telemetry._counters
    if worker_counters:
        worker_counters.close()


def read_counts(folder: Path) -> dict[str, dict[Any, float]]:
    """Return the counts by metric, then by values of labels or by bucket, without zeros."""
    ((header, numbers),) = counters.read(folder)
    parts, named = header.split(numbers), {}
    for family in header.families:
        keys: Sequence[Any] = [*map(str, family.bounds), "above", "sum"] if family.bounds else family.values
        named[family.name] = {
            key: float(number) for key, number in zip(keys, parts[family.name], strict=True) if number
        }
    return named


def test_a_batch_of_many_kinds_is_counted_exactly(counted: tuple[Worker, Path], small: Bundle) -> None:
    worker, folder = counted
    worker.answer(BATCH)
    counts = read_counts(folder)
    assert counts["inference_requests_total"] == {
        ("200", ""): 5,
        ("400", "InvalidPixels"): 1,
        ("415", "UnsupportedMedia"): 1,
    }
    assert counts["inference_request_formats_total"] == {("raw",): 2, ("UINT8",): 1, ("PNG",): 1, ("numbers",): 1}
    assert counts["inference_request_examples"] == {"1": 3, "4": 2, "sum": 8}
    assert counts["inference_batch_requests"] == {"8": 1, "sum": 7}
    assert sum(counts["inference_batch_duration_seconds"].values()) > 1
    assert counts["inference_request_duration_seconds"] == counts["inference_queue_duration_seconds"] == {}
    assert counts["inference_normalised_examples_total"] == {(): 1}
    assert counts["inference_worker_starts_total"] == {(): 1}
    inputs = counts["inference_input_examples_total"]
    by_statistic = [sum(number for key, number in inputs.items() if key[0] == name) for name in STATISTICS]
    assert by_statistic == [8] * len(STATISTICS)
    predictions = Classifier(small).predict(IMAGES[[0, 1, 2, 3, 4, 5, 7]])
    expected: dict[tuple[str, str], int] = {}
    for digit, accepted in zip(predictions.classes.tolist(), predictions.accepted.tolist(), strict=True):
        key = (str(digit), str(accepted).lower())
        expected[key] = expected.get(key, 0) + 1
    assert sum(counts["inference_predictions_total"].values()) == 8
    assert all(counts["inference_predictions_total"][key] >= number for key, number in expected.items())


def test_batches_add_up(counted: tuple[Worker, Path]) -> None:
    worker, folder = counted
    for _ in range(3):
        worker.answer(BATCH)
    worker.answer([])
    counts = read_counts(folder)
    assert counts["inference_requests_total"][("200", "")] == 15
    assert counts["inference_batch_requests"] == {"1": 1, "8": 3, "sum": 21}


def test_a_few_requests_are_kept_and_many_are_counted_at_once(counted: tuple[Worker, Path]) -> None:
    worker, folder = counted
    counting = worker.handler._telemetry
    batch = [Received(b"", {"body": IMAGES[:1].tobytes()}, Headers({"content-type": RAW}))] * 400
    for turn, is_sent, all_counted in ((1, True, 0), (2, True, 0), (3, False, 1200), (4, True, 1200)):
        assert {answer.status for answer in worker.handler.answers(batch)} == {200}
        assert counting.sent() is is_sent
        assert read_counts(folder)["inference_requests_total"].get(("200", ""), 0) == all_counted, turn
    counting.count()
    assert read_counts(folder)["inference_requests_total"] == {("200", ""): 1600}
    assert read_counts(folder)["inference_batch_requests"] == {"above": 4, "sum": 1600}


def test_times_are_from_the_gateways_receipt(counted: tuple[Worker, Path]) -> None:
    worker, folder = counted
    ago = [0.5, 3.0, -100.0]  # the clock was set back after the last one
    sent = [Sent.http(raw(IMAGES[:1]), **{"X-Request": f"{(time.time() - s) * 1e6:.0f};a-1"}) for s in ago]
    times = ["", "x", "-1", "9" * 5000, "1.5e9", "٣" * 16, "/" * 16, ":" * 16, "9" * 15 + ":", "9" * 17]
    lies = [*(f"{time};a-1" for time in times), "9" * 16]
    sent += [Sent.http(raw(IMAGES[:1]), **{"X-Request": lie}) for lie in lies]
    worker.answer(sent)
    counts = read_counts(folder)
    for name in ("inference_request_duration_seconds", "inference_queue_duration_seconds"):
        buckets = {key: number for key, number in counts[name].items() if key != "sum"}
        assert buckets == {"0.00025": 1, "0.63": 1, "4.0": 1}
        assert counts[name]["sum"] == pytest.approx(3.5, abs=0.1)
    assert counts["inference_request_duration_seconds"]["sum"] > counts["inference_queue_duration_seconds"]["sum"]
    assert counts["inference_requests_total"] == {("200", ""): len(sent)}


def test_every_error_there_is_has_its_number() -> None:
    classes = [value for value in vars(errors).values() if isinstance(value, type)]
    expected = {(str(class_.status), class_.__name__) for class_ in classes if issubclass(class_, errors.ServiceError)}
    counted = metrics.families(SPEC)["requests"].values
    assert set(counted) == expected - {("500", "ServiceError")} | {("200", "")}
    assert [error for _, error in counted] == list(ERRORS)


def test_a_fault_of_the_counting_reaches_nobody_and_ends_it(counted: tuple[Worker, Path]) -> None:
    worker, folder = counted
    worker.handler._telemetry._reference = "no reference"  # type: ignore[assignment]
    assert [reply.status for reply in worker.answer(BATCH)] == [200] * 5 + [400, 415]
    assert worker.handler._telemetry._counters is None
    assert [reply.status for reply in worker.answer(BATCH)] == [200] * 5 + [400, 415]
    assert read_counts(folder)["inference_requests_total"] == {}


@pytest.mark.parametrize(("rate", "measured"), [(1e9, 2 * 1009), (0.0, 251 + 4 + 1 + 0)])
def test_of_more_images_than_can_be_measured_some_are_and_all_are_counted(
    counted: tuple[Worker, Path], monkeypatch: pytest.MonkeyPatch, rate: float, measured: int
) -> None:
    monkeypatch.setattr(telemetry, "_MEASURED_RATE", rate)
    worker, folder = counted
    monkeypatch.setattr(telemetry, "_MOST_MEASURED", 2000 if rate else 256)
    worker.handler._telemetry._sampled, worker.handler._telemetry._left = 0.0, 256.0
    large = [Sent.http(raw(np.repeat(IMAGES, 100, axis=0))), Sent.http(raw(IMAGES[:1]))]  # 1001: each fourth of them
    for batch in (large, BATCH, large, BATCH):
        worker.answer(batch)
    counts = read_counts(folder)
    assert (
        sum(counts["inference_predictions_total"].values()) == counts["inference_request_examples"]["sum"] == 2 * 1009
    )
    assert sum(n for key, n in counts["inference_input_examples_total"].items() if key[0] == "ink") == measured


def test_without_a_reference_all_but_the_inputs_is_counted(folder: Path, directory: Path) -> None:
    (directory / drift.FILE).unlink()
    worker = Worker(directory)
    worker.answer(BATCH)
    counts = read_counts(folder)
    assert counts["inference_input_examples_total"] == {}
    assert counts["inference_requests_total"][("200", "")] == 5
    close(worker)


@pytest.mark.parametrize("where", [None, "/proc/nobody/writes/here"])
def test_where_nothing_can_be_written_nothing_is_counted(
    directory: Path, monkeypatch: pytest.MonkeyPatch, where: str | None
) -> None:
    monkeypatch.delenv(counters.FOLDER, raising=False)
    if where:
        monkeypatch.setenv(counters.FOLDER, where)
    assert Worker(directory).answer(BATCH)[0].status == 200


def test_what_counts_for_none_is_counted_for_none(tmp_path: Path) -> None:
    own_counters = Counters(tmp_path, Header({}, tuple(metrics.families(SPEC).values()), {}))
    counting = Telemetry(SPEC, own_counters, None)
    before = own_counters.numbers.copy()
    assert not counting.sent()
    counting.count()
    assert (own_counters.numbers == before).all()
    own_counters.close()


@pytest.mark.parametrize("room", [0, 100])
def test_on_a_full_disk_nothing_is_counted_and_requests_are_answered(folder: Path, directory: Path, room: int) -> None:
    with limited(room):
        worker = Worker(directory)
    assert worker.handler._telemetry._counters is None
    assert [reply.status for reply in worker.answer(BATCH)] == [200] * 5 + [400, 415]
    assert list(counters.read(folder)) == []


def test_a_format_without_a_number_counts_as_other_and_counting_goes_on(folder: Path, small: Bundle) -> None:
    counting = Telemetry(SPEC, Counters(folder, Header({}, tuple(metrics.families(SPEC).values()), {})), None)
    request = Request(IMAGES[:1], [Treatment("JPEG 2000")])
    for _ in range(2):
        counting.begin()
        counting.predicted(request.rows, Classifier(small).predict(request.rows), [request])
        counting.answered([Received(b"", {}, Headers({}))], [])
        counting.sent()
        counting.count()
    assert read_counts(folder)["inference_request_formats_total"] == {("other",): 2}
    assert counting._counters
    counting._counters.close()


def test_latencies_have_buckets_from_a_quarter_of_a_millisecond_to_ten_seconds() -> None:
    bounds = metrics._seconds()
    assert (bounds[0], bounds[-1]) == (0.00025, 10.0)
    ratios = np.array(bounds[1:]) / bounds[:-1]
    assert ((ratios > 1.5) & (ratios < 1.65)).all()
