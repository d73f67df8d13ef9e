"""A node until scripts/serve --gateway is there."""

import http.server
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from serving import paths, record, server

CFG = """\
global
    stats socket {dir}/gw.sock level admin
defaults
    mode http
    option http-buffer-request
    timeout connect 1s
    timeout client 10s
    timeout server 65s
    timeout queue 1s
frontend f
    bind {address}:8443 ssl crt {certificate}
    http-request return status 200 if {{ path /readyz }} {{ nbsrv(b) gt 0 }}
    http-request return status 503 if {{ path /readyz }}
    default_backend b
backend b
    option httpchk GET /readyz
    http-request set-header Authorization "Bearer {key}"
    server t 127.0.0.1:8080 check port 8083 inter 250ms fall 1 rise 1
"""


def main() -> None:
    directory, address, certificate = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    archive = record.recorded(paths.ARCHIVE)
    assert archive
    state = {"ready": False, "stop": False}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if state["ready"] and not state["stop"] else 503)
            self.end_headers()

        def log_message(self, *a: object) -> None:
            pass

    threading.Thread(
        target=http.server.ThreadingHTTPServer(("127.0.0.1", 8083), Handler).serve_forever, daemon=True
    ).start()
    signal.signal(signal.SIGTERM, lambda *_: state.update(stop=True))
    gateway = None
    while not state["stop"]:
        running = server.start(directory, archive)
        running.wait_ready()
        with running.manage() as m:
            key = m.keys.inference.value
        if gateway:
            gateway.kill()
        (directory / "gw.cfg").write_text(CFG.format(dir=directory, address=address, certificate=certificate, key=key))
        gateway = subprocess.Popen(["haproxy", "-db", "-f", str(directory / "gw.cfg")])
        state["ready"] = True
        while running.running and not state["stop"]:
            time.sleep(0.1)
        state["ready"] = False
        if not state["stop"]:
            running.stop()
            time.sleep(0.5)
    time.sleep(1.0)
    assert gateway
    gateway.send_signal(signal.SIGUSR1)
    gateway.wait(20)
    running.stop()


if __name__ == "__main__":
    main()
