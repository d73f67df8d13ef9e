"""Probe responses over real sockets."""

import socket
from collections.abc import Iterator

import httpx
import pytest

from serving.node import endpoint
from serving.node.endpoint import Answer, HealthEndpoint, json_answer
from serving.torchserve import ports


def fails() -> Answer:
    raise RuntimeError("on purpose")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    url = f"http://127.0.0.1:{ports.free(1)[0]}"
    routes: endpoint.Routes = {
        "/good": lambda: json_answer(200, {"good": True}),
        "/bad": fails,
        "/below/": lambda path: json_answer(200, {"path": path}),
    }
    with HealthEndpoint(url, routes):
        yield url


def get(url: str) -> httpx.Response:
    return httpx.get(url, trust_env=False, timeout=10)


def test_a_route_answers_with_or_without_a_query(address: str) -> None:
    for path in ("/good", "/good?verbose=1"):
        response = get(address + path)
        assert (response.status_code, response.json()) == (200, {"good": True})
        assert response.headers["content-type"] == "application/json"
    head = httpx.head(f"{address}/good", trust_env=False)
    assert (head.status_code, head.content) == (200, b"")


@pytest.mark.parametrize(("path", "answer"), [("/good", b"up\n"), ("/bad", b"down\n"), ("/elsewhere", b"down\n")])
def test_haproxys_agent_check_is_answered_in_a_word(address: str, path: str, answer: bytes) -> None:
    host, port = address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(f"GET {path}\n\n".encode())
        assert b"".join(iter(lambda: connection.recv(100), b"")) == answer


def test_an_unknown_path_is_told_the_known_ones(address: str) -> None:
    response = get(f"{address}/elsewhere")
    assert response.status_code == 404
    assert response.json()["hint"] == "/good, /bad, /below/"


def test_a_route_that_ends_in_a_slash_gets_the_paths_below_it(address: str) -> None:
    assert get(f"{address}/below/a/b?c=d").json() == {"path": "/below/a/b"}


def test_a_route_that_fails_is_a_500_and_does_not_harm_the_next(address: str) -> None:
    assert get(f"{address}/bad").status_code == 500
    assert get(f"{address}/good").status_code == 200


def test_clients_that_send_nothing_are_cut_off_and_cannot_take_more_than_their_share(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endpoint, "_SECONDS", 0.5)
    host, port = address.removeprefix("http://").split(":")
    silent = [socket.create_connection((host, int(port)), timeout=5) for _ in range(endpoint._CONNECTIONS + 1)]
    try:
        assert silent[-1].recv(1) == b""  # closed at once, because all places are taken
        assert all(connection.recv(1) == b"" for connection in silent)  # half a second later
        assert get(f"{address}/good").status_code == 200
    finally:
        for connection in silent:
            connection.close()
