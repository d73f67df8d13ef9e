"""The service goes away, comes back, and has other keys: the page says so, and goes on by itself."""

import json
import re

import pytest
from playwright.sync_api import expect

from serving import keys, server
from serving.record import Archive
from tests.live.conftest import Client, free_ports
from tests.live.playground import hand
from tests.live.playground.conftest import Opener, playground


def spoil(own: Client, **fields: str) -> str:
    """Change the inference key's entry in the file, and give the key that was there."""
    path = own.server.directory / keys.FILE
    content = json.loads(path.read_text())
    before: str = content["inference"]["key"]
    content["inference"] |= {name.replace("_", " "): value for name, value in fields.items()}
    path.write_text(json.dumps(content))
    return before


def test_the_service_goes_away_and_comes_back(own: Client, archive: Archive, opened: Opener) -> None:
    directory = own.server.directory
    with playground(directory) as url:
        sheet = opened(url)
        sheet.draw(hand.strokes(2, seed=1))
        assert sheet.settled() == "2"
        own.server.stop()
        sheet.state("down")
        notice = sheet.page.locator("#notice")
        expect(notice).to_have_text(re.compile(r"The service is not running\.\s+Start it with scripts/up\."))
        sheet.clear()
        sheet.draw(hand.strokes(6, seed=1))
        again = server.start(directory, archive, free_ports())  # at other ports, with other keys
        try:
            again.wait_ready()
            assert sheet.settled() == "6"  # without another stroke
            sheet.state("ready")
            expect(notice).to_be_hidden()
        finally:
            again.stop()


@pytest.mark.parametrize(
    "fields",
    [{"expiration_time": "2020-01-01T00:00:00.000000000Z"}, {"key": "wrong"}],
    ids=["expired by its date", "refused by the service"],
)
def test_a_key_that_has_expired_is_renewed(own: Client, opened: Opener, fields: dict[str, str]) -> None:
    with playground(own.server.directory) as url:
        sheet = opened(url)
        before = spoil(own, **fields)
        sheet.draw(hand.strokes(4, seed=1))
        assert sheet.settled() == "4"
        assert "the key had expired and was renewed" in sheet.text("#service")
        assert keys.read(own.server.directory).inference.value not in (before, "wrong")
        sheet.state("ready")  # it was news for a while


def test_a_key_that_someone_else_renews_is_taken_up(own: Client, opened: Opener) -> None:
    with playground(own.server.directory) as url:
        sheet = opened(url)
        for digit in (0, 5):
            with own.server.manage() as management:
                management.renew("inference")
            sheet.draw(hand.strokes(digit, seed=1))
            assert sheet.settled() == str(digit)
            sheet.clear()


def test_the_page_outlives_its_own_server(digits: Client, opened: Opener) -> None:
    with playground(digits.server.directory) as url:
        sheet = opened(url)
    sheet.state("down")
    expect(sheet.page.locator("#notice")).to_contain_text("Start it with scripts/playground.")
    assert all("ERR_" in complaint or "Failed to fetch" in complaint for complaint in sheet.complaints)
    sheet.complaints.clear()  # the browser's own, about a server that is gone
