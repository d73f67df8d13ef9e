"""Usage counts of each client, and quotas."""

import os
import re
import signal
import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import httpx

from serving.gateway import clients
from serving.gateway.haproxy import FOLDER
from serving.gateway.metering import Meter
from serving.gateway.usage import Account, Usage

from ..commands import run
from ..conftest import until
from .conftest import Node, refused, second


def account(node: Node, client: str) -> list[Usage]:
    lines = Account.of(node.server.directory / FOLDER).lines()
    return [line for line in lines if line.client == client]


def test_requests_examples_errors_and_bytes_are_counted(node: Node, seven: bytes) -> None:
    with node.http(**node.key("counted")) as http:
        sent = [seven, seven, seven * 3, seven * 20]  # the last does not fit into a buffer
        answers = [http.post("/predictions/digits", content=body) for body in sent]
        answers.append(http.post("/predictions/digits", content=iter([seven])))  # without Content-Length: not counted
        answers.append(http.post("/v1/models/digits:predict", json={"instances": [list(seven)] * 4}))
        assert {answer.status_code for answer in answers} == {200}
        assert http.post("/predictions/digits", content=b"[1").status_code == 400
        assert http.post("/predictions/nothing", content=seven).status_code == 404
    until(lambda: sum(line.requests for line in account(node, "counted")) == 8, 5)
    unknown, digits = account(node, "counted")
    assert unknown[2:] == ("-", 1, 0, 1, 0, 0)
    assert digits[2:6] == ("digits", 7, 30, 1)
    assert digits.bytes_in == sum(int(answer.request.headers.get("content-length", 0)) for answer in answers)
    assert digits.bytes_out == sum(len(answer.content) for answer in answers)


def test_a_daily_quota_is_exact_and_says_when_it_resets(node: Node, seven: bytes) -> None:
    client = clients.Client("limited", expires=clients.in_days(1), per_day=2, per_month=100)
    key = clients.add(node.gateway.clients, client)
    node.gateway.refresh()
    with node.http(Authorization=f"Bearer {key}") as http:
        sent = [b"[1", seven * 20, seven, seven]  # errors are counted; more rules are evaluated for the second request
        answers = [http.post("/predictions/digits", content=body) for body in sent]
        assert [answer.status_code for answer in answers] == [400, 200, 429, 429]
        error = refused(answers[2], 429, "TooManyRequests").json()
        assert error["message"] == "daily quota of 2 requests exceeded for this API key"
        tomorrow = datetime.now(UTC).date() + timedelta(days=1)
        assert error["hint"] == f"it resets at {tomorrow}T00:00:00Z"
        assert 0 < int(answers[2].headers["retry-after"]) <= 86400
        assert "runtime error" not in node.gateway.log.read_text()
        until(lambda: sum(line.requests for line in account(node, "limited")) == 4, 5)
        clients.add(node.gateway.clients, clients.Client("limited", expires=clients.in_days(1), per_day=3))
        node.gateway.refresh()  # the second key gets the new quota, of which 2 requests are used
        until(lambda: http.post("/predictions/digits", content=seven).status_code == 200, 5)
        assert http.post("/predictions/digits", content=seven).status_code == 429


def test_at_most_a_second_is_lost_with_a_killed_gateway(node: Node, seven: bytes, tmp_path: Path) -> None:
    """A second gateway is killed and started again. It is sampled as the supervisor does, and the new one counts on."""

    def counted() -> int:
        """Return the counted answers without errors. The reader of the log counts errors later."""
        return sum(line.requests - line.errors for line in Account.of(tmp_path / FOLDER).lines())

    key = node.key("killed")
    with second(node, tmp_path) as gateway:
        meter, answered = Meter(gateway), []
        with Node(node.server, gateway, node.health).http(**key) as http:
            began = time.monotonic()
            while time.monotonic() < began + 1.5:
                if http.post("/predictions/digits", content=seven).status_code == 200:
                    answered.append(time.monotonic())
                meter.sample()
        os.kill(gateway.pid, signal.SIGKILL)
        killed, total = time.monotonic(), counted()
        slowest = max(end - start for start, end in pairwise([began, *answered, killed]))  # the sample may be as late
        assert sum(at < killed - 1.0 - slowest for at in answered) <= total <= len(answered)
        assert total
    with second(node, tmp_path) as gateway, Node(node.server, gateway, node.health).http(**key) as http:
        until(lambda: http.post("/predictions/digits", content=seven).status_code == 200, 10)
        Meter(gateway).sample(now=True)
        assert counted() == total + 1


def test_scripts_clients_shows_usage(node: Node, http: httpx.Client, seven: bytes) -> None:
    assert http.post("/predictions/digits", content=seven).status_code == 200
    until(lambda: account(node, "anyone"), 5)
    shown = usage(node.server.directory)
    assert re.search(r"^20\d\d-\d\d-\d\d +anyone +digits +\d", shown, re.MULTILINE)
    lines = usage(node.server.directory, "--csv").splitlines()
    assert lines[0] == "day,client,model,requests,rows,errors,bytes_in,bytes_out"
    assert any(line.split(",")[1:3] == ["anyone", "digits"] for line in lines)


def usage(directory: Path, *words: str) -> str:
    completed = run(["scripts/clients", "--directory", str(directory), "usage", *words])
    assert completed.returncode == 0, completed.stderr
    return completed.stdout
