"""Isolation of the page: nothing leaves this machine, other hosts are refused, and the key stays on the server."""

import re
import socket

import httpx
import psutil
import pytest
from playwright.sync_api import Response

from playground import background
from serving.torchserve import keys
from tests.live.conftest import Client
from tests.live.playground import hand
from tests.live.playground.sheet import Sheet


def test_the_browser_never_sees_a_key(digits: Client, sheet: Sheet) -> None:
    sheet.draw(hand.strokes(8, seed=1))
    sheet.settled()
    server_keys = keys.read(digits.server.directory)
    bodies = [response.text() for response in sheet.responses if re.search("text|js", type_of(response))]
    assert any('"probabilities"' in body for body in bodies)
    for key in (server_keys.inference, server_keys.management, server_keys.api):
        assert not [body for body in bodies if key.value in body]
        assert key.value not in sheet.page.content()
    assert "$INFERENCE_KEY" in sheet.text("#command")


def type_of(response: Response) -> str:
    return response.headers.get("content-type", "")


def test_the_page_s_server_talks_to_this_machine_only(digits: Client, sheet: Sheet) -> None:
    sheet.draw(hand.strokes(8, seed=1))
    sheet.settled()
    running = background.find(digits.server.directory)
    assert running
    connections = psutil.Process(running.pid).net_connections(kind="inet")
    ends = [end for connection in connections for end in (connection.laddr, connection.raddr) if end]
    assert {end.ip for end in ends} == {"127.0.0.1"}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "digits.example:{port}"}, 421),
        ({"Host": "127.0.0.1:1"}, 421),
        ({"Origin": "http://digits.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://localhost:{port}"}, 200),
        ({}, 200),
    ],
)
def test_only_this_machine_s_own_page_is_heard(url: str, headers: dict[str, str], status: int) -> None:
    port = url.rpartition(":")[2]
    sent = {name: value.format(port=port) for name, value in headers.items()}
    assert httpx.get(url, headers=sent, trust_env=False).status_code == status


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/../limits.py"), ("GET", "/%2e%2e/limits.py"), ("GET", "//etc/passwd"), ("GET", "/docs"), ("POST", "/x")],
)
def test_what_the_page_does_not_need_is_not_there(url: str, method: str, path: str) -> None:
    assert httpx.request(method, url + path, trust_env=False).status_code == 404


def test_nothing_but_http_is_spoken(url: str) -> None:
    headers = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Key": "a" * 24}
    assert httpx.get(f"{url}/status", headers=headers, trust_env=False).status_code == 405


def test_too_large_a_question_is_refused_before_it_is_read(url: str) -> None:
    host = url.removeprefix("http://")
    head = f"POST /predict HTTP/1.1\r\nHost: {host}\r\nContent-Length: {15 * 1024 * 1024}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", int(host.rpartition(":")[2])), timeout=10) as connection:
        connection.sendall(head.encode())
        assert connection.recv(4096).startswith(b"HTTP/1.1 413 ")


def test_the_browser_is_told_to_ask_nobody_else(url: str) -> None:
    policy = httpx.get(url, trust_env=False).headers["content-security-policy"]
    assert policy.startswith("default-src 'self';")
    assert "http" not in policy
    assert "unsafe" not in policy
