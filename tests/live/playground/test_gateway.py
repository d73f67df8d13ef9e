"""The page behind the gateway, at a path of the origin that has the API."""

import ssl
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from serving.gateway import haproxy, launch
from serving.gateway.gateway import Gateway
from serving.gateway.settings import Settings
from serving.torchserve import properties
from tests.live.gateway.conftest import node_ports
from tests.live.playground import hand
from tests.live.playground.conftest import Opener


@pytest.fixture
def front(url: str, tmp_path: Path) -> Iterator[Gateway]:
    if not haproxy.find():
        pytest.skip("no HAProxy: scripts/test installs it where apt-get may")
    running = launch.start(tmp_path, Settings.of(properties.read() | node_ports() | {"gateway_playground": url}), [])
    yield running
    running.stop()


def test_a_digit_is_drawn_and_read(front: Gateway, opened: Opener) -> None:
    sheet = opened(f"{front.url}/playground/", ignore_https_errors=True)
    sheet.draw(hand.strokes(4, seed=1))
    assert sheet.settled() == "4"


def test_no_other_site_and_no_crowd_gets_through(front: Gateway) -> None:
    trust = ssl.create_default_context(cafile=str(front.certificate))
    with httpx.Client(base_url=front.url, trust_env=False, verify=trust) as http:
        moved = http.get("/playground")
        assert (moved.status_code, moved.headers["location"]) == (308, "/playground/")
        path = "/playground/gradio_api/component_server"
        assert http.post(path, headers={"Origin": "https://elsewhere.example"}).status_code == 403
        assert http.post("/playground/gradio_api/upload").status_code == 404
        assert http.get("/playground/../models").status_code == 404
        told = [http.post(path, headers={"Origin": front.url}) for _ in range(60)]
        assert told[0].status_code not in (403, 404, 429)
        crowded = [answer for answer in told if answer.status_code == 429]
        assert crowded
        assert crowded[0].headers["retry-after"] == "1"
