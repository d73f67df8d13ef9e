"""Metrics of a node for Prometheus, from the counters of workers and from the supervisor."""

from pathlib import Path

import numpy as np
import pytest
from prometheus_client.parser import text_string_to_metric_families

from handlers.counters import Counters, Family, Header
from serving.archives import record
from serving.archives.record import Archive
from serving.node.metrics import Metrics, NodeState
from serving.paths import METRICS
from serving.torchserve import properties, server
from tests.unit.serving import fake_torchserve
from tests.unit.serving.fake_torchserve import Version

FAMILIES = (
    Family("inference_requests_total", "Requests.", ("code", "error"), (("200", ""), ("400", "EmptyBody"))),
    Family("inference_batch_duration_seconds", "Times.", bounds=(0.1, 1.0)),
)
Samples = dict[tuple[str, ...], float]


def header(version: str = "1.0", **reference: dict[str, float]) -> Header:
    labels = {"model": "digits", "version": version, "weights": f"weights-{version}"}
    return Header(labels, FAMILIES, reference)


def samples(metrics: Metrics) -> Samples:
    """Return samples by name and values of the labels, which are sorted by label name."""
    status, content_type, body = metrics.page()
    assert (status, content_type.partition(";")[0]) == (200, "text/plain")
    families = text_string_to_metric_families(body.decode())
    return {
        (sample.name, *(sample.labels[label] for label in sorted(sample.labels))): sample.value
        for family in families
        for sample in family.samples
    }


def test_workers_are_summed_dead_or_alive(tmp_path: Path) -> None:
    alive, dead = (Counters(tmp_path / METRICS, header()) for _ in range(2))
    alive.numbers += [5, 1, 2, 3, 4, 7.5]
    dead.numbers += [10, 0, 0, 1, 0, 0.5]
    dead.close()
    values = samples(Metrics(tmp_path))
    assert values["inference_requests_total", "200", "", "digits", "1.0"] == 15
    assert values["inference_requests_total", "400", "EmptyBody", "digits", "1.0"] == 1
    buckets = [values["inference_batch_duration_seconds_bucket", le, "digits", "1.0"] for le in ("0.1", "1.0", "+Inf")]
    assert buckets == [2, 6, 10]
    assert values["inference_batch_duration_seconds_count", "digits", "1.0"] == 10
    assert values["inference_batch_duration_seconds_sum", "digits", "1.0"] == 8.0
    alive.close()


def test_versions_are_told_apart_even_if_they_count_differently(tmp_path: Path) -> None:
    wider = (Family("inference_requests_total", "Requests.", ("code", "error"), (("200", ""), ("413", "TooLarge"))),)
    second = Header({"model": "digits", "version": "2.0", "weights": "x"}, wider, {})
    for counter_header in (header(), second):
        counters = Counters(tmp_path / METRICS, counter_header)
        counters.numbers[:2] = [1, 2]
        counters.close()
    values = samples(Metrics(tmp_path))
    assert values["inference_requests_total", "400", "EmptyBody", "digits", "1.0"] == 2
    assert values["inference_requests_total", "413", "TooLarge", "digits", "2.0"] == 2


def test_trainings_shares_come_along(tmp_path: Path) -> None:
    shares = header(ink={"0": 0.25, "1": 0.75}, label={"setosa": 0.4}, abstained={"0": 0.03})
    Counters(tmp_path / METRICS, shares).close()
    values = samples(Metrics(tmp_path))
    assert values["inference_reference_share", "1", "digits", "ink", "1.0"] == 0.75
    assert values["inference_reference_share", "setosa", "digits", "label", "1.0"] == 0.4
    assert values["inference_reference_share", "0", "digits", "abstained", "1.0"] == 0.03


def test_every_registered_model_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with fake_torchserve.fake(tmp_path / "run") as torchserve:
        settings = tmp_path / "run" / "config.properties"
        properties.write(properties.read(settings) | {"model_store": str(tmp_path), "vmargs": "-Xmx1m"}, settings)
        monkeypatch.setattr(server, "find", lambda _directory: torchserve.server)
        for name, version, pending in (("digits", "1.0", 3), ("iris", "2.0", 5)):
            workers = fake_torchserve._workers(2, fake_torchserve.READY)
            torchserve.models[name] = {version: Version(f"{name}.mar", workers, pending)}
            torchserve.defaults[name] = version
        digest = "0123456789abcdef" * 4
        recorded = Archive(tmp_path / "iris.mar", digest, "", "iris", "2.0")
        record.record_path(recorded.path).write_bytes(recorded.record())
        values = samples(Metrics(tmp_path / "run"))
    assert values["inference_model_info", digest[:12], "iris", "2.0", ""] == 1  # no worker has written its weights
    assert values["inference_model_info", "", "digits", "1.0", ""] == 1  # its archive has no record
    for name, version, pending in (("digits", "1.0", 3), ("iris", "2.0", 5)):
        assert values["inference_queue_requests", name, version] == pending
        assert values["inference_workers", name, "READY", version] == 2
    assert values["inference_ready",] == values["inference_server_up",] == 1


@pytest.mark.parametrize(("ready", "shown"), [(True, 1.0), (False, 0.0)])
def test_what_the_supervisor_says(tmp_path: Path, ready: bool, shown: float) -> None:
    values = samples(Metrics(tmp_path, lambda: NodeState(ready, server_restarts=2, gateway_restarts=3)))
    assert values["inference_ready",] == shown
    assert values["inference_server_restarts_total",] == 2
    assert values["inference_gateway_restarts_total",] == 3


def test_where_nothing_runs_that_is_what_is_shown(tmp_path: Path) -> None:
    values = samples(Metrics(tmp_path))
    assert values == {("inference_server_up",): 0, ("inference_ready",): 0}


def test_numbers_stay_exact(tmp_path: Path) -> None:
    counters = Counters(tmp_path / METRICS, header())
    counters.numbers[0] = np.float64(2**53 - 1)
    counters.close()
    assert samples(Metrics(tmp_path))["inference_requests_total", "200", "", "digits", "1.0"] == 2**53 - 1
