"""Fixtures: a real Chromium, the page as its command serves it, and a record of all requests of a page."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from playground import background
from serving import paths
from serving.torchserve import ports
from tests.live.conftest import Client
from tests.live.playground.sheet import Sheet

_SECONDS = 60  # longest wait for an expected state of a page
_NAMES = ("chromium", "chromium-browser", "google-chrome")
_MISSING = "no Chromium: scripts/test installs it where apt-get may; elsewhere put one of these on PATH: "
Opener = Callable[..., Sheet]


@contextmanager
def browser() -> Iterator[Browser]:
    """Yield Chromium. Playwright's event loop stays in the thread until the browser is closed."""
    executable = next(filter(None, map(shutil.which, _NAMES)), None)
    if executable is None:
        pytest.skip(_MISSING + ", ".join(_NAMES))
    expect.set_options(timeout=1000 * _SECONDS)
    with sync_playwright() as playwright:
        # Chromium refuses its sandbox to root; the page is our own.
        started = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """Yield the browser that all tests of this package share."""
    with browser() as started:
        yield started


@contextmanager
def playground(directory: Path) -> Iterator[str]:
    """Run scripts/playground for the server in ``directory``, and yield the address of its page."""
    (port,) = ports.free(1)
    command = ["scripts/playground", "--background", f"--port={port}", f"--directory={directory}"]
    subprocess.run(command, cwd=paths.ROOT, check=True, capture_output=True, timeout=240)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        if running := background.find(directory):
            running.stop(directory)


@pytest.fixture(scope="package")
def url(digits: Client) -> Iterator[str]:
    """Yield the page that most tests share."""
    with playground(digits.server.directory) as address:
        yield address


@pytest.fixture
def opened(chromium: Browser) -> Iterator[Opener]:
    """Yield a function that opens a page: ``opened(url, width=360)``. Check each page at the end of the test."""
    sheets: list[Sheet] = []

    def open_(address: str, width: int = 1366, height: int = 768, **options: Any) -> Sheet:
        context = chromium.new_context(viewport={"width": width, "height": height}, **options)
        sheets.append(Sheet(context.new_page(), address))
        return sheets[-1]

    yield open_
    for sheet in sheets:
        sheet.page.context.close()
        sheet.check()


@pytest.fixture(scope="package")
def laptop(chromium: Browser, url: str) -> Iterator[Sheet]:
    """Yield a page of a laptop's size, shared by all tests, because opening a page takes most of the time of a test."""
    context = chromium.new_context(viewport={"width": 1366, "height": 768})
    yield Sheet(context.new_page(), url)
    context.close()


@pytest.fixture
def sheet(laptop: Sheet) -> Iterator[Sheet]:
    """Reload the shared page, and check it at the end of the test."""
    laptop.load()
    yield laptop
    laptop.check()
