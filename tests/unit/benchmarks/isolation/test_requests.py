"""Requests at their due times, to a slow server."""

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from benchmarks.isolation.requests import RequestError, RequestLoop

answered = threading.Event()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        wait, _, status = self.path.strip("/?").partition("-")
        time.sleep(float(wait) / 1000)
        self.send_response(int(status or 200))
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")
        answered.set()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


def test_one_after_the_other(server: str) -> None:
    latencies = RequestLoop(f"{server}/20", {}, b"x").in_turn(3)
    assert len(latencies) == 3
    assert min(latencies) >= 0.02


def test_latency_counts_from_when_a_request_was_due(server: str) -> None:
    """50 requests per second go to a server that takes 60 ms, so that each is later than the one before."""
    with RequestLoop(f"{server}/60", {}, b"x").paced(50.0) as latencies:
        while len(latencies) < 5:
            time.sleep(0.02)
    assert latencies == sorted(latencies)
    assert latencies[-1] - latencies[0] >= 0.03 * (len(latencies) - 1)


def test_an_answer_that_is_none_ends_it(server: str) -> None:
    client = RequestLoop(f"{server}/0-503", {}, b"x")
    with pytest.raises(RequestError, match="503"):
        client.in_turn(1)
    answered.clear()
    with pytest.raises(RequestError, match="503"), client.paced(50.0):
        answered.wait(60)
