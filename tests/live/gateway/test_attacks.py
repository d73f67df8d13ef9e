"""Attacks on the gateway from the network, without effect on other clients."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

import psutil
import pytest

from serving.torchserve import properties

from .. import busy
from ..conftest import until
from .conftest import Node


@contextmanager
def connection(node: Node) -> Iterator[ssl.SSLSocket]:
    context = ssl.create_default_context(cafile=str(node.gateway.certificate))
    plain = socket.create_connection(("127.0.0.1", node.port), timeout=15 * busy.PATIENCE)
    with context.wrap_socket(plain, server_hostname="localhost") as secured:
        yield secured


def answers(node: Node, sent: bytes) -> list[str]:
    """Send bytes. Return the status of each answer until the gateway closes the connection."""
    with connection(node) as secured:
        received = b""
        with suppress(TimeoutError, ConnectionError, ssl.SSLEOFError):  # closed while it still writes, or kept open
            secured.sendall(sent)
        with suppress(TimeoutError, ConnectionError, ssl.SSLEOFError):
            while more := secured.recv(65536):
                received += more
                secured.settimeout(1)
    lines = received.decode("latin-1").split("\r\n")
    return [line.split()[1] for line in lines if line.startswith("HTTP/1.")]


def head(node: Node, *fields: str, name: str = "smuggler") -> bytes:
    key = node.key(name)["Authorization"]
    lines = ("POST /predictions/digits HTTP/1.1", "Host: digits", f"Authorization: {key}", *fields)
    return "".join(f"{line}\r\n" for line in lines).encode("latin-1") + b"\r\n"


HIDDEN = b"GET /models HTTP/1.1\r\nHost: digits\r\n\r\n"


@pytest.mark.parametrize(
    ("fields", "body"),
    [
        pytest.param(("Content-Length: 4", "Content-Length: 40"), b"abcd" + HIDDEN, id="two lengths"),
        pytest.param(("Content-Length: 4, 40",), b"abcd" + HIDDEN, id="two lengths in one"),
        pytest.param(("Content-Length: +4",), b"abcd" + HIDDEN, id="a length with a sign"),
        pytest.param(("Content-Length: 0x4",), b"abcd" + HIDDEN, id="a length in hex"),
        pytest.param(("Transfer-Encoding: xchunked",), b"0\r\n\r\n" + HIDDEN, id="an unknown encoding"),
        pytest.param(("Transfer-Encoding : chunked",), b"0\r\n\r\n" + HIDDEN, id="a space before the colon"),
        pytest.param((" Transfer-Encoding: chunked",), b"0\r\n\r\n" + HIDDEN, id="a folded line"),
        pytest.param(
            ("Transfer-Encoding: chunked",), b"4;\x00\r\nabcd\r\n0\r\n\r\n" + HIDDEN, id="NUL in a chunk's extension"
        ),
        pytest.param(
            ("Transfer-Encoding: chunked",), b"fffffffff0000004\r\nabcd\r\n0\r\n\r\n", id="a chunk without end"
        ),
        pytest.param(("X: a\x00b", "Content-Length: 4"), b"abcd", id="NUL in a header"),
        pytest.param(("X: a\rb", "Content-Length: 4"), b"abcd", id="a lone CR in a header"),
    ],
)
def test_requests_that_two_servers_read_differently_are_refused(
    node: Node, fields: tuple[str, ...], body: bytes
) -> None:
    """The client gets one refusal, and the connection is closed: no second request is read from the bytes behind it."""
    assert answers(node, head(node, *fields) + body) in (["400"], ["401"])  # a continuation line spoils the key


@pytest.mark.parametrize(
    ("fields", "body"),
    [
        pytest.param(
            ("Content-Length: 6", "Transfer-Encoding: chunked"), b"0\r\n\r\n", id="chunked wins, as RFC 9112 6.3 says"
        ),
        pytest.param(("Transfer-Encoding: chunked", "Content-Length: 6"), b"0\r\n\r\n", id="in either order"),
    ],
)
def test_what_follows_an_ambiguous_request_is_never_torchserves(
    node: Node, fields: tuple[str, ...], body: bytes
) -> None:
    """The gateway decides on the hidden request. TorchServe would have answered it with the list of its models."""
    assert set(answers(node, head(node, *fields) + body + HIDDEN)) <= {"400", "404"}


def test_h2c_upgrade_opens_no_tunnel(node: Node) -> None:
    fields = (
        "Connection: Upgrade, HTTP2-Settings",
        "Upgrade: h2c",
        "HTTP2-Settings: AAMAAABkAAQAAP__",
        "Content-Length: 0",
    )
    assert "101" not in answers(node, head(node, *fields))


@pytest.mark.parametrize(
    "flood",
    [
        pytest.param(("GET /" + "a" * 100_000,), id="a path of 100 kB"),
        pytest.param(("GET / HTTP/1.1", "X: " + "a" * 100_000), id="a header of 100 kB"),
        pytest.param(("GET / HTTP/1.1", *(f"X{index}: a" for index in range(2_000))), id="2,000 headers"),
    ],
)
def test_floods_are_cut_off(node: Node, flood: tuple[str, ...]) -> None:
    assert answers(node, "\r\n".join([*flood, "", ""]).encode()) == ["400"]


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        pytest.param(b"nonsense\r\n\r\n", 400, id="nonsense"),
        pytest.param(b"GET / HTTP/1.1\r\nno field\r\n\r\n", 400, id="no header"),
        pytest.param(b"GET / HTTP/1.1\r\n" + b"X: a\r\n" * 65 + b"\r\n", 400, id="65 headers"),
        pytest.param(b"GET / HTTP/1.1\r\nX: ", 408, id="half a header"),
    ],
)
def test_what_is_no_http_gets_haproxys_own_page(node: Node, sent: bytes, status: int) -> None:
    with connection(node) as secured:
        secured.sendall(sent)
        received = b"".join(iter(lambda: secured.recv(65536), b""))
    assert received.startswith(f"HTTP/1.1 {status} ".encode())
    assert b"<html>" in received


def test_10000_connections_that_say_nothing(node: Node, seven: bytes) -> None:
    """One address gets no more than its share. Others are served, and idle connections are closed."""
    with node.http(**node.key("other")) as http, ExitStack() as opened:
        memory = psutil.Process(node.gateway.pid).memory_info().rss
        http.post("/predictions/digits", content=seven)
        failed = 0
        for _ in range(10_000):
            try:
                half = opened.enter_context(socket.socket())
                half.setblocking(False)
                half.bind(("127.0.0.9", 0))  # another address
                half.connect_ex(("127.0.0.1", node.port))
            except OSError:
                failed += 1
        assert not failed
        assert all(http.post("/predictions/digits", content=seven).json()["digit"] == 7 for _ in range(20))
        assert psutil.Process(node.gateway.pid).memory_info().rss - memory < 100 << 20
        assert current(node) <= int(properties.read()["gateway_source_connections"]) + 1
        until(lambda: current(node) < 10, 15)
        with node.http() as late:
            assert late.get("/readyz").status_code == 200


def current(node: Node) -> int:
    lines = (line.partition(":") for line in node.gateway.command("show info").splitlines())
    return int({name: value for name, _, value in lines}["CurrConns"])


def test_answers_leak_nothing_of_what_is_behind(node: Node) -> None:
    with node.http(**node.key("curious")) as http:
        for response in (http.get("/"), http.post("/predictions/digits", content=b"x"), http.get("/readyz")):
            text = " ".join(response.headers).lower() + response.text
            assert not any(
                word in text for word in ("server", "x-powered-by", "torchserve", "netty", "haproxy", "8080")
            )
