"""A node in a container as strict as in deploy/: its answers, permissions and faults.

The tests share the container, and the last one ends it.
"""

import base64
import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress

import httpx
import pytest
import yaml
from PIL import Image

from model.pixels import Images
from scripts.building.container import Container
from tests.live.conftest import until
from tests.live.load import load
from tests.pictures import saved

PREDICTIONS = "/predictions/digits"
JSON = {"Content-Type": "application/json"}
RAW = {"Content-Type": "application/octet-stream"}


@pytest.fixture(scope="module")
def http(node: Container) -> Iterator[httpx.Client]:
    with node.http() as client:
        yield client


@pytest.fixture(scope="module")
def images(test_set: tuple[Images, object]) -> Images:
    return test_set[0][:1]


def test_it_answers_in_every_protocol(http: httpx.Client, images: Images) -> None:
    pixels, picture = images.ravel().tolist(), saved(Image.fromarray(images[0]), "PNG")
    tensor = {"name": "pixels", "shape": [1, 784], "datatype": "UINT8"}
    binary = {"inputs": [tensor | {"parameters": {"binary_data_size": 784}}]}
    head = json.dumps(binary).encode()
    length = {"Inference-Header-Content-Length": str(len(head))}
    infer = "/v2/models/digits/infer"
    requests: list[tuple[str, bytes, dict[str, str]]] = [
        (PREDICTIONS, images.tobytes(), RAW),
        (PREDICTIONS, picture, {"Content-Type": "image/png"}),
        (PREDICTIONS, json.dumps({"x": pixels}).encode(), JSON),
        ("/v1/models/digits:predict", json.dumps({"instances": [pixels]}).encode(), JSON),
        (
            "/v1/models/digits:predict",
            json.dumps({"instances": [{"b64": base64.b64encode(picture).decode()}]}).encode(),
            JSON,
        ),
        (infer, json.dumps({"inputs": [tensor | {"data": pixels}]}).encode(), JSON),
        (infer, head + images.tobytes(), RAW | length),
    ]
    for path, body, headers in requests:
        answer = http.post(path, content=body, headers=headers)
        assert answer.status_code == 200, answer.text
        reply = answer.json()
        digit = reply["outputs"][0]["data"][0] if "outputs" in reply else reply.get("predictions", [reply])[0]["digit"]
        assert digit == 7, (path, headers)
    answer = http.post(PREDICTIONS, files={"data": ("seven.png", picture, "image/png")})
    assert answer.json()["digit"] == 7


def test_it_describes_and_measures_itself(node: Container, http: httpx.Client) -> None:
    assert PREDICTIONS in yaml.safe_load(node.ask("/openapi.yaml").content)["paths"]
    assert re.search(r"^inference_ready 1(\.0)?$", node.ask("/metrics").text, re.MULTILINE)
    assert http.get("/v2/models/digits").json()["name"] == "digits"


def test_it_may_nothing(node: Container) -> None:
    shown = node.exec("sh", "-c", "cat /proc/[0-9]*/status; true")
    assert set(re.findall(r"^Uid:\t(\d+)", shown, re.MULTILINE)) == {"10001"}
    assert set(re.findall(r"^CapEff:\t(\w+)$", shown, re.MULTILINE)) == {"0" * 16}
    assert set(re.findall(r"^NoNewPrivs:\t(\d)$", shown, re.MULTILINE)) == {"1"}
    assert set(re.findall(r"^Seccomp:\t(\d)$", shown, re.MULTILINE)) == {"2"}, "the engine's filter is on"
    assert re.search(r"^\S+ / \S+ ro,", node.exec("cat", "/proc/mounts"), re.MULTILINE), "the root is read-only"


def test_its_operator_has_his_commands(node: Container) -> None:
    for words in (["rollout", "--history"], ["keys"], ["models"], ["scale", "1"], ["clients", "list"]):
        node.exec(f"scripts/{words[0]}", "--directory", node.directory, *words[1:])


def test_its_health_check_takes_hardly_any_processor_time(node: Container) -> None:
    timed = (
        "TIMEFORMAT='%U %S'; { time for i in 1 2 3 4 5 6 7 8 9 10; do deploy/container/healthy || exit 1; done; } 2>&1"
    )
    user, system = map(float, node.exec("bash", "-c", timed).split())
    assert user + system < 0.5, "of ten; ten starts of Python alone take more"


def test_a_killed_jvm_is_started_again_and_its_requests_wait(node: Container, seven: bytes) -> None:
    with load(node.gateway + PREDICTIONS, {**RAW, **key(node)}, seven, 4, trusting(node)) as counters:
        until(lambda: counters.right > 50, 30)
        node.exec("sh", "-c", "kill -9 $(grep -l java /proc/[0-9]*/comm | cut -d/ -f3)")
        until(lambda: "inference_server_restarts_total 1" in metrics(node), 30)
        until(lambda: node.ready, 30)
        right = counters.right
        until(lambda: counters.right > right + 50, 30)
    assert set(counters.failed) <= {"503 ServiceUnavailable"}, counters.failed


def test_a_full_tmpfs_fails_no_prediction(node: Container, http: httpx.Client, images: Images) -> None:
    filled = node.exec(
        "sh",
        "-c",
        "cat /dev/zero > /tmp/full 2>&1; cat /dev/zero > /var/lib/digits/full 2>&1; df /tmp /var/lib/digits; true",
    )
    try:
        assert filled.count("100%") == 2, filled
        for _ in range(20):
            assert http.post(PREDICTIONS, content=images.tobytes(), headers=RAW).json()["digit"] == 7
        assert node.ready
    finally:
        node.exec("sh", "-c", "rm /tmp/full /var/lib/digits/full")


def test_the_kernel_ends_what_takes_too_much_memory_and_not_the_node(
    node: Container, http: httpx.Client, images: Images
) -> None:
    greedy = "held = [bytes(b'x' * (1 << 24)) for _ in range(1000)]"
    shown = node.exec("sh", "-c", f'.venv/bin/python -c "{greedy}"; echo status $?')
    assert "status 137" in shown
    assert http.post(PREDICTIONS, content=images.tobytes(), headers=RAW).json()["digit"] == 7


def test_sigterm_under_load_loses_no_request(node: Container, seven: bytes) -> None:
    """A request without a connection was not accepted. A request that fails in any other way was lost."""
    transport = trusting(node, Brief)
    with load(node.gateway + PREDICTIONS, {**RAW, **key(node)}, seven, 8, transport) as counters:
        until(lambda: counters.right > 100, 30)
        node.stop()
        assert not node.running
    assert set(counters.failed) <= {"ConnectError", "ConnectTimeout"}, counters.failed


class Brief(httpx.HTTPTransport):
    """An HTTP transport that does not wait long for a connection, because the container may be gone."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.extensions["timeout"]["connect"] = 1.0
        return super().handle_request(request)


def metrics(node: Container) -> str:
    """Return the metrics of a node whose JVM may be gone. Empty if no answer comes in time."""
    with suppress(httpx.TransportError):
        return node.ask("/metrics").text
    return ""


def key(node: Container) -> dict[str, str]:
    return {"Authorization": f"Bearer {node.key}"}


def trusting(
    node: Container, kind: type[httpx.HTTPTransport] = httpx.HTTPTransport
) -> Callable[[], httpx.BaseTransport]:
    trust = node.trust
    return lambda: kind(verify=trust)
