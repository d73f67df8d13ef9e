"""HTTP endpoint of a node for probes and Prometheus."""

import json
import logging
import socket
import socketserver
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

logger = logging.getLogger(__name__)
Answer = tuple[int, str, bytes]  # status, content type, body
Routes = Mapping[str, Callable[..., Answer]]  # by path; a path with a slash at its end serves all paths below
_CONNECTIONS = 32  # at once; further connections are closed
_SECONDS = 5.0  # most seconds of a connection, even if its client reads or writes slowly


def json_answer(status: int, content: dict[str, Any]) -> Answer:
    return status, "application/json", json.dumps(content).encode() + b"\n"


def probe_answer(good: bool, state: str, reason: str) -> Answer:
    """Return 200 if the state is good, else 503 with the reason."""
    if good:
        return json_answer(HTTPStatus.OK, {state: True})
    return json_answer(HTTPStatus.SERVICE_UNAVAILABLE, {state: False, "reason": reason})


class HealthEndpoint:
    """HTTP server that answers GET and HEAD from a table of routes while its ``with`` block runs.

    address  http://host:port to listen at
    routes   read at each request, so entries may be added later

    Raises OSError if the port is in use.
    """

    def __init__(self, address: str, routes: Routes) -> None:
        host, _, port = address.removeprefix("http://").rpartition(":")
        self._server = _Server((host, int(port)), routes)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], routes: Routes) -> None:
        self.routes = routes
        self._open: dict[Any, float] = {}  # connection -> time at which it is closed
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        socketserver.TCPServer.server_bind(self)  # HTTPServer would look up the host name, which may block

    def process_request(self, request: Any, client_address: Any) -> None:
        if len(self._open) >= _CONNECTIONS:
            self.shutdown_request(request)
            return
        self._open[request] = time.monotonic() + _SECONDS
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.pop(request, None)
        super().shutdown_request(request)

    def service_actions(self) -> None:
        """Close connections that are over their time; the base class calls this several times a second."""
        now = time.monotonic()
        for connection in [connection for connection, end in list(self._open.items()) if end < now]:
            with suppress(OSError):  # the connection has just ended
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        logger.debug("a connection failed", exc_info=True)  # the client left, or was too slow


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    server_version, sys_version = "inference", ""

    def do_GET(self) -> None:
        """Answer with HTTP, or with ``up`` or ``down`` for the agent-check of HAProxy, which sends HTTP/0.9."""
        status, content_type, body = self._answer()
        if self.request_version == self.default_request_version:
            body = b"up\n" if status == HTTPStatus.OK else b"down\n"
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_GET  # noqa: N815 - http.server looks it up by this name

    def log_message(self, format: str, *arguments: Any) -> None:
        """Log nothing, because probes come several times a second."""

    def _answer(self) -> Answer:
        path = self.path.partition("?")[0]
        routes = self.server.routes
        prefix = next((key for key in routes if key.endswith("/") and path.startswith(key)), None)
        if path not in routes and prefix is None:
            allowed = ", ".join(routes)
            return json_answer(HTTPStatus.NOT_FOUND, {"message": f"there is nothing at {path}", "hint": allowed})
        try:
            return routes[path]() if path in routes else routes[prefix or ""](path)
        except Exception:
            logger.exception("%s failed", path)
            return json_answer(HTTPStatus.INTERNAL_SERVER_ERROR, {"message": "this failed; the log says how"})
