"""Limits on the load of one visitor. The answers are still those of the service."""

import time
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import httpx
import numpy as np
import psutil
import pytest
from PIL import ExifTags, Image

from playground import background, limits
from scripts.output import NICE
from tests.live.conftest import Client
from tests.live.playground.questions import ask
from tests.live.playground.sheet import Sheet
from tests.pictures import FORMATS, animation, digit, png_16_bits, saved


def process(digits: Client) -> psutil.Process:
    running = background.find(digits.server.directory)
    assert running
    return psutil.Process(running.pid)


def on_paper(number: int, scale: int) -> Image.Image:
    """Return an image of dark ink on light paper."""
    return Image.fromarray(255 - np.asarray(digit(number, scale)))


def turned(image: Image.Image) -> bytes:
    """Return a photo of a camera that was held upright: it is stored rotated, with an EXIF orientation."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    return saved(image.transpose(Image.Transpose.ROTATE_90), "JPEG", exif=exif)


def on_glass(number: int, scale: int) -> Image.Image:
    """Return an image of black ink on a transparent background."""
    alpha = digit(number, scale).convert("L")
    ink = Image.new("RGBA", alpha.size)
    ink.putalpha(alpha)
    return ink


FILES = {
    **{f"{format_} {28 * scale}": saved(digit(7, scale), format_) for format_ in FORMATS for scale in (1, 9, 36)},
    "light 28": saved(on_paper(5, 1), "PNG"),
    "turned": turned(on_paper(2, 20)),
    "transparent": saved(on_glass(3, 20), "PNG"),
    "16 bits": png_16_bits(np.asarray(digit(4, 8)).astype(np.uint16) * 257),
    "animation": animation([digit(6, 5), digit(1, 5)], "GIF"),
    "blank": saved(Image.new("L", (100, 100), 90), "PNG"),
}


@pytest.mark.parametrize("name", FILES)
def test_the_prediction_is_the_service_s_for_the_file_itself(digits: Client, url: str, name: str) -> None:
    expected, reply = digits.predict(FILES[name]).json(), ask(url, "predict", FILES[name]).json()
    answer = reply["answer"]
    assert answer.pop("probabilities") == pytest.approx(expected.pop("probabilities"), abs=1e-6)
    assert answer.pop("confidence") == pytest.approx(expected.pop("confidence"), abs=1e-6)
    assert answer == expected
    assert np.shape(reply["seen"]) == (28, 28)


@pytest.mark.parametrize("name", ["JPEG 252", "light 28", "transparent"])
def test_so_is_the_explanation(digits: Client, url: str, name: str) -> None:
    parameters = {"method": "integrated_gradients", "target": "second"}
    response = digits.http.post("/explanations/digits", content=FILES[name], params=parameters)
    if response.status_code == httpx.codes.NOT_IMPLEMENTED:
        pytest.skip("the archive does not explain")
    expected, answer = response.json(), ask(url, "explain", FILES[name], **parameters).json()["answer"]
    np.testing.assert_allclose(answer["attributions"], expected["attributions"], atol=1e-5)
    for part in ("target", "image", "input"):
        assert answer[part] == expected[part]


def test_a_crowd_of_bombs_leaves_the_memory_as_it_was(digits: Client, url: str) -> None:
    bomb = saved(Image.new("RGB", (4096, 4096), (200, 30, 90)), "WEBP")
    memory = process(digits).memory_info
    ask(url, "predict", bomb)
    before, start = memory().rss, time.monotonic()
    with ThreadPoolExecutor(18) as pool:
        replies = list(pool.map(lambda _: ask(url, "predict", bomb), range(18)))
    print(f"{(memory().rss - before) / 1e6:.1f} MB more after {time.monotonic() - start:.1f} s")
    assert memory().rss - before < 30e6
    refusals = [reply.json()["refusal"] for reply in replies if reply.status_code == 200]
    assert len(refusals) >= 4
    assert {refusal["message"] for refusal in refusals} == {"the image is too large: 4096x4096 pixels"}
    assert {reply.headers["retry-after"] for reply in replies if reply.status_code == 503} <= {"1"}


def test_the_service_goes_first(digits: Client, url: str) -> None:
    assert process(digits).nice() == min(19, psutil.Process().nice() + NICE)


def noisy(image: Image.Image) -> Image.Image:
    noise = np.random.default_rng(1).integers(0, 120, (*image.size[::-1], 3))
    return Image.fromarray(np.clip(np.asarray(image.convert("RGB")).astype(int) - noise, 0, 255).astype(np.uint8))


@pytest.mark.parametrize(
    ("file", "form", "size"),
    [
        (turned(on_paper(7, 100).resize((2000, 2800))), "JPEG", (731, 1024)),
        (saved(on_glass(7, 60), "PNG"), "PNG", (1024, 1024)),
        (saved(noisy(on_paper(7, 60)), "PNG"), "PNG", (512, 512)),  # over 2 MiB at 1024
        (saved(on_paper(7, 30), "PNG") + bytes(2097153), "PNG", (840, 840)),  # too many bytes, and few pixels
    ],
    ids=["a photo", "transparent", "noisy", "long"],
)
def test_the_browser_shrinks_what_is_too_large(
    digits: Client, sheet: Sheet, file: bytes, form: str, size: tuple[int, int]
) -> None:
    sheet.page.set_input_files("#file", {"name": "a", "mimeType": f"image/{form.lower()}", "buffer": file})
    assert sheet.settled() == "7"
    assert digits.predict(file).json()["digit"] == 7
    sent = sheet.sent()[-1]
    image = Image.open(BytesIO(sent))
    assert (image.format, image.size) == (form, size)
    assert len(sent) <= limits.FILE_BYTES
    with sheet.page.expect_download() as download:
        sheet.page.click("#save")
    assert download.value.suggested_filename == f"digit.{form.lower().replace('jpeg', 'jpg')}"
    assert f"-T {download.value.suggested_filename} " in sheet.text("#command")
    assert download.value.path().read_bytes() == sent


def test_a_picture_within_the_limits_is_sent_as_it_is(sheet: Sheet) -> None:
    file = saved(on_paper(7, 36), "PNG")
    sheet.page.set_input_files("#file", {"name": "a.png", "mimeType": "image/png", "buffer": file})
    assert sheet.settled() == "7"
    assert set(sheet.sent()) == {file}
