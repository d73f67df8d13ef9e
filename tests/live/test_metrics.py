"""Metrics of a real server in a real Prometheus: exact counts, quantiles, drift, and the death of a worker."""

import json
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial, reduce
from math import isnan

import httpx
import numpy as np
import psutil
import pytest

from inference.http_message import Message
from model.pixels import Images
from serving import paths
from serving.archives.record import Archive
from serving.node.metrics import Metrics, NodeState
from serving.torchserve.management import PLAIN
from tests.messages import RAW, of_json, png, raw, v2

from . import busy
from .conftest import Client, serve, until
from .prometheus import HAPROXY, PROMETHEUS, Prometheus, watch

pytestmark = [
    pytest.mark.skipif(not PROMETHEUS, reason="no prometheus here, and apt-get did not bring it"),
    pytest.mark.skipif(not HAPROXY, reason="no haproxy here"),
]
DASHBOARD = paths.ROOT / "deploy" / "grafana" / "dashboard.json"


@dataclass
class Scene:
    """The server, its Prometheus, and the requests that were sent.

    sent     number of requests by status and type of error
    slowest  seconds
    """

    client: Client
    prometheus: Prometheus
    images: Images
    sent: dict[tuple[str, str], int]
    slowest: float = 0.0

    def send(self, message: Message, code: str = "200", error: str = "", path: str = "/predictions/digits") -> None:
        headers = {**self.client.http.headers, "Content-Type": message.content_type}
        began = time.monotonic()
        url = self.prometheus.gateway + path
        response = httpx.post(url, content=message.body, headers=headers, timeout=60, trust_env=False, verify=PLAIN)
        self.slowest = max(self.slowest, time.monotonic() - began)
        assert str(response.status_code) == code, response.text
        self.sent[code, error] = self.sent.get((code, error), 0) + 1

    def until(self, expression: str, expected: float) -> None:
        until(lambda: self.prometheus.value(expression) == expected, 30)

    def all_counted(self) -> None:
        """Wait until Prometheus has counted all requests. Fail if it ever counts more."""
        for (code, error), number in self.sent.items():
            self.until(f'sum(inference_requests_total{{code="{code}", error="{error}"}})', number)
        self.until("sum(inference_requests_total)", sum(self.sent.values()))


def _send_all_kinds(scene: Scene) -> None:
    """Send 2,025 test images in 63 requests, and 6 requests that are refused."""
    images = scene.images
    for first in range(0, 2000, 50):
        scene.send(raw(images[first : first + 50]))
    for index in range(20):
        scene.send(raw(images[index : index + 1]))
    scene.send(v2(images[:3]))
    scene.send(of_json({"x": images[0].tolist()}))
    scene.send(Message(png(images[0]), "image/png"))
    for _ in range(3):
        scene.send(Message(bytes(783), RAW), "400", "InvalidPixels")
    scene.send(Message(b"{", "application/json"), "400", "InvalidJSON")
    scene.send(Message(b"hello", "text/plain"), "415", "UnsupportedMedia")
    scene.send(raw(np.zeros((4097, 28, 28), dtype=np.uint8)), "413", "TooLarge")
    scene.all_counted()


@pytest.fixture(scope="module")
def scene(
    archive: Archive, test_set: tuple[Images, object], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Scene]:
    directory = tmp_path_factory.mktemp("seen")
    with serve(directory / "run", archive) as client:
        metrics = Metrics(directory / "run", lambda: NodeState(True, server_restarts=0, gateway_restarts=0))
        with watch(directory / "watch", client.server.inference, metrics.page) as prometheus:
            scene = Scene(client, prometheus, test_set[0], {})

            scene.until("sum(up)", 2)  # the first scrapes must come before the first request
            scene.until("sum(inference_worker_starts_total)", 1)
            _send_all_kinds(scene)
            yield scene


def test_counts_are_what_was_sent(scene: Scene) -> None:
    value = scene.prometheus.value
    assert value("sum(inference_predictions_total)") == value("sum(inference_request_examples_sum)") == 2025
    assert value("sum(inference_prediction_confidence_count)") == 2025
    assert value("sum(inference_request_examples_count)") == 63
    formats = scene.prometheus.query("sum by (format) (inference_request_formats_total) > 0")
    assert {sample["metric"]["format"]: sample["value"] for sample in formats} == {
        "raw": 60,
        "UINT8": 1,
        "numbers": 1,
        "PNG": 1,
    }
    assert value("inference_normalised_examples_total") == 0
    assert value('sum(inference_input_examples_total{statistic="ink"})') == 2025
    assert value("sum(inference_input_examples_total)") == 4 * 2025
    assert value("sum(inference_batch_requests_sum)") == sum(scene.sent.values())


def test_every_request_has_its_latency_and_quantiles_are_within_what_clients_felt(scene: Scene) -> None:
    value = scene.prometheus.value
    requests = sum(scene.sent.values())
    assert value("sum(inference_request_duration_seconds_count)") == requests
    assert value("sum(inference_queue_duration_seconds_count)") == requests
    until(lambda: value("inference:request_duration_seconds:p99_5m") > 0, 30)
    p50, p99 = (value(f"inference:request_duration_seconds:p{quantile}_5m") for quantile in (50, 99))
    assert 0.0001 < p50 <= p99 < 1.6 * scene.slowest
    assert value("sum(inference_queue_duration_seconds_sum)") < value("sum(inference_request_duration_seconds_sum)")


def test_memory_is_shown_beside_the_jvms_bound(scene: Scene) -> None:
    value = scene.prometheus.value
    bound = value("sum(inference_jvm_limit_bytes)")
    assert bound == (1024 + 768) << 20
    assert 50 << 20 < value('sum(inference_resident_bytes{part="jvm"})') < bound
    assert 20 << 20 < value('sum(inference_resident_bytes{part="workers"})') < 4 << 30


def test_test_images_are_no_drift_and_noise_is(scene: Scene) -> None:
    def drift() -> dict[str, float]:
        samples = scene.prometheus.query("inference:psi:1h")
        return {sample["metric"]["statistic"]: sample["value"] for sample in samples if not isnan(sample["value"])}

    until(lambda: len(drift()) == 5, 30)
    assert max(drift().values()) < 0.1
    assert scene.prometheus.value("inference_normalised_examples_total") == 0
    noise = np.random.default_rng(784).integers(0, 120, (2000, 28, 28), dtype=np.uint8)
    for first in range(0, 2000, 500):
        scene.send(raw(noise[first : first + 500]))
    scene.send(raw(255 - scene.images[:20]))
    scene.all_counted()
    until(lambda: drift()["ink"] > 0.25 and drift()["spread"] > 0.25, 30)
    assert scene.prometheus.value("inference_normalised_examples_total") == 2020  # neither image is like MNIST


def test_a_killed_workers_counts_stay_and_the_next_goes_on(scene: Scene) -> None:
    (worker,) = scene.client.workers()
    os.kill(worker, signal.SIGKILL)
    scene.until("sum(inference_worker_starts_total)", 2)
    scene.until('inference_workers{status="READY"}', 1)
    scene.all_counted()
    for _ in range(5):
        scene.send(raw(scene.images[:1]))
    scene.all_counted()
    assert scene.prometheus.value("sum(resets(inference_requests_total[5m]))") == 0


def test_a_frozen_torchserve_is_seen_as_one_and_does_not_hold_up_a_scrape(scene: Scene) -> None:
    metrics = Metrics(scene.client.server.directory)
    frozen = psutil.Process(scene.client.server.pid)
    frozen.suspend()
    try:
        began = time.monotonic()
        with busy.watched() as slowdown:
            page = metrics.page()[2]
        assert time.monotonic() - began < 4.0 * slowdown()  # seconds: deploy/prometheus/prometheus.yml waits 5
    finally:
        frozen.resume()
    assert b"\ninference_server_up 0.0\n" in page
    assert b'inference_requests_total{code="200",error="",model="digits",version="1.0"}' in page
    until(lambda: b"\ninference_server_up 1.0\n" in metrics.page()[2], 5)
    scene.until('up{job="inference"}', 1)


def test_the_version_is_told_with_its_weights_and_archive(scene: Scene, archive: Archive) -> None:
    scene.until("sum(inference_model_info)", 1)
    (info,) = scene.prometheus.query("inference_model_info")
    weights = scene.client.predict(raw(scene.images[:1]).body).json()["model"]["weights"]
    scene.sent["200", ""] += 1
    shown = {key: info["metric"][key] for key in ("model", "version", "weights", "archive")}
    assert shown == {"model": "digits", "version": "1.0", "weights": weights, "archive": archive.sha256[:12]}


def test_every_rule_is_healthy_and_every_panel_has_data(scene: Scene) -> None:
    rules = [rule for group in scene.prometheus.get("/api/v1/rules")["groups"] for rule in group["rules"]]
    assert {rule["health"] for rule in rules} == {"ok"}
    targets = [target for panel in json.loads(DASHBOARD.read_text())["panels"] for target in panel.get("targets", [])]
    variables = {"$__rate_interval": "1m", "$statistic": "ink", "$model": "digits"}
    expressions = [
        reduce(lambda text, pair: text.replace(*pair), variables.items(), target["expr"]) for target in targets
    ]
    assert len(expressions) > 20
    for expression in expressions:
        until(partial(scene.prometheus.query, expression), 30)


def test_logs_are_json(scene: Scene) -> None:
    logs = scene.client.server.directory / "logs"
    lines = [line for name in ("ts_log.log", "model_log.log") for line in (logs / name).read_text().splitlines()]
    entries = [json.loads(line) for line in lines]
    assert all(entry.keys() == {"time", "level", "thread", "logger", "message", "exception"} for entry in entries)
    assert any("Exception" in entry["exception"] for entry in entries)  # the killed worker left an exception
