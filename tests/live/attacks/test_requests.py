"""Paths that try to leave the model, and headers without end. ../test_bad_input.py has mistakes of honest clients."""

import contextlib
import socket

import pytest

from ..conftest import Client


def sent(client: Client, head: bytes, body: bytes = b"") -> bytes:
    """Send raw bytes. Return all bytes that the server sends until it closes the connection."""
    host, _, port = client.server.inference.removeprefix("http://").partition(":")
    received = b""
    connection = socket.create_connection((host, int(port)), timeout=10)
    with connection, contextlib.suppress(ConnectionError):  # the server may close before it has read everything
        connection.sendall(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        while chunk := connection.recv(1 << 16):
            received += chunk
    return received


def key(client: Client) -> bytes:
    return client.http.headers["Authorization"].encode()


@pytest.mark.parametrize(
    "path",
    [
        "/predictions/..",
        "/predictions/%2e%2e",
        "/predictions/..%2f..%2f..%2fetc%2fpasswd",
        "/predictions/../models",
        "/predictions/digits/%2e%2e%2f1.0",
        "/predictions/digits/../../models/digits",
        "/predictions/digits%00",
        "/predictions/digits%00.png",
        "/predictions/digits%0d%0aX-Evil:%20yes",
        "/predictions/%zz",
        "/predictions/%c0%ae%c0%ae",
        "/predictions/digits;x=1",
        "/predictions/DIGITS",
        "/predictions/digits/" + "9" * 3000,
        "/predictions/" + "a" * 3000,
        "/predictions/" + "../" * 1000,
        "/explanations/%2e%2e",
        "/v1/models/..:predict",
        "/v2/models/%2e%2e/infer",
        "/models",
        "/models/digits",
        "/workflows",
        "/wfpredict/digits",
        "/metrics",
        "/token?type=inference",
        "//predictions//..//digits",
        "/predictions",
        "/",
        "http://127.0.0.1/models",
    ],
)
def test_no_path_leads_anywhere_but_to_the_model(attacked: Client, path: str) -> None:
    received = sent(attacked, b"POST %b HTTP/1.1\r\nHost: x\r\nAuthorization: %b\r\n" % (path.encode(), key(attacked)))
    head, _, body = received.partition(b"\r\n\r\n")
    assert head.startswith((b"HTTP/1.1 400", b"HTTP/1.1 403", b"HTTP/1.1 404", b"HTTP/1.1 405")), received
    assert b"X-Evil" not in head
    assert b"root:" not in body


@pytest.mark.parametrize("size", [12_000, 1_000_000])
@pytest.mark.parametrize("kind", ["a header", "many headers", "the address", "a header that never ends"])
def test_a_flood_of_headers_is_cut_off(attacked: Client, seven: bytes, kind: str, size: int) -> None:
    path = b"/predictions/digits" + (b"?" + b"a" * size if kind == "the address" else b"")
    head = b"POST %b HTTP/1.1\r\nHost: x\r\nAuthorization: %b\r\n" % (path, key(attacked))
    match kind:
        case "a header":
            head += b"X-A: " + b"b" * size + b"\r\n"
        case "many headers":
            head += b"X-A: b\r\n" * (size // 8)
        case "a header that never ends":
            head += b"X-A: " + b"b" * size
    received = sent(attacked, head, seven)  # returns when the server closes the connection
    assert received == b"" or received.startswith(b"HTTP/1.1 4"), received[:200]
    assert b'"digit"' not in received
