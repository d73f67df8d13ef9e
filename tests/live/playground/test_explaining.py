"""The heat map: the service's attributions in orange and blue, or what it said instead."""

import base64
import json

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.live.conftest import Client
from tests.live.playground import hand
from tests.live.playground.sheet import Sheet

METHODS = ("integrated_gradients", "gradient_shap", "kernel_shap", "lime", "occlusion")


def sent(sheet: Sheet) -> bytes:
    """The image file that the page sent last."""
    return base64.b64decode(json.loads(sheet.questions[-1])["data"]["image"])


def explained(sheet: Sheet, method: str, target: str) -> None:
    """Choose, and wait until that heat map is there."""
    sheet.page.select_option("#method", method)
    sheet.page.select_option("#target", target)
    name = f"by {method.replace('_', ' ')}"
    expect(sheet.page.locator("#heat")).to_have_attribute("aria-label", pytest.importorskip("re").compile(name))


def test_the_page_offers_what_the_service_does(sheet: Sheet) -> None:
    offered = sheet.page.locator("#method option").evaluate_all("(all) => all.map((one) => one.value)")
    assert tuple(offered) == METHODS
    targets = sheet.page.locator("#target option").evaluate_all("(all) => all.map((one) => one.value)")
    assert targets == ["predicted", "second", *"0123456789"]
