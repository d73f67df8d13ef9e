"""Take screenshots of the playground with Chromium, for docs/images. The service must run."""

import argparse
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playground import examples
from serving.errors import UserError

if TYPE_CHECKING:
    from PIL import Image
    from playwright.sync_api import Browser, Page

_LAPTOP, _PHONE = {"width": 1366, "height": 720}, {"width": 360, "height": 780}
_SEQUENCE_WIDTH = 880  # pixels of the picture sequence
_STEPS = 22  # pictures while the pen moves
_STEP_MS, _LAST_MS = 90, 2500


@contextmanager
def opened(browser: "Browser", url: str, viewport: dict[str, int], **options: Any) -> Iterator["Page"]:
    page = browser.new_page(viewport=viewport, **options)  # type: ignore[arg-type]
    page.goto(url)
    page.wait_for_selector("#service[data-state=ready]")
    yield page
    page.close()


def settle(page: "Page") -> None:
    """Wait for the prediction and the heat map, or for an error."""
    page.wait_for_selector("#announcement:not(:empty)", state="attached")
    page.wait_for_selector("#command:has-text('/explanations/'), #heat-note:not(:empty)")


def still(page: "Page", digit: int, path: Path) -> None:
    for key in (digit + 1, digit):  # warm-up: the first explanation of a worker takes long
        page.locator("#pad").press(str(key))
        settle(page)
    page.locator("#digit").click()  # takes the focus from the paper, which would show an outline
    page.screenshot(path=path)


def sequence(page: "Page", digit: int, path: Path) -> None:
    """Draw the digit, and save the pictures as an animated WebP."""
    frames = [frame(page)]
    box = page.locator("#pad").bounding_box()
    assert box
    for stroke in examples.load()[digit]:
        points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in stroke]
        page.mouse.move(*points[0])
        page.mouse.down()
        for index, point in enumerate(points[1:]):
            page.mouse.move(*point)
            if index % max(1, len(points) // _STEPS) == 0:
                frames.append(frame(page))
        page.mouse.up()
    settle(page)
    frames.append(frame(page))
    times = [*[_STEP_MS] * (len(frames) - 1), _LAST_MS]
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=times, loop=0, quality=82, method=6)


def frame(page: "Page") -> "Image.Image":
    from PIL import Image

    with Image.open(BytesIO(page.screenshot())) as picture:
        height = round(picture.height * _SEQUENCE_WIDTH / picture.width)
        return picture.convert("RGB").resize((_SEQUENCE_WIDTH, height), Image.Resampling.LANCZOS)


def run(args: argparse.Namespace) -> None:
    from playwright.sync_api import Error, sync_playwright

    executable = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if executable is None:
        raise UserError("Chromium is not installed (Debian and Ubuntu: apt-get install chromium)")
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
            with opened(browser, args.url, _LAPTOP, device_scale_factor=1.5) as page:
                still(page, 4, args.out / "playground.png")
            with opened(browser, args.url, _PHONE, device_scale_factor=2, color_scheme="dark") as page:
                still(page, 3, args.out / "playground-phone.png")
            with opened(browser, args.url, _LAPTOP) as page:
                sequence(page, 5, args.out / "playground.webp")
    except Error as error:
        message = f"{error.message.splitlines()[0]}; is scripts/playground running at {args.url}?"
        raise UserError(message) from error
