"""The heat map: the service's attributions in orange and blue, or the error of the service in its place."""

import re

import httpx
import numpy as np
import pytest
from playwright.sync_api import expect

from tests.live.conftest import Client
from tests.live.playground import hand
from tests.live.playground.sheet import Sheet

METHODS = ("integrated_gradients", "gradient_shap", "kernel_shap", "lime", "occlusion")


@pytest.fixture
def served(digits: Client, seven: bytes) -> bool:
    """Return True if the archive supports explanations. An old one after a rollback does not."""
    return digits.http.post("/explanations/digits", content=seven).status_code != httpx.codes.NOT_IMPLEMENTED


def response_of(digits: Client, sheet: Sheet, **parameters: str) -> httpx.Response:
    """Return the explanation of the drawing by the service itself."""
    return digits.http.post("/explanations/digits", content=sheet.sent()[-1], params=parameters)


def shows(sheet: Sheet, answer: httpx.Response) -> bool:
    """Wait until the page shows the answer of the service. Return True if that is a heat map."""
    if answer.is_error:
        expect(sheet.page.locator("#heat-note")).to_contain_text(answer.json()["message"], ignore_case=True)
        assert sheet.pixels("#heat") == [[0, 0, 0]] * 784
        return False
    content = answer.json()
    label = f"What speaks for {content['target']}, by {content['method'].replace('_', ' ')}"
    expect(sheet.page.locator("#heat")).to_have_attribute("aria-label", f"Heat map: {label}")
    expect(sheet.page.locator("#heat-note")).to_be_hidden()
    attributions, shown = np.ravel(content["attributions"]), np.array(sheet.pixels("#heat"))
    strong = np.abs(attributions) > 0.3 * np.abs(attributions).max()
    orange = shown[:, 0] > shown[:, 2]
    assert (orange == (attributions > 0))[strong].all()
    assert sheet.pixels("#seen") == [[value] * 3 for value in np.ravel(content["image"])]
    return True


@pytest.mark.parametrize("method", METHODS)
def test_each_method_s_heat_map_is_the_service_s(digits: Client, sheet: Sheet, served: bool, method: str) -> None:
    sheet.draw(hand.strokes(4, seed=1))
    assert sheet.settled() == "4"
    sheet.page.select_option("#method", method)
    assert shows(sheet, response_of(digits, sheet, method=method, target="predicted")) == served


@pytest.mark.parametrize("target", ["second", "0", "9"])
def test_each_target_has_its_own(digits: Client, sheet: Sheet, served: bool, target: str) -> None:
    sheet.draw(hand.strokes(4, seed=1))
    assert sheet.settled() == "4"
    sheet.page.select_option("#target", target)
    answer = response_of(digits, sheet, method=METHODS[0], target=target)
    assert shows(sheet, answer) == served
    if served:
        line = sheet.text("#command").splitlines()[1]
        assert re.search(rf"/explanations/\w+\?method={METHODS[0]}&target={target}'$", line)


def test_what_the_service_refuses_is_told_in_the_heat_map_s_place(digits: Client, sheet: Sheet) -> None:
    sheet.draw(hand.strokes(4, seed=1))
    assert sheet.settled() == "4"
    sheet.page.eval_on_selector("#method", "(all) => all.add(new Option('Tea leaves', 'tea_leaves'))")
    sheet.page.select_option("#method", "tea_leaves")
    error = response_of(digits, sheet, method="tea_leaves", target="predicted").json()
    note = sheet.page.locator("#heat-note")
    expect(note).to_contain_text(error["message"], ignore_case=True)
    expect(note).to_contain_text(error["hint"], ignore_case=True)
    assert sheet.text("#digit") == "4"


def test_the_page_offers_what_the_service_does(sheet: Sheet) -> None:
    values = "(all) => all.map((one) => one.value)"
    assert tuple(sheet.page.locator("#method option").evaluate_all(values)) == METHODS
    assert sheet.page.locator("#target option").evaluate_all(values) == ["predicted", "second", *"0123456789"]


def test_a_cleared_paper_has_no_heat_map(sheet: Sheet) -> None:
    sheet.draw(hand.strokes(4, seed=1))
    assert sheet.settled() == "4"
    sheet.clear()
    expect(sheet.page.locator("#heat-caption")).to_have_text(re.compile("^Why$"))
    assert sheet.pixels("#heat") == [[0, 0, 0]] * 784
