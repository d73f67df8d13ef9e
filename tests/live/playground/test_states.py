"""Loss and return of the service, and new keys: the page shows the state, and recovers by itself."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from inference import files
from playground import background
from serving.archives.record import Archive
from serving.torchserve import keys, server
from tests.live.conftest import free_ports, serve
from tests.live.playground import hand
from tests.live.playground.conftest import Opener, playground

_TRIES = 3  # the page queries the service from time to time, which renews the key, too


@pytest.fixture(scope="module")
def own(archive: Archive, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Yield the folder of a server that these tests may stop, and whose keys they may spoil."""
    directory = tmp_path_factory.mktemp("own")
    with serve(directory, archive):
        yield directory
        if running := server.find(directory):
            running.stop()


@pytest.fixture(scope="module")
def url(own: Path) -> Iterator[str]:
    """Yield a page for that server."""
    with playground(own) as address:
        yield address


def spoil(directory: Path, **fields: str) -> str:
    """Change the entry of the inference key in the file. Return the key before the change."""
    path = directory / keys.FILE
    content = json.loads(path.read_text())
    before: str = content["inference"]["key"]
    content["inference"] |= {name.replace("_", " "): value for name, value in fields.items()}
    files.replace_json(path, content, files.PRIVATE)
    return before


@pytest.mark.parametrize(
    "fields",
    [{"expiration_time": "2020-01-01T00:00:00.000000000Z"}, {"key": "wrong"}],
    ids=["expired by its date", "refused by the service"],
)
def test_a_key_that_has_expired_is_renewed(own: Path, url: str, opened: Opener, fields: dict[str, str]) -> None:
    for _ in range(_TRIES):
        sheet = opened(url)
        before = spoil(own, **fields)
        sheet.draw(hand.strokes(4, seed=1))
        assert sheet.settled() == "4"
        assert keys.read(own).inference.value not in (before, "wrong")
        if sheet.text("#service") == "the key had expired and was renewed":
            break
    else:
        pytest.fail("the page's own look was always the first to renew the key")
    sheet.state("ready")  # the state is shown as new for a while


def test_a_key_that_someone_else_renews_is_taken_up(own: Path, url: str, opened: Opener) -> None:
    sheet, running = opened(url), server.find(own)
    assert running
    for digit in (0, 5):
        with running.manage() as management:
            management.renew("inference")
        sheet.draw(hand.strokes(digit, seed=1))
        assert sheet.settled() == str(digit)
        sheet.clear()


def test_the_service_goes_away_and_comes_back(own: Path, url: str, archive: Archive, opened: Opener) -> None:
    sheet, running = opened(url), server.find(own)
    assert running
    sheet.draw(hand.strokes(2, seed=1))
    assert sheet.settled() == "2"
    running.stop()
    sheet.state("down")
    notice = sheet.page.locator("#notice")
    expect(notice).to_have_text(re.compile(r"The service is not running\.\s+Start it with scripts/up\."))
    sheet.clear()
    sheet.draw(hand.strokes(6, seed=1))
    expect(sheet.page.locator("#words")).to_have_text("No answer")
    server.start(own, archive, free_ports()).wait_ready()  # at other ports, with other keys
    assert sheet.settled() == "6"  # without another stroke
    sheet.state("ready")
    expect(notice).to_be_hidden()


def test_the_page_outlives_its_own_server(own: Path, url: str, opened: Opener) -> None:
    sheet, serving = opened(url), background.find(own)
    assert serving
    serving.stop(own)
    sheet.state("down")
    expect(sheet.page.locator("#notice")).to_contain_text("Start it with scripts/playground.")
    assert all("ERR_" in complaint or "Failed to fetch" in complaint for complaint in sheet.complaints)
    sheet.complaints.clear()  # errors of the browser about the stopped server
