"""Browser pages of other sites: origins in gateway_cors_origins may call the gateway, others may not."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

import httpx
import pytest

from serving.node.endpoint import HealthEndpoint
from serving.torchserve.ports import free

from ..playground.conftest import browser
from .conftest import Node

_PREFLIGHT = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}
_CALL = """async ([url, key, pixels]) => {
    try {
        const answer = await fetch(url, {
            method: "POST",
            headers: {Authorization: key, "Content-Type": "application/octet-stream", "X-Request-Id": "page"},
            body: new Uint8Array(pixels),
        });
        return [answer.status, answer.headers.get("X-Request-Id"), await answer.json()];
    } catch (error) {
        return String(error);
    }
}"""


@contextmanager
def page(address: str) -> Iterator[str]:
    """Serve an empty page at an address."""
    with HealthEndpoint(address, {"/": lambda: (HTTPStatus.OK, "text/html", b"<!doctype html><title>page</title>")}):
        yield address


def test_a_page_of_a_named_origin_gets_predictions_in_chromium(node: Node, site: str, seven: bytes) -> None:
    def called(tab: Any, key: str) -> Any:
        return tab.evaluate(_CALL, [f"{node.gateway.url}/predictions/digits", key, list(seven)])

    other = f"http://127.0.0.1:{free(1)[0]}"
    key = node.key("page")["Authorization"]
    with page(site), page(other), browser() as chromium:
        tab = chromium.new_context(ignore_https_errors=True).new_page()
        tab.goto(site)
        status, identity, answer = called(tab, key)
        assert (status, identity, answer["digit"]) == (200, "page", 7)
        status, _, answer = called(tab, "Bearer nobody")  # the page can read errors as well
        assert (status, answer["message"]) == (401, "unknown API key")
        tab.goto(other)
        assert "TypeError" in called(tab, key)
        tab.context.close()


def test_a_preflight_needs_no_key_and_allows_what_the_api_reads(node: Node, site: str) -> None:
    with node.http() as http:
        answer = http.options("/predictions/digits", headers={"Origin": site, **_PREFLIGHT})
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == site
    assert {"authorization", "content-type"} <= {
        name.strip().lower() for name in answer.headers["access-control-allow-headers"].split(",")
    }
    assert answer.headers["vary"] == "Origin"


@pytest.mark.parametrize("origin", ["https://page.example", "null", ""])
def test_other_origins_get_no_permission(http: httpx.Client, origin: str, seven: bytes) -> None:
    headers = {"Origin": origin} if origin else {}
    assert http.options("/predictions/digits", headers=headers | _PREFLIGHT).status_code == 405
    answer = http.post("/predictions/digits", content=seven, headers=headers)
    assert answer.status_code == 200
    assert "access-control-allow-origin" not in answer.headers
