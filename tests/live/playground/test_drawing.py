"""Drawing and opening images: the page shows the answers of the service."""

import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from serving.torchserve import keys
from tests.live.conftest import Client
from tests.live.playground import hand
from tests.live.playground.sheet import Sheet
from tests.pictures import saved

DROP = """(paper, bytes) => {
    const carried = new DataTransfer();
    carried.items.add(new File([new Uint8Array(bytes)], "seven.png", {type: "image/png"}));
    paper.dispatchEvent(new DragEvent("drop", {dataTransfer: carried, bubbles: true, cancelable: true}));
}"""


@pytest.fixture
def png(seven: bytes) -> bytes:
    """Return an image file of a real 7."""
    return saved(Image.fromarray(np.frombuffer(seven, dtype=np.uint8).reshape(28, 28)), "PNG")


def test_nine_of_ten_drawn_digits_are_recognised(sheet: Sheet) -> None:
    read = {}
    for digit in range(10):
        sheet.draw(hand.strokes(digit, seed=1))
        read[digit] = sheet.settled()
        sheet.clear()
    right = [digit for digit, text in read.items() if text == str(digit)]
    print(f"recognised of the ten drawn digits: {right}")
    assert len(right) >= 9, f"recognised {right}; read {read}"


def test_the_answer_follows_the_pen(sheet: Sheet) -> None:
    """An answer appears before the pen is lifted."""
    (stroke,) = hand.strokes(0, seed=1)
    box = sheet.page.locator("#pad").bounding_box()
    assert box
    sheet.page.mouse.move(box["x"] + stroke[0][0] * box["width"], box["y"] + stroke[0][1] * box["height"])
    sheet.page.mouse.down()
    for x, y in stroke:
        sheet.page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
    expect(sheet.page.locator("#digit")).to_have_text("0")
    sheet.page.mouse.up()


def test_an_opened_image_is_passed_on_as_it_is(sheet: Sheet, png: bytes, seven: bytes) -> None:
    sheet.page.set_input_files("#file", {"name": "seven.png", "mimeType": "image/png", "buffer": png})
    assert sheet.settled() == "7"
    assert sheet.pixels("#seen") == [[value] * 3 for value in seven]


def test_a_dropped_image(sheet: Sheet, png: bytes) -> None:
    sheet.page.eval_on_selector("#paper", DROP, list(png))
    assert sheet.settled() == "7"


def test_the_page_shows_what_curl_gets(digits: Client, sheet: Sheet, tmp_path: Path) -> None:
    sheet.draw(hand.strokes(3, seed=1))
    sheet.settled()
    with sheet.page.expect_download() as download:
        sheet.page.click("#save")
    download.value.save_as(tmp_path / download.value.suggested_filename)
    line = sheet.text("#command").splitlines()[0]
    key = keys.read(digits.server.directory).inference.value
    environment = os.environ | {"INFERENCE_KEY": key, "NO_PROXY": "127.0.0.1"}
    completed = subprocess.run(
        ["bash", "-c", line], cwd=tmp_path, env=environment, capture_output=True, check=True, timeout=240
    )
    prediction = digits.http.post("/predictions/digits", content=(tmp_path / "digit.png").read_bytes()).json()
    assert completed.stdout.startswith(f'{{"digit":{sheet.text("#digit")},'.encode())
    assert sheet.shares() == pytest.approx([100 * share for share in prediction["probabilities"]], abs=0.1)
    assert f"{'Accepted' if prediction['accepted'] else 'Not accepted'}" in sheet.text("#words")


def test_what_is_no_digit_is_not_accepted(sheet: Sheet) -> None:
    scribble = [[0.1 + 0.8 * (i % 2), 0.1 + 0.027 * i] for i in range(30)]
    sheet.draw([scribble])
    sheet.settled()
    assert sheet.text("#words").startswith("Not accepted: only ")


def test_undo_and_clear(sheet: Sheet) -> None:
    sheet.draw([[[0.5, 0.2], [0.5, 0.8]]])
    assert sheet.settled() == "1"
    sheet.draw([[[0.1, 0.5], [0.9, 0.5]]])
    sheet.settled()
    sheet.page.click("#undo")
    assert sheet.settled() == "1"
    sheet.clear()
    assert sheet.text("#words") == "Nothing drawn yet"
    assert sheet.pixels("#seen") == [[0, 0, 0]] * 784


def test_an_empty_paper_asks_nothing(sheet: Sheet) -> None:
    sheet.state("ready")
    assert "Nothing drawn yet" in sheet.text("#words")
    assert sheet.text("#placeholder") == "draw a digit here,\nor drop an image"
    assert sheet.page.is_disabled("#copy")
    assert sheet.sent() == []


def test_a_file_that_is_no_image_is_answered_with_the_service_s_hint(sheet: Sheet) -> None:
    sheet.draw(hand.strokes(8, seed=1))
    sheet.settled()
    broken = b"\x89PNG\r\n\x1a\n" * 9
    sheet.page.set_input_files("#file", {"name": "notes.png", "mimeType": "image/png", "buffer": broken})
    expect(sheet.page.locator("#notice")).to_contain_text("Send a complete PNG, JPEG, GIF, BMP, WebP or TIFF file.")
    assert sheet.text("#words") == "No answer"
    assert sheet.text("#placeholder") == "this file cannot be\nshown here"
    sheet.draw(hand.strokes(1, seed=1))
    assert sheet.settled() == "1"
    expect(sheet.page.locator("#notice")).to_be_hidden()


def test_too_large_a_file_is_not_sent(sheet: Sheet, tmp_path: Path) -> None:
    large = tmp_path / "large.png"
    large.write_bytes(bytes(2097153))
    sheet.page.set_input_files("#file", large)
    notice = "The file has 2097153 bytes. Take a file of at most 2097152."
    expect(sheet.page.locator("#notice")).to_contain_text(notice)
    assert sheet.sent() == []
