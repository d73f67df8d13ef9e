"""Accessibility: keyboard, phone and dark mode."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.live.conftest import until
from tests.live.playground import hand
from tests.live.playground.conftest import Opener
from tests.live.playground.sheet import Sheet, Stroke

FOCUSABLE = "button, input, select, #save, #pad, pre"
TEXTS = ("h1", "#service-text", "#words", "#latency", ".bars .name", ".bars .share", "figcaption", ".choices label",
         "#steps", "#clear", "#method", "#command", ".legend", ".examples button")  # fmt: skip
# the contrast of WCAG 2.2, 1.4.3, of each text with the nearest background that is not clear
CONTRAST = """(element) => {
    const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
    const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
        .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
        .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
    let behind = element;
    while (rgb(getComputedStyle(behind).backgroundColor)[3] === 0) behind = behind.parentElement;
    const both = [getComputedStyle(element).color, getComputedStyle(behind).backgroundColor].map((c) => light(rgb(c)));
    return (Math.max(...both) + 0.05) / (Math.min(...both) + 0.05);
}"""


# the most red that any pixel of a canvas has
INK = """(canvas) => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return data.reduce((most, value, index) => (index % 4 ? most : Math.max(most, value)), 0);
}"""


def press_until(page: Page, key: str, selector: str) -> None:
    """Press a key until the element has the focus. Fail after 40 times."""
    for _ in range(40):
        if page.locator(selector).evaluate("(element) => element === document.activeElement"):
            return
        page.keyboard.press(key)
    pytest.fail(f"{key} does not lead to {selector}")


def touch(page: Page, strokes: list[Stroke]) -> None:
    """Draw with a finger."""
    box = page.locator("#pad").bounding_box()
    assert box
    finger = page.context.new_cdp_session(page)
    for stroke in strokes:
        for index, (x, y) in enumerate(stroke):
            point = {"x": box["x"] + x * box["width"], "y": box["y"] + y * box["height"]}
            kind = "touchMove" if index else "touchStart"
            finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [point]})
        finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def test_the_keyboard_is_enough(sheet: Sheet) -> None:
    keyboard = sheet.page.keyboard
    press_until(sheet.page, "Tab", "#pad")
    assert sheet.style("#pad", "outlineStyle") == "solid"
    keyboard.press("7")
    assert sheet.settled() == "7"
    keyboard.press("Delete")
    assert sheet.text("#words") == "Nothing drawn yet"
    press_until(sheet.page, "Tab", "#examples button >> nth=3")
    keyboard.press("Enter")
    assert sheet.settled() == "3"
    press_until(sheet.page, "Tab", "#method")
    keyboard.type("LIME")
    assert sheet.page.input_value("#method") == "lime"
    press_until(sheet.page, "Tab", "#copy")
    press_until(sheet.page, "Shift+Tab", "#file")
    assert sheet.style("label.button", "outlineStyle") == "solid"


def test_the_examples_are_what_they_are_called(sheet: Sheet) -> None:
    for digit in range(10):
        sheet.page.get_by_role("button", name=f"Example of a {digit}").click()
        assert sheet.settled() == str(digit)


def test_all_that_takes_the_focus_has_a_name(sheet: Sheet) -> None:
    sheet.draw(hand.strokes(2, seed=1))
    sheet.settled()
    elements = sheet.page.locator(FOCUSABLE).all()
    assert len(elements) == 19
    for element in elements:
        expect(element).to_have_accessible_name(re.compile(r"\w"))


def test_the_answer_is_said_aloud(sheet: Sheet) -> None:
    announcement = sheet.page.locator("#announcement")
    expect(announcement).to_have_attribute("aria-live", "polite")
    sheet.draw(hand.strokes(2, seed=1))
    expect(announcement).to_have_text(re.compile(r"2\. Accepted, \d+\.\d % sure\."))


@pytest.mark.parametrize("width", [320, 360])
def test_on_a_phone_a_finger_draws_and_nothing_sticks_out(opened: Opener, url: str, width: int) -> None:
    sheet = opened(url, width=width, height=740, has_touch=True, is_mobile=True)
    before = sheet.page.locator("#pad").bounding_box()
    touch(sheet.page, list(hand.strokes(5, seed=1)))
    assert sheet.settled() == "5"
    assert sheet.page.evaluate("document.documentElement.scrollWidth") <= width
    assert sheet.page.locator("#pad").bounding_box() == before  # nothing moved under the finger
    for part in ("#pad", "#digit", "#words"):  # visible without scrolling
        box = sheet.page.locator(part).bounding_box()
        assert box
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= 740


def test_on_a_laptop_it_is_one_screen(sheet: Sheet) -> None:
    sheet.draw(hand.strokes(5, seed=1))
    sheet.settled()
    assert sheet.page.evaluate("document.documentElement.scrollWidth") == 1366
    assert sheet.page.evaluate("document.documentElement.scrollHeight") == 768


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_stand_out_from_what_is_behind_them(opened: Opener, url: str, scheme: str) -> None:
    sheet = opened(url, color_scheme=scheme)
    sheet.draw(hand.strokes(9, seed=1))
    sheet.settled()
    contrasts = {text: sheet.page.locator(text).first.evaluate(CONTRAST) for text in TEXTS}
    assert {text: value for text, value in contrasts.items() if value < 4.5} == {}


def test_light_and_dark_follow_the_reader(opened: Opener, url: str) -> None:
    """The ink changes, too, though it was drawn in the other colour scheme."""
    dark = opened(url, color_scheme="dark")
    light = opened(url, color_scheme="light")
    for sheet in (dark, light):
        sheet.draw(hand.strokes(1, seed=1))
        assert sheet.settled() == "1"
    grounds = [sheet.style(".card", "backgroundColor") for sheet in (dark, light)]
    assert grounds == ["rgb(30, 33, 38)", "rgb(255, 255, 255)"]
    assert dark.page.eval_on_selector("#pad", INK) > 240
    assert light.page.eval_on_selector("#pad", INK) < 30
    dark.page.emulate_media(color_scheme="light")  # as a system does that changes the scheme in the evening
    expect(dark.page.locator(".card").first).to_have_css("background-color", "rgb(255, 255, 255)")
    until(lambda: dark.page.eval_on_selector("#pad", INK) < 30, 10)  # the page draws again after the new style
