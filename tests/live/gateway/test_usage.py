"""What the gateway counts of each client, and quotas."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import numpy as np

from serving.gateway import clients
from serving.gateway.haproxy import FOLDER
from serving.gateway.usage import Account, Usage

from ..commands import run
from ..conftest import until
from .conftest import Node, refused


def account(node: Node, client: str) -> list[Usage]:
    lines = Account.of(node.server.directory / FOLDER).lines()
    return [line for line in lines if line.client == client]


def test_requests_examples_errors_and_bytes_are_counted(node: Node, seven: bytes) -> None:
    with node.http(**node.key("counted")) as http:
        sent = [seven, seven, np.tile(np.frombuffer(seven, np.uint8), 3).tobytes()]
        answers = [http.post("/predictions/digits", content=body) for body in sent]
        answers.append(http.post("/v1/models/digits:predict", json={"instances": [list(seven)] * 4}))
        assert {answer.status_code for answer in answers} == {200}
        assert http.post("/predictions/digits", content=b"[1").status_code == 400
        assert http.post("/predictions/nothing", content=seven).status_code == 404
    until(lambda: sum(line.requests for line in account(node, "counted")) == 6, 5)
    unknown, digits = account(node, "counted")
    assert unknown[2:] == ("-", 1, 0, 1, 0, 0)
    assert digits[2:6] == ("digits", 5, 9, 1)
    assert digits.bytes_in == sum(int(answer.request.headers["content-length"]) for answer in answers)
    assert digits.bytes_out == sum(len(answer.content) for answer in answers)


def test_a_daily_quota_is_exact_and_says_when_it_resets(node: Node, seven: bytes) -> None:
    client = clients.Client("limited", expires=clients.in_days(1), per_day=2, per_month=100)
    key = clients.add(node.gateway.clients, client)
    node.gateway.refresh()
    with node.http(Authorization=f"Bearer {key}") as http:
        answers = [http.post("/predictions/digits", content=seven) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 429, 429]
        told = refused(answers[2], 429, "TooManyRequests").json()
        assert told["message"] == "daily quota of 2 requests exceeded for this API key"
        tomorrow = datetime.now(UTC).date() + timedelta(days=1)
        assert told["hint"] == f"it resets at {tomorrow}T00:00:00Z"
        assert 0 < int(answers[2].headers["retry-after"]) <= 86400
        until(lambda: sum(line.requests for line in account(node, "limited")) == 4, 5)
        clients.add(node.gateway.clients, clients.Client("limited", expires=clients.in_days(1), per_day=3))
        node.gateway.refresh()  # the other key gets the new quota, of which 2 are used
        until(lambda: http.post("/predictions/digits", content=seven).status_code == 200, 5)
        assert http.post("/predictions/digits", content=seven).status_code == 429


def test_scripts_clients_shows_usage(node: Node, http: httpx.Client, seven: bytes) -> None:
    assert http.post("/predictions/digits", content=seven).status_code == 200
    until(lambda: account(node, "anyone"), 5)
    shown = usage(node.server.directory)
    assert re.search(r"^20\d\d-\d\d-\d\d +anyone +digits +\d", shown, re.MULTILINE)
    lines = usage(node.server.directory, "--csv").splitlines()
    assert lines[0] == "day,client,model,requests,rows,errors,bytes_in,bytes_out"
    assert any(line.split(",")[1:3] == ["anyone", "digits"] for line in lines)


def usage(directory: Path, *words: str) -> str:
    done = run(["scripts/clients", "--directory", str(directory), "usage", *words])
    assert done.returncode == 0, done.stderr
    return done.stdout
