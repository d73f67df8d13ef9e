"""The page behind the gateway, at a path of the API's origin."""

import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Timer

import httpx
import psutil
import pytest

from playground import background
from serving.gateway import haproxy, launch
from serving.gateway.gateway import Gateway
from serving.gateway.settings import Settings
from serving.torchserve import properties
from tests.live.conftest import Client
from tests.live.gateway.conftest import node_ports
from tests.live.playground import hand
from tests.live.playground.conftest import Opener
from tests.live.playground.sheet import Sheet

FILES = ("/playground/", "/playground/page.css", "/playground/page.js")
VISITORS = 5  # at one address


@pytest.fixture
def front(url: str, tmp_path: Path) -> Iterator[Gateway]:
    if not haproxy.find():
        pytest.skip("no HAProxy: scripts/test installs it where apt-get may")
    running = launch.start(tmp_path, Settings.of(properties.read() | node_ports() | {"gateway_playground": url}), [])
    yield running
    running.stop()


@contextmanager
def visitor(front: Gateway) -> Iterator[httpx.Client]:
    trust = ssl.create_default_context(cafile=str(front.certificate))
    with httpx.Client(base_url=front.url, trust_env=False, verify=trust, timeout=60) as http:
        yield http


@contextmanager
def frozen(digits: Client, seconds: float) -> Iterator[None]:
    """Suspend the page's server for some seconds, as on a slow machine, so that requests pile up."""
    running = background.find(digits.server.directory)
    assert running
    server = psutil.Process(running.pid)
    timer = Timer(seconds, server.resume)
    server.suspend()
    timer.start()
    try:
        yield
    finally:
        timer.join()


def check_answers(sheet: Sheet) -> None:
    """Check that no request was refused."""
    if sheet.dropped:
        sheet.complaints.clear()
        pytest.skip("Chromium repeated what it dropped, which the gateway still counts")
    assert {response.status for response in sheet.responses} == {200}


def test_a_digit_is_drawn_and_read(front: Gateway, opened: Opener) -> None:
    sheet = opened(f"{front.url}/playground/", ignore_https_errors=True)
    paths = [response.url.removeprefix(front.url) for response in sheet.responses]
    assert sorted(paths) == sorted([*FILES, "/playground/status"])
    sheet.draw(hand.strokes(4, seed=1))
    assert sheet.settled() == "4"


def test_one_visitor_is_never_refused_on_a_slow_machine(digits: Client, front: Gateway, opened: Opener) -> None:
    with frozen(digits, 3):
        sheet = opened(f"{front.url}/playground/", ignore_https_errors=True)
    with frozen(digits, 6):  # a prediction and a status request are in progress at once
        sheet.draw(hand.strokes(4, seed=1))
    assert sheet.settled() == "4"
    with frozen(digits, 6):  # an explanation, too
        sheet.page.select_option("#method", "occlusion")
        sheet.draw(hand.strokes(1, seed=1))
    sheet.settled()
    check_answers(sheet)


def test_fast_drawing_is_never_refused(front: Gateway, opened: Opener) -> None:
    sheet = opened(f"{front.url}/playground/", ignore_https_errors=True)
    for _ in range(6):
        sheet.draw(hand.strokes(8, seed=1))
        sheet.clear()
        sheet.page.keyboard.press("Tab")
        sheet.page.locator("#pad").press("3")
    sheet.settled()
    check_answers(sheet)
    times = sorted(question.timing["startTime"] / 1000 for question in sheet.questions)
    most = max(sum(begin <= time < begin + 1 for time in times) for begin in times)
    print(f"{len(times)} questions, at most {most} in a second")
    assert most < 20


def test_several_visitors_of_one_address_load_the_page_on_a_slow_machine(digits: Client, front: Gateway) -> None:
    def load(path: str) -> int:
        with visitor(front) as http:
            return http.get(path).status_code

    with ThreadPoolExecutor(VISITORS * len(FILES)) as pool, frozen(digits, 3):
        assert set(pool.map(load, FILES * VISITORS)) == {200}


def test_no_other_site_and_no_crowd_gets_through(front: Gateway) -> None:
    with visitor(front) as http:
        moved = http.get("/playground")
        assert (moved.status_code, moved.headers["location"]) == (308, "/playground/")
        path = "/playground/predict"
        assert http.post(path, headers={"Origin": "https://elsewhere.example"}).status_code == 403
        assert http.get("/playground/", headers={"Host": "elsewhere.example"}).status_code == 421
        assert http.post("/playground/upload").status_code == 404
        assert http.get("/playground/../models").status_code == 404
        with ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(lambda _: http.post(path, headers={"Origin": front.url}), range(60)))
        assert {answer.status_code for answer in answers} == {200, 429}
        assert {answer.headers.get("retry-after") for answer in answers} == {None, "1"}
