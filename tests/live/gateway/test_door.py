"""Who gets through the gateway, to what, and what the others are told."""

import os
import signal
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from serving import clients, gateway, keys, paths, properties, server
from serving.gateway import Settings

from ..conftest import until
from .conftest import Node, node_ports


@pytest.fixture
def http(node: Node) -> Iterator[httpx.Client]:
    with node.http(**node.key("anyone")) as client:
        yield client


def refused(response: httpx.Response, status: int, type_: str) -> httpx.Response:
    """The response, once it is seen to be an error as the API's are."""
    assert response.status_code == status, response.text
    told = response.json()
    assert (told["code"], told["type"]) == (status, type_)
    assert set(told) == {"code", "type", "message", "hint"}
    assert response.headers["x-request-id"]
    return response


def test_every_dialect_passes(http: httpx.Client, seven: bytes) -> None:
    pixels = list(seven)
    tensor = {"name": "x", "shape": [1, 784], "datatype": "UINT8", "data": pixels}
    octets = {"Content-Type": "application/octet-stream"}
    assert http.post("/predictions/digits", content=seven, headers=octets).json()["digit"] == 7
    assert http.put("/predictions/digits/1.0", content=seven, headers=octets).json()["digit"] == 7
    assert http.post("/predictions/digits", files={"data": seven}).json()["digit"] == 7
    seventh = http.post("/v1/models/digits:predict", json={"instances": [pixels]}).json()
    assert seventh["predictions"][0]["digit"] == 7
    outputs = http.post("/v2/models/digits/infer", json={"inputs": [tensor]}).json()["outputs"]
    assert next(output for output in outputs if output["name"] == "digit")["data"] == [7]


def test_explanations_go_to_the_worker_of_their_own(http: httpx.Client, seven: bytes) -> None:
    octets = {"Content-Type": "application/octet-stream"}
    response = http.post("/explanations/digits?method=occlusion", content=seven, headers=octets)
    told = response.json()
    assert (told["digit"], told["method"]) == (7, "occlusion")


@pytest.mark.parametrize(
    "path",
    [
        "/index.html",
        "/ping",
        "/models",
        "/models/digits",
        "/workflows",
        "/workflows?url=http://127.0.0.1/x.war",
        "/wfpredict/digits",
        "/metrics",
        "/token?type=management",
        "/api-description",
        "/predictions/other",
        "/predictions/explainer",
        "/predictions/digits/",
        "/predictions/digits/1.0/more",
        "/predictions/digits/..%2f..%2fmodels",
        "/predictions/../models",
        "/predictions/%2e%2e/models",
        "/predictions/digits%00",
        "//predictions/digits",
        "/Predictions/digits",
        "/v1/models/digits",
        "/v2/repository/index",
    ],
)
def test_nothing_else_passes(node: Node, path: str) -> None:
    """Not by any method, and as the bytes are written: no client library tidies the path."""
    key = node.key("explorer")["Authorization"]
    for method in ("GET", "POST", "PUT", "DELETE", "OPTIONS"):
        head, _ = spoken(
            node, f"{method} {path} HTTP/1.1\r\nHost: a\r\nAuthorization: {key}\r\nContent-Length: 0\r\n\r\n"
        )
        assert head.startswith("HTTP/1.1 404 "), (method, head)


def spoken(node: Node, text: str) -> tuple[str, str]:
    """Head and body of the answer to some bytes, after which the connection is closed."""
    context = ssl.create_default_context(cafile=str(node.gateway.certificate))
    plain = socket.create_connection(("127.0.0.1", node.port), timeout=15)
    with context.wrap_socket(plain, server_hostname="localhost") as connection:
        connection.sendall(text.encode("latin-1"))
        answer = b""
        while b"\r\n\r\n" not in answer and (more := connection.recv(65536)):
            answer += more
    head, _, body = answer.decode("latin-1").partition("\r\n\r\n")
    return head, body


def test_what_can_be_asked_is_published(node: Node) -> None:
    with node.http() as http:
        response = http.get("/openapi.yaml")
        assert (response.content, response.headers["content-type"]) == (paths.OPENAPI.read_bytes(), "application/yaml")
        refused(http.post("/openapi.yaml"), 404, "NotFound")


def test_the_front_page_says_how_to_call_and_may_do_nothing(node: Node) -> None:
    with node.http() as http:
        response = http.get("/")
        assert response.status_code == 200
        assert response.headers["content-type"] == "text/html; charset=utf-8"
        assert all(word in response.text for word in ("/predictions/digits", 'href="/openapi.yaml"'))
        policy = response.headers["content-security-policy"]
        assert all(part in policy for part in ("default-src 'none'", "frame-ancestors 'none'"))
        assert "script" not in response.text + policy
        refused(http.post("/"), 404, "NotFound")


def test_other_methods_are_told_which(http: httpx.Client) -> None:
    for method in ("GET", "DELETE", "PATCH"):
        response = refused(http.request(method, "/predictions/digits"), 405, "MethodNotAllowed")
        assert response.headers["allow"] == "POST, PUT"


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


def inference_key(node: Node) -> str:
    return keys.read(node.server.directory).inference.value


def test_a_revoked_key_is_worthless_at_once(node: Node, seven: bytes) -> None:
    key = node.key("leaving")
    with node.http(**key) as http:
        assert http.post("/predictions/digits", content=seven).status_code == 200
        assert clients.revoke(node.gateway.clients, "leaving") == 1
        node.gateway.refresh()
        refused(http.post("/predictions/digits", content=seven), 401, "Unauthorized")


def test_keys_that_are_given_out_at_the_same_time_are_all_good(node: Node, seven: bytes) -> None:
    with ThreadPoolExecutor(16) as pool, node.http() as http:
        given = list(pool.map(node.key, [f"together-{number}" for number in range(64)]))
        answers = [http.post("/predictions/digits", content=seven, headers=key) for key in given]
    assert [answer.status_code for answer in answers] == [200] * 64


def test_a_file_that_is_no_list_of_clients_changes_nothing(node: Node, seven: bytes) -> None:
    key, file = node.key("staying"), node.gateway.clients
    before = file.read_text()
    file.write_text("nonsense\n")
    with pytest.raises(ValueError, match="no client"):
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


def test_a_rate_is_a_keys_own(node: Node, seven: bytes) -> None:
    slow, other = node.key("slow", rate=5), node.key("other")
    with node.http() as http:
        answers = [http.post("/predictions/digits", content=seven, headers=slow) for _ in range(20)]
        passed = [answer for answer in answers if answer.status_code == 200]
        assert 4 <= len(passed) <= 11  # 5 in any second, over two seconds at most
        late = next(answer for answer in answers if answer.status_code != 200)
        assert refused(late, 429, "TooManyRequests").headers["retry-after"] == "1"
        assert http.post("/predictions/digits", content=seven, headers=other).status_code == 200
        until(lambda: http.post("/predictions/digits", content=seven, headers=slow).status_code == 200, 5)


def test_too_much_is_refused(node: Node, http: httpx.Client, tmp_path: Path) -> None:
    """It is read to its end, or a client that sends before it listens would see a connection reset and no answer."""
    refused(http.post("/predictions/digits", content=bytes(11 << 20)), 413, "TooLarge")
    large = tmp_path / "large"
    large.write_bytes(bytes(11 << 20))
    trust = ["--cacert", str(node.gateway.certificate), "-H", f"Authorization: {http.headers['authorization']}"]
    curl = ["curl", "-sS", "--http2", *trust, "-w", "%{http_version} %{http_code}", "-o", str(tmp_path / "told")]
    command = [*curl, "-T", str(large), f"{node.gateway.url}/predictions/digits"]
    done = subprocess.run(command, capture_output=True, check=False)
    assert (done.stdout, done.stderr, done.returncode) == (b"2 413", b"", 0)
    assert b"TooLarge" in (tmp_path / "told").read_bytes()


def test_too_much_of_unknown_length_is_cut_off(http: httpx.Client, seven: bytes) -> None:
    """TorchServe counts it, and hangs up in the midst: whether the client sees its answer is a race."""
    with suppress(httpx.WriteError, httpx.ReadError, httpx.RemoteProtocolError):
        response = http.post("/predictions/digits", content=(bytes(1 << 20) for _ in range(11)))
        assert response.status_code in (413, 502)
    assert http.post("/predictions/digits", content=seven).json()["digit"] == 7


def test_a_clients_headers_do_not_steer_torchserve(http: httpx.Client, seven: bytes) -> None:
    """``explain`` and ``describe`` would, and the others are nobody's business behind the gateway."""
    steering = {"explain": "True", "describe": "True", "url_path": "x", "X-Request-Start": "1", "Cookie": "a=b"}
    told = http.post("/predictions/digits", content=seven, headers=steering).json()
    assert set(told) >= {"digit", "probabilities"}
    assert "method" not in told


def test_request_ids_come_back_and_stand_in_the_log(node: Node, seven: bytes) -> None:
    with node.http(**node.key("traced")) as http:
        assert (
            http.post("/predictions/digits", content=seven, headers={"X-Request-Id": "a-1"}).headers["x-request-id"]
            == "a-1"
        )
        made = {
            http.post("/predictions/digits", content=b"", headers={"X-Request-Id": "no good"}).headers["x-request-id"]
            for _ in range(2)
        }
    assert len(made) == 2
    log = node.gateway.directory.parent / "logs" / "gateway.log"
    until(lambda: all(name in log.read_text() for name in made), 5)
    assert '"a-1"' not in log.read_text()  # it went well, and only errors are logged


def test_tls(node: Node, tmp_path: Path) -> None:
    """HTTP/2 and TLS 1.2 or newer; nothing older, and nothing in the clear."""
    curl = [
        "curl",
        "-sS",
        "-o",
        str(tmp_path / "out"),
        "-w",
        "%{http_version}",
        "--cacert",
        str(node.gateway.certificate),
    ]
    url = f"{node.gateway.url}/readyz"
    assert subprocess.run([*curl, url], capture_output=True, text=True, check=True).stdout == "2"
    for version in ("1.2", "1.3"):
        limits = [f"--tlsv{version}", "--tls-max", version]
        assert subprocess.run([*curl, *limits, url], capture_output=True, check=False).returncode == 0
    old = subprocess.run([*curl, "--tlsv1.0", "--tls-max", "1.1", url], capture_output=True, text=True, check=False)
    assert old.returncode == 35, old.stderr
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.get(f"http://127.0.0.1:{node.port}/readyz", trust_env=False)


def test_readiness_is_the_workers(node: Node, seven: bytes) -> None:
    """True within half a second, and requests that come meanwhile wait for the next worker."""
    with node.http(**node.key("waiting")) as http, node.server.manage() as management:
        try:
            management.scale(0)
            until(lambda: http.get("/readyz").status_code == 503, 1)
            assert http.get("/livez").status_code == 200
            with ThreadPoolExecutor() as pool:
                waiting = pool.submit(http.post, "/predictions/digits", content=seven)
                management.scale(1)
                assert waiting.result().json()["digit"] == 7
        finally:
            management.scale(1)
        until(lambda: http.get("/readyz").status_code == 200, 2)


def test_where_no_worker_comes_back_requests_do_not_hang(node: Node, seven: bytes, tmp_path: Path) -> None:
    settings = properties.read(node.server.directory / "config.properties") | node_ports()
    settings |= {"gateway_patience": "1000", "gateway_clients": str(node.gateway.clients)}
    settings |= {"inference_address": node.server.inference, "health_address": node.health}
    key = node.key("patient")
    impatient = gateway.start(tmp_path, Settings.of(properties.read() | settings))
    try:
        impatient.token(inference_key(node))
        with Node(node.server, impatient, node.health).http(**key) as http:
            with node.server.manage() as management:
                management.scale(0)
                until(lambda: http.get("/readyz").status_code == 503, 1)
                began = time.monotonic()
                response = refused(http.post("/predictions/digits", content=seven), 503, "ServiceUnavailable")
                assert response.headers["retry-after"] == "1"
                assert time.monotonic() - began < 5
                management.scale(1)
            until(lambda: http.get("/readyz").status_code == 200, 5)
    finally:
        impatient.stop()
        with node.server.manage() as management:
            management.scale(1)
        with node.http() as http:
            until(lambda: http.get("/readyz").status_code == 200, 5)


def test_no_request_meets_a_key_that_has_just_been_renewed(node: Node, seven: bytes) -> None:
    done = threading.Event()
    failures: list[str] = []
    answered: list[str] = []

    def send() -> None:
        with node.http(**node.key(f"steady-{threading.get_ident()}")) as http:
            while not done.is_set():
                response = http.post("/predictions/digits", content=seven)
                (answered if response.status_code == 200 else failures).append(response.text)

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    seen = {inference_key(node)}
    until(lambda: seen.add(inference_key(node)) or len(seen) > 2, 60)  # type: ignore[func-returns-value]
    done.set()
    for thread in threads:
        thread.join()
    assert not failures
    assert len(answered) > 100


def test_a_key_that_others_renewed_is_no_clients_fault(node: Node, seven: bytes) -> None:
    """TorchServe says 400 to the gateway's key; until the gateway has the new one, clients may try again."""
    with node.http(**node.key("blameless")) as http, node.server.manage() as management:
        statuses: list[int] = []
        while 503 not in statuses:  # unless the gateway was faster
            management.renew("inference")
            response = http.post("/predictions/digits", content=seven)
            statuses.append(response.status_code)
        assert refused(response, 503, "ServiceUnavailable").headers["retry-after"] == "1"
        until(lambda: http.post("/predictions/digits", content=seven).status_code == 200, 5)
        assert set(statuses) <= {200, 503}
        refused(http.post("/predictions/digits", content=b"no image"), 400, "InvalidPixels")  # this is


def test_no_request_is_lost_with_the_jvm(node: Node, seven: bytes) -> None:
    """Those that it had in hand and those that come until there is another wait at the door."""
    done = threading.Event()
    failures: list[str] = []

    def send() -> None:
        with node.http(**node.key(f"insistent-{threading.get_ident()}")) as http:
            while not done.is_set():
                response = http.post("/predictions/digits", content=seven)
                if response.status_code != 200 or response.json()["digit"] != 7:
                    failures.append(response.text)

    with ThreadPoolExecutor() as pool:
        sending = [pool.submit(send) for _ in range(8)]
        killed = server.find(node.server.directory)
        assert killed
        try:
            os.kill(killed.pid, signal.SIGKILL)
            with node.http() as http:
                until(lambda: http.get("/readyz").status_code == 503, 5)
                until(lambda: http.get("/readyz").status_code == 200, 30)
        finally:
            done.set()
    assert not [each.result() for each in sending if each.exception()]
    # One may be tried on three connections that are closed in turn while the JVM dies.
    assert len(failures) <= 1, failures


def test_a_canary_gets_its_share(node: Node, seven: bytes) -> None:
    with node.http(**node.key("bird")) as http:
        try:
            node.gateway.canary("9.9", 50)  # a version that nobody registered
            statuses = [http.post("/predictions/digits", content=seven).status_code for _ in range(100)]
            assert 20 < statuses.count(404) < 80
            assert statuses.count(404) + statuses.count(200) == 100
            assert http.post("/predictions/digits/1.0", content=seven).status_code == 200
        finally:
            node.gateway.no_canary()
        assert all(http.post("/predictions/digits", content=seven).status_code == 200 for _ in range(20))
    with pytest.raises(ValueError, match="one word"):
        node.gateway.canary("1; shutdown", 1)
    with pytest.raises(ValueError, match="percent"):
        node.gateway.canary("1.0", 101)


def test_a_client_that_is_slow_costs_nobody_else_anything(node: Node, http: httpx.Client, seven: bytes) -> None:
    """Slowloris: heads and bodies that never end are cut off, and others are served meanwhile."""
    context = ssl.create_default_context(cafile=str(node.gateway.certificate))
    key = node.key("slowloris")["Authorization"]
    head = f"POST /predictions/digits HTTP/1.1\r\nHost: a\r\nAuthorization: {key}\r\nContent-Length: 784\r\n"
    held = []
    for start in (head, f"{head}\r\n", "") * 50:
        plain = socket.create_connection(("127.0.0.1", node.port), timeout=20)
        connection = context.wrap_socket(plain, server_hostname="localhost")
        connection.sendall(start.encode())
        held.append(connection)
    began = time.monotonic()
    assert all(http.post("/predictions/digits", content=seven).status_code == 200 for _ in range(20))
    assert time.monotonic() - began < 2
    for connection in held:
        answer = connection.recv(4096)
        assert not answer or answer.startswith(b"HTTP/1.1 408")
        connection.close()
    assert time.monotonic() - began < 12
