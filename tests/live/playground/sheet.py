"""Actions of a user on the page, and the page's visible content."""

import re
from collections.abc import Sequence
from typing import Any

from playwright.sync_api import ConsoleMessage, Error, Page, Request, Response, expect

_DROPPED = "ERR_NETWORK_CHANGED"  # a container on this machine began or ended; the page repeats the request
_EXPECTED = (
    "Multiple readback operations",  # of pixels, by the tests
    _DROPPED,
)
Stroke = Sequence[Sequence[float]]  # points (x, y) in a square of side 1


class Sheet:
    """An open page that a test can draw on.

    elsewhere   requests to other addresses than the page's own
    complaints  errors and warnings in the console
    responses   all responses that the browser received
    questions   requests of the page to its server
    dropped     True if Chromium dropped its connections since the page was loaded
    """

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url.removesuffix("/")
        self.elsewhere: list[str] = []
        self.complaints: list[str] = []
        self.responses: list[Response] = []
        self.questions: list[Request] = []
        self.dropped = False
        page.on("request", self._record_request)
        page.on("console", self._logged)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("response", self._record_response)
        page.on("requestfailed", self._failed)
        self.load()

    def load(self) -> None:
        """Reload the page and clear all records."""
        self.page.goto("about:blank")
        for record in (self.elsewhere, self.complaints, self.responses, self.questions):
            record.clear()
        while not self._loaded():
            self.responses.clear()
        self.state("ready")

    def check(self) -> None:
        """Assert that the page sent no request to another host, and logged no error."""
        assert self.elsewhere == []
        assert self.complaints == []

    def draw(self, strokes: Sequence[Stroke]) -> None:
        """Draw with the mouse, stroke after stroke."""
        box = self.page.locator("#pad").bounding_box()
        assert box
        for stroke in strokes:
            points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in stroke]
            self.page.mouse.move(*points[0])
            self.page.mouse.down()
            for point in points[1:]:
                self.page.mouse.move(*point)
            self.page.mouse.up()

    def clear(self) -> None:
        self.page.click("#clear")

    def state(self, state: str) -> None:
        """Wait until the page shows this state of the service."""
        expect(self.page.locator("#service")).to_have_attribute("data-state", state)

    def settled(self) -> str:
        """Return the digit, after no pen moves and the page has announced it. "" for none."""
        announcement = self.page.locator("#announcement")
        expect(announcement).to_have_text(re.compile(r"\w"))
        return self.text("#digit")

    def sent(self) -> list[bytes]:
        """Return the image files that the page sent."""
        return [question.post_data_buffer for question in self.questions if question.post_data_buffer]

    def text(self, selector: str) -> str:
        return self.page.inner_text(selector).strip()

    def shares(self) -> list[float]:
        """Return the ten probabilities that the bars show, in percent."""
        return [float(text.split()[0]) for text in self.page.locator(".bars .share").all_inner_texts()]

    def pixels(self, selector: str) -> list[list[int]]:
        """Return red, green and blue of each of the 784 pixels of a picture."""
        script = "(canvas) => Array.from(canvas.getContext('2d').getImageData(0, 0, 28, 28).data)"
        values: list[int] = self.page.eval_on_selector(selector, script)
        return [values[index : index + 3] for index in range(0, len(values), 4)]

    def style(self, selector: str, name: str) -> str:
        value: Any = self.page.eval_on_selector(selector, f"(element) => getComputedStyle(element).{name}")
        return str(value)

    def _loaded(self) -> bool:
        """Load the page; return False if Chromium dropped its connections meanwhile."""
        self.dropped = False
        try:
            self.page.goto(f"{self.url}/")
        except Error as error:
            if not any(text in error.message for text in (_DROPPED, "chrome-error:")):  # the second while it shows that
                raise
            return False
        return not self.dropped

    def _failed(self, request: Request) -> None:
        self.dropped = self.dropped or _DROPPED in str(request.failure)

    def _record_request(self, request: Request) -> None:
        if not request.url.startswith((f"{self.url}/", "data:", "blob:")):
            self.elsewhere.append(request.url)
        if request.method == "POST":
            self.questions.append(request)

    def _record_response(self, response: Response) -> None:
        self.responses.append(response)

    def _logged(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not any(text in message.text for text in _EXPECTED):
            self.complaints.append(message.text)
