"""Limits of expensive requests for one client: explanations, large bodies and expensive images."""

import csv
import json
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from PIL import Image

from serving.gateway import clients
from tests.pictures import saved

from ..conftest import until
from .conftest import Node, refused, second
from .test_limits import connected

KERNEL = "/explanations/digits?method=kernel_shap&samples=2048"


def header_of(node: Node, name: str, explanations: int = 8, heavy: int = 2) -> dict[str, str]:
    client = clients.Client(name, expires=clients.in_days(1), explanations=explanations, heavy=heavy)
    value = clients.add(node.gateway.clients, client)
    node.gateway.refresh()
    return {"Authorization": f"Bearer {value}"}


def test_a_client_has_a_number_of_explanations_at_once(node: Node, seven: bytes) -> None:
    """After the first answer the client may send another one. Other clients have their own limit."""
    with node.http(**header_of(node, "explains", explanations=1)) as http, ThreadPoolExecutor(4) as pool:
        until(lambda: http.post("/explanations/digits", content=seven).status_code == 200, 60)
        answers = list(pool.map(lambda _: http.post(KERNEL, content=seven), range(4)))
        late = [answer for answer in answers if answer.status_code != 200]
        assert 1 <= len(late) <= 3
        for answer in late:
            message = refused(answer, 429, "TooManyRequests").json()["message"]
            assert message == "limit of 1 concurrent explanations exceeded for this API key"
        until(lambda: http.post("/explanations/digits", content=seven).status_code == 200, 5)


@pytest.mark.parametrize(
    ("path", "table", "length"),
    [("/explanations/digits", "per_explained_upload", 90_000), ("/predictions/digits", "per_heavy", 9_000_000)],
)
def test_a_client_has_a_number_of_large_requests_at_once(node: Node, path: str, table: str, length: int) -> None:
    """Bodies that never end take both places. An expensive prediction waits 4 s or more for a place."""
    is_prediction, name = table == "per_heavy", f"large-{table}"
    header = header_of(node, name)
    head = f"POST {path} HTTP/1.1\r\nHost: a\r\nAuthorization: {header['Authorization']}\r\n"

    def connections() -> int:
        shown = node.gateway.command(f"show table {table} key {name}")
        return int(shown.partition("conn_cur=")[2].split()[0]) if "conn_cur=" in shown else 0

    with ExitStack() as opened, node.http(**header) as http:
        for _ in range(2):
            connection = opened.enter_context(connected(node))
            connection.sendall(f"{head}Content-Length: {length}\r\n\r\n".encode() + bytes(20_000))
        until(lambda: connections() == 2, 5)
        began = time.monotonic()
        late = http.post(path, content=bytes(max(20_000, length // 8)))
        message = refused(late, 429, "TooManyRequests").json()["message"]
        assert ("expensive requests" if is_prediction else "explanations of large images") in message
        assert time.monotonic() - began > (3.5 if is_prediction else 0.9)
    until(lambda: connections() == 0, 10)


@pytest.mark.parametrize(
    ("size", "noise", "backend", "server"),
    [
        ((28, 28), False, "explanations", "explainer"),
        ((4000, 1000), False, "explanations", "apart"),
        ((700, 700), True, "explained_uploads", "apart"),
    ],
)
def test_an_expensive_image_is_not_explained_where_cheap_ones_are(
    node: Node, size: tuple[int, int], noise: bool, backend: str, server: str
) -> None:
    """Explanations are computed one after another. The explanation of a photo delays no other one."""

    def served() -> int:
        rows = csv.DictReader(node.gateway.command("show stat").lstrip("# ").splitlines())
        return next(int(row["stot"]) for row in rows if (row["pxname"], row["svname"]) == (backend, server))

    image = Image.effect_noise(size, 80) if noise else Image.new("L", size, 200)
    with node.http(**header_of(node, f"explained-{size[0]}")) as http:

        def explained_there() -> bool:
            """Return True if the expected worker explains the image. It may still be starting."""
            before = served()
            answer = http.post("/explanations/digits", content=saved(image, "PNG"))
            return answer.status_code == 200 and served() == before + 1

        until(explained_there, 60)
        assert explained_there()


def test_a_client_whose_expensive_requests_are_refused_slows_down(node: Node, seven: bytes) -> None:
    body = saved(Image.new("RGB", (4096, 4096), "red"), "WEBP", lossless=True)
    with node.http(**header_of(node, "spoils")) as http, ThreadPoolExecutor(2) as pool:  # within 10 s: two at once
        statuses = list(pool.map(lambda _: http.post("/predictions/digits", content=body).status_code, range(13)))
        assert statuses[:10] == [413] * 10
        late = http.post("/predictions/digits", content=body)
        assert refused(late, 429, "TooManyRequests").json()["message"].startswith("limit of 10 refused expensive")
        assert late.headers["retry-after"] == "10"
        assert http.post("/predictions/digits", content=seven).status_code == 200


def test_all_requests_are_logged_if_that_is_set(node: Node, seven: bytes, tmp_path: Path) -> None:
    key = node.key("logged")  # the gateway reads it when it starts
    with second(node, tmp_path, gateway_log="all") as gateway:
        with Node(node.server, gateway, node.health).http(**key) as http:

            def answered() -> httpx.Response:
                return http.post("/predictions/digits", content=seven, headers={"X-Request-Id": "good"})

            until(lambda: answered().status_code == 200, 10)
        log = tmp_path / "logs" / "gateway.log"

        def logged() -> set[tuple[str, str, str]]:
            lines = [json.loads(line) for line in log.read_text().splitlines()]
            records = [line for line in lines if line.get("request_id") == "good" and line["status"] == 200]
            return {(line["client"], line["path"], line["reason"]) for line in records}

        until(lambda: logged() == {("logged", "/predictions/digits", "")}, 5)
