"""Client keys and their scopes, and TorchServe's key, which the gateway holds."""

import http.client
import json
import ssl
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from statistics import median

import httpx
import pytest

from serving.gateway import clients

from .. import busy
from ..conftest import until
from ..crowd import asking
from .conftest import Node, inference_key, refused


def test_keys(node: Node, seven: bytes) -> None:
    good, expired = node.key("good"), node.key("late", days=-1)
    torchserve = {"Authorization": f"Bearer {inference_key(node)}"}
    with node.http() as http:
        for headers, status in (
            (good, 200),
            ({"Authorization": good["Authorization"].replace("Bearer", "bearer")}, 200),
            ({}, 401),
            ({"Authorization": ""}, 401),
            ({"Authorization": "Bearer"}, 401),
            ({"Authorization": "Basic eDp5"}, 401),
            ({"Authorization": good["Authorization"][:-1]}, 401),
            ({"Authorization": good["Authorization"] + "x"}, 401),
            (torchserve, 401),
            (expired, 401),
        ):
            response = http.post("/predictions/digits", content=seven, headers=headers)
            if status == 200:
                assert response.json()["digit"] == 7, headers
            else:
                assert refused(response, status, "Unauthorized").headers["www-authenticate"].startswith("Bearer")


def test_a_revoked_key_is_worthless_at_once(node: Node, seven: bytes) -> None:
    key = node.key("leaving")
    with node.http(**key) as http:
        assert http.post("/predictions/digits", content=seven).status_code == 200
        assert clients.revoke(node.gateway.clients, "leaving") == 1
        node.gateway.refresh()
        refused(http.post("/predictions/digits", content=seven), 401, "Unauthorized")


def test_keys_that_are_given_out_at_the_same_time_are_all_good(node: Node, seven: bytes) -> None:
    with ThreadPoolExecutor(16) as pool, node.http() as http:
        headers = list(pool.map(node.key, [f"together-{number}" for number in range(64)]))
        answers = [http.post("/predictions/digits", content=seven, headers=key) for key in headers]
    assert [answer.status_code for answer in answers] == [200] * 64


def test_a_file_that_is_no_list_of_clients_changes_nothing(node: Node, seven: bytes) -> None:
    key, file = node.key("staying"), node.gateway.clients
    before = file.read_text()
    file.write_text("nonsense\n")
    with pytest.raises(ValueError, match="invalid line"):
        node.gateway.refresh()
    file.write_text(before)
    with node.http(**key) as http:
        assert http.post("/predictions/digits", content=seven).status_code == 200


def test_scopes(node: Node, seven: bytes) -> None:
    for scope, allowed, forbidden in (
        ("predict", "/predictions/digits", "/explanations/digits"),
        ("explain", "/explanations/digits", "/predictions/digits"),
    ):
        with node.http(**node.key(f"only-{scope}", scope)) as http:
            assert http.post(allowed, content=seven).status_code == 200
            refused(http.post(forbidden, content=seven), 403, "Forbidden")


def test_a_key_of_some_models_opens_no_other(node: Node, seven: bytes) -> None:
    """The path may have a version, another protocol or encoded characters. A model may be named like a path."""
    long, pixels = {"Content-Type": "application/octet-stream"}, {"instances": [list(seven)]}
    with node.http(**node.key("shop", models=("iris", "digits"))) as http, node.http() as other:
        for key, opened in ((http, True), (other, False)):
            if not opened:
                key.headers.update(node.key("elsewhere", models=("iris", "models", "v1")))
            for path in (
                "/predictions/digits",
                "/predictions/digits/1.0",
                "/explanations/digits",
                "/predictions/dig%69ts",
                "/%70redictions/digits/1%2E0",
                "/%65xplanations/dig%69ts",
            ):
                answer = key.post(path, content=seven)
                assert answer.status_code == 200 if opened else refused(answer, 403, "Forbidden"), path
            answers = [
                key.post("/v1/models/digits:predict", json=pixels),
                key.post("/predictions/digits", content=seven * 20, headers=long),
            ]
            assert {answer.status_code for answer in answers} == ({200} if opened else {403}), answers
            assert key.post("/v2/models/digits/infer", json={}).status_code == (400 if opened else 403)
            assert key.post("/predictions/iris", content=seven).status_code == 404


def test_a_connection_mixes_no_keys(node: Node, seven: bytes) -> None:
    """HAProxy keeps values of the last key on a connection. A request with another key, or none, must not use them."""
    iris, digits = node.key("iris-only", models=("iris",)), node.key("any")
    with node.http() as http:
        answers = [http.post("/predictions/digits", content=seven, headers=key) for key in (iris, digits, iris)]
        http.get("/livez")
        answers += [http.post("/predictions/digits", content=seven, headers=key) for key in (iris, digits, iris)]
    assert [answer.status_code for answer in answers] == [403, 200, 403] * 2


def test_a_rate_is_a_keys_own(node: Node, seven: bytes) -> None:
    slow, other = node.key("slow", rate=5), node.key("other")
    with node.http() as http, ThreadPoolExecutor(20) as pool:
        began = time.monotonic()
        answers = list(pool.map(lambda _: http.post("/predictions/digits", content=seven, headers=slow), range(20)))
        passed = [answer for answer in answers if answer.status_code == 200]
        assert 4 <= len(passed) <= 5 * (time.monotonic() - began + 1) + 1  # in any second
        late = next(answer for answer in answers if answer.status_code != 200)
        assert refused(late, 429, "TooManyRequests").headers["retry-after"] == "1"
        assert http.post("/predictions/digits", content=seven, headers=other).status_code == 200
        until(lambda: http.post("/predictions/digits", content=seven, headers=slow).status_code == 200, 5)


def test_a_renewal_holds_64_clients_for_a_moment_and_refuses_none(node: Node, seven: bytes) -> None:
    """Another client sends a long body slowly meanwhile. Such a body once delayed all clients by half a second."""
    log, before = node.gateway.directory.parent / "logs" / "gateway.log", time.time()
    with (
        trickle(node, bytes(20_000)),
        asking(lambda: connected(node), node.key("steady"), seven, 64, pause=0.5) as counted,
    ):
        tokens = {inference_key(node)}
        until(lambda: tokens.add(inference_key(node)) or len(tokens) > 2, 60)  # type: ignore[func-returns-value]
        until(lambda: hold_times(log, before), 30)
    assert set(counted) == {"1.0"}, counted
    assert counted["1.0"] > 100
    assert median(hold_times(log, before)) <= 1000  # milliseconds on a busy machine; docs/faults.md has idle times


def test_what_waits_for_a_renewal_does_not_delay_it(node: Node, seven: bytes) -> None:
    took = []
    with asking(lambda: connected(node), node.key("waiting"), seven, 64) as counted:
        until(lambda: counted["1.0"] > 100, 20)
        for _ in range(5):
            began = time.monotonic()
            with node.gateway.paused():
                took.append(time.monotonic() - began)
                time.sleep(0.05)  # until all clients wait
    assert min(took) < 0.1 * busy.PATIENCE, took
    assert set(counted) == {"1.0"}, counted


def connected(node: Node) -> http.client.HTTPSConnection:
    trust = ssl.create_default_context(cafile=str(node.gateway.certificate))
    return http.client.HTTPSConnection("127.0.0.1", node.port, timeout=30, context=trust)


@contextmanager
def trickle(node: Node, body: bytes) -> Iterator[None]:
    """Send a request whose body comes in a hundred parts."""
    over = threading.Event()

    def parts() -> Iterator[bytes]:
        for start in range(0, len(body), len(body) // 100):
            yield body[start : start + len(body) // 100]
            over.wait(0.2)

    def send() -> None:
        with node.http(**node.key("slow-body")) as http, suppress(httpx.TransportError):
            http.post("/predictions/digits", content=parts(), headers={"Content-Length": str(len(body))})

    sending = threading.Thread(target=send)
    sending.start()
    try:
        yield
    finally:
        over.set()
        sending.join()


def hold_times(log: Path, since: float) -> list[int]:
    """Return how long, in ms, the gateway held each delayed prediction since a time."""
    lines = [json.loads(line) for line in log.read_text().splitlines() if '"client":"steady"' in line]
    times = [line["held_ms"] for line in lines if datetime.fromisoformat(line["time"]).timestamp() > since]
    return [int(milliseconds) for milliseconds in times if milliseconds.isdigit()]


def test_a_key_that_others_renewed_is_no_clients_fault(node: Node, seven: bytes) -> None:
    """TorchServe answers 400 to the key of the gateway. Clients may retry until the gateway has the new key."""
    with node.http(**node.key("blameless")) as http, node.server.manage() as management:
        statuses: list[int] = []
        for _ in range(200):  # the gateway may be faster
            management.renew("inference")
            response = http.post("/predictions/digits", content=seven)
            statuses.append(response.status_code)
            if statuses[-1] == 503:
                break
        assert refused(response, 503, "ServiceUnavailable").headers["retry-after"] == "1"
        until(lambda: http.post("/predictions/digits", content=seven).status_code == 200, 5)
        assert set(statuses) <= {200, 503}
        refused(http.post("/predictions/digits", content=b"no image"), 400, "InvalidPixels")  # this is
