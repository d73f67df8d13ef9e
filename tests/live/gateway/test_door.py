"""Requests that the gateway accepts, and errors for all others."""

import socket
import ssl
import subprocess
import time
from pathlib import Path

import httpx
import pytest
import yaml

from handlers import counters
from model import SPEC
from serving import paths
from serving.openapi import document
from serving.openapi.interface import Interface
from serving.torchserve.registrations import EXPLAINER

from .. import busy
from ..conftest import until
from .conftest import Node, refused


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


def test_explanations_go_to_the_worker_of_their_own(node: Node, http: httpx.Client, seven: bytes) -> None:
    octets = {"Content-Type": "application/octet-stream"}
    before = answered_by_the_explainer(node)
    response = http.post("/explanations/digits?method=occlusion", content=seven, headers=octets)
    explanation = response.json()
    assert (explanation["digit"], explanation["method"]) == (7, "occlusion")
    until(lambda: answered_by_the_explainer(node) > before, 5)


def answered_by_the_explainer(node: Node) -> float:
    """Return how many requests the explainer has counted. The answer does not tell which worker gave it."""
    counted = counters.read(node.server.directory / paths.METRICS)
    of_it = [header.split(numbers) for header, numbers in counted if header.labels["model"] == EXPLAINER]
    return float(sum(numbers["inference_requests_total"].sum() for numbers in of_it))


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
        "/predictions/digits/1.0/more",
        "/predictions/digits/..%2f..%2fmodels",
        "/predictions/../models",
        "/predictions/%2e%2e/models",
        "/predictions/digits%00",
        "//predictions/digits",
        "/Predictions/digits",
        "/v1/models/digits/anything",
        "/v2/repository/index",
    ],
)
def test_nothing_else_passes(node: Node, path: str) -> None:
    """No method opens another path. The bytes are sent raw, because client libraries normalise the path."""
    key = node.key("explorer")["Authorization"]
    for method in ("GET", "POST", "PUT", "DELETE", "OPTIONS"):
        head, _ = spoken(
            node, f"{method} {path} HTTP/1.1\r\nHost: a\r\nAuthorization: {key}\r\nContent-Length: 0\r\n\r\n"
        )
        assert head.split()[1] == "404", (method, head)  # the supervisor answers in HTTP/1.0


def spoken(node: Node, text: str) -> tuple[str, str]:
    """Send bytes. Return head and body of the answer, after which the gateway closes the connection."""
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
    """The explainer is registered only after the node is ready."""
    with node.http(**node.key("reader")) as http:
        until(lambda: "/explanations/explainer" in http.get("/openapi.yaml").text, 60)
        response = http.get("/openapi.yaml")
        assert (response.status_code, response.headers["content-type"]) == (200, "application/yaml")
        api, model = yaml.safe_load(response.content), Interface.of(SPEC)
        expected = document.build([model], {EXPLAINER: model})
        assert api["paths"] == expected["paths"]
        assert api["components"]["schemas"] == expected["components"]["schemas"]
        shown = [
            api["components"][kind][f"digits.{name}"]["content"]["application/json"]["examples"]["image"]["value"]
            for kind, name in (("requestBodies", "Examples"), ("responses", "Predicted"))
        ]
        answer = http.post("/predictions/digits", json=shown[0]).json()
        assert answer.pop("probabilities") == pytest.approx(shown[1].pop("probabilities"), abs=1e-5)
        assert answer.pop("confidence") == pytest.approx(shown[1].pop("confidence"), abs=1e-5)
        assert answer == shown[1]
        refused(http.post("/openapi.yaml"), 404, "NotFound")


def test_the_front_page_says_how_to_call_and_may_do_nothing(node: Node) -> None:
    with node.http() as http:
        assert http.get("/").json() == {"status": "alive", "live": True}  # for programs, in KServe's format
        response = http.get("/", headers={"Accept": "text/html,*/*;q=0.8"})
        assert response.status_code == 200
        assert response.headers["content-type"] == "text/html; charset=utf-8"
        assert all(word in response.text for word in ("/predictions/NAME", 'href="/openapi.yaml"'))
        policy = response.headers["content-security-policy"]
        assert all(part in policy for part in ("default-src 'none'", "frame-ancestors 'none'"))
        assert "script" not in response.text + policy
        refused(http.post("/"), 404, "NotFound")


def test_other_methods_are_told_which(http: httpx.Client) -> None:
    for method in ("GET", "DELETE", "PATCH"):
        response = refused(http.request(method, "/predictions/digits"), 405, "MethodNotAllowed")
        assert response.headers["allow"] == "POST, PUT"


def test_too_much_is_refused(node: Node, http: httpx.Client, tmp_path: Path) -> None:
    """The gateway reads the whole body, because a client that sends first would miss an earlier answer."""
    refused(http.post("/predictions/digits", content=bytes(11 << 20)), 413, "TooLarge")
    large = tmp_path / "large"
    large.write_bytes(bytes(11 << 20))
    trust = ["--cacert", str(node.gateway.certificate), "-H", f"Authorization: {http.headers['authorization']}"]
    curl = ["curl", "-sS", "--http2", *trust, "-w", "%{http_version} %{http_code}", "-o", str(tmp_path / "told")]
    command = [*curl, "-T", str(large), f"{node.gateway.url}/predictions/digits"]
    completed = subprocess.run(command, capture_output=True, check=False, timeout=240)
    assert (completed.stdout, completed.stderr, completed.returncode) == (b"2 413", b"", 0)
    assert b"TooLarge" in (tmp_path / "told").read_bytes()


def test_too_much_of_unknown_length_is_cut_off(http: httpx.Client, seven: bytes) -> None:
    """TorchServe counts the bytes and closes the connection: whether the client sees the answer depends on timing."""
    endings = {ending(http, 11) for _ in range(5)}
    assert endings <= {"413", "502", "cut off"}
    assert ending(http, 1) == "400", "what is not too much is read to its end"
    assert http.post("/predictions/digits", content=seven).json()["digit"] == 7


def ending(http: httpx.Client, mebibytes: int) -> str:
    """Send a body of unknown length. Return the status of the answer, or "cut off"."""
    try:
        return str(http.post("/predictions/digits", content=(bytes(1 << 20) for _ in range(mebibytes))).status_code)
    except (httpx.WriteError, httpx.ReadError, httpx.RemoteProtocolError):
        return "cut off"


def test_a_clients_headers_do_not_steer_torchserve(http: httpx.Client, seven: bytes) -> None:
    """``explain`` and ``describe`` would change the call. The other headers are not meant for TorchServe."""
    steering = {"explain": "True", "describe": "True", "url_path": "x", "X-Request": "1;2", "Cookie": "a=b"}
    prediction = http.post("/predictions/digits", content=seven, headers=steering).json()
    assert set(prediction) >= {"digit", "probabilities"}
    assert "method" not in prediction


def test_request_ids_come_back_and_stand_in_the_log(node: Node, seven: bytes) -> None:
    with node.http(**node.key("traced")) as http:
        assert (
            http.post("/predictions/digits", content=seven, headers={"X-Request-Id": "a-1"}).headers["x-request-id"]
            == "a-1"
        )
        ids = {
            http.post("/predictions/digits", content=b"", headers={"X-Request-Id": "no good"}).headers["x-request-id"]
            for _ in range(2)
        }
    assert len(ids) == 2
    log = node.gateway.directory.parent / "logs" / "gateway.log"
    until(lambda: all(name in log.read_text() for name in ids), 5)
    assert '"a-1"' not in log.read_text()  # the request succeeded, and only errors are logged


def test_tls(node: Node, tmp_path: Path) -> None:
    """The gateway accepts HTTP/2 and TLS 1.2 or newer. It refuses older versions and plain text."""
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
    assert subprocess.run([*curl, url], capture_output=True, text=True, check=True, timeout=240).stdout == "2"
    for version in ("1.2", "1.3"):
        limits = [f"--tlsv{version}", "--tls-max", version]
        assert subprocess.run([*curl, *limits, url], capture_output=True, check=False, timeout=240).returncode == 0
    old = subprocess.run(
        [*curl, "--tlsv1.0", "--tls-max", "1.1", url], capture_output=True, text=True, check=False, timeout=240
    )
    assert old.returncode == 35, old.stderr
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.get(f"http://127.0.0.1:{node.port}/readyz", trust_env=False)


def test_a_client_that_is_slow_costs_nobody_else_anything(node: Node, http: httpx.Client, seven: bytes) -> None:
    """Slowloris: heads and bodies that never end are cut off, and other clients are served meanwhile."""
    context = ssl.create_default_context(cafile=str(node.gateway.certificate))
    key = node.key("slowloris")["Authorization"]
    head = f"POST /predictions/digits HTTP/1.1\r\nHost: a\r\nAuthorization: {key}\r\nContent-Length: 784\r\n"
    connections = []
    for start in (head, f"{head}\r\n", "") * 50:
        plain = socket.create_connection(("127.0.0.1", node.port), timeout=20)
        connection = context.wrap_socket(plain, server_hostname="localhost")
        connection.sendall(start.encode())
        connections.append(connection)
    began = time.monotonic()
    with busy.watched() as slowdown:
        assert all(http.post("/predictions/digits", content=seven).status_code == 200 for _ in range(20))
        assert time.monotonic() - began < 2 * busy.PATIENCE * slowdown()
    for connection in connections:
        answer = connection.recv(4096)
        assert not answer or answer.startswith(b"HTTP/1.1 408")
        connection.close()
    assert time.monotonic() - began < 12 * busy.PATIENCE
