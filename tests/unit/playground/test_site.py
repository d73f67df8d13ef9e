"""Requests that the page's server answers, and requests that it refuses."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from playground import examples, limits
from playground.site import site

PORT = 7860
HOST = f"127.0.0.1:{PORT}"


class Browser:
    """Requests to the application without a server."""

    def __init__(self, directory: Path) -> None:
        self._transport = httpx.ASGITransport(site(directory, PORT))

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        async def answer() -> httpx.Response:
            async with httpx.AsyncClient(transport=self._transport, base_url=f"http://{HOST}") as http:
                return await http.request(method, path, **options)

        return asyncio.run(answer())

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> httpx.Response:
        return self.request("POST", path, **options)


@pytest.fixture
def http(tmp_path: Path) -> Browser:
    """Return requests where no service runs in the folder."""
    return Browser(tmp_path)


@pytest.mark.parametrize("host", [HOST, f"localhost:{PORT}"])
def test_this_machine_is_answered(http: Browser, host: str) -> None:
    assert http.get("/", headers={"Host": host, "Origin": f"http://{host}"}).status_code == 200


@pytest.mark.parametrize(
    "host", ["", "127.0.0.1", "digits.example", f"digits.example:{PORT}", f"127.0.0.1.nip.io:{PORT}"]
)
def test_another_name_of_this_machine_is_refused(http: Browser, host: str) -> None:
    for method, path in (("GET", "/"), ("POST", "/predict")):
        assert http.request(method, path, headers={"Host": host}).status_code == 421


@pytest.mark.parametrize("origin", ["", "null", "http://digits.example", f"https://{HOST}", "http://127.0.0.1:80"])
def test_another_site_is_refused(http: Browser, origin: str) -> None:
    for method, path in (("GET", "/"), ("POST", "/predict")):
        assert http.request(method, path, headers={"Origin": origin}).status_code == 403


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/web/page.js", 404), ("GET", "/../limits.py", 404), ("GET", "/page.js/", 404), ("PUT", "/", 405),
     ("GET", "/predict", 405), ("OPTIONS", "/predict", 405), ("POST", "/nothing", 404)],
)  # fmt: skip
def test_all_else_is_refused(http: Browser, method: str, path: str, status: int) -> None:
    assert http.request(method, path).status_code == status


def test_the_page_is_three_files_that_name_no_address(http: Browser) -> None:
    """The page needs few requests, and the same files work under the gateway's path."""
    html = http.get("/").text
    assert re.findall(r'(?:src|href)="([^"]*)"', html) == ["data:,", "page.css", "page.js"]
    for name, kind in (("page.css", "text/css"), ("page.js", "text/javascript")):
        answer = http.get(f"/{name}")
        assert (answer.status_code, answer.headers["content-type"]) == (200, f"{kind}; charset=utf-8")
        assert "//" not in re.sub(r"(^|\s)//.*", "", answer.text)
    script = http.get("/page.js").text
    assert script.startswith('const settings = {"examples": [[[[')
    assert str(examples.load()[9][0][0]) in script
    assert f'"bytes": {limits.FILE_BYTES}, "side": {limits.SIDE}' in script


@pytest.mark.parametrize("headers", [{}, {"Host": "a"}, {"Origin": "a"}], ids=["page", "421", "403"])
def test_the_browser_loads_from_here_only_and_runs_nothing_inline(http: Browser, headers: Mapping[str, str]) -> None:
    policy = http.get("/", headers=headers).headers["content-security-policy"]
    assert policy.startswith("default-src 'self';")
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy


@pytest.mark.parametrize("question", ["status", "predict", "explain"])
def test_a_refusal_is_an_answer(http: Browser, question: str) -> None:
    answer = http.post(f"/{question}", content=b"no image")
    assert answer.status_code == 200
    assert set(answer.json()["refusal"]) == {"state", "message", "hint"}


def test_a_body_is_accepted_up_to_the_limit(http: Browser) -> None:
    assert http.post("/predict", content=bytes(limits.FILE_BYTES)).status_code == 200
    assert http.post("/predict", content=bytes(limits.FILE_BYTES + 1)).status_code == 413

    async def chunks() -> AsyncIterator[bytes]:
        for length in (limits.FILE_BYTES - 40, 41):
            yield bytes(length)

    assert http.post("/predict", content=chunks()).status_code == 413  # a body of unknown length
